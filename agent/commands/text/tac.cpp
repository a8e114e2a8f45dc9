// tac.cpp - the lines of files, last first.
#include "commands/text/lines.h"
#include "parse/regex.h"
#include "target/deadline.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

namespace limpet::commands {
namespace {

constexpr std::size_t block_size = 65536;
constexpr std::size_t kept_limit = std::size_t{256} * 1024 * 1024;

// Takes a text from its end to its beginning, in blocks, and writes its lines as they are complete.
class Backwards {
public:
    explicit Backwards(Output& out) : out_(out) {}

    // The block that stands before everything given so far.
    Result<> take(std::string_view block) {
        auto end = block.size();
        for (auto from = end; from > 0;) {
            const auto newline = block.rfind('\n', from - 1);
            if (newline == block.npos) break;
            from = newline;
            const auto begin = newline + 1;
            // The terminator of the very last line begins no other.
            if (begin == end && pieces_.empty()) continue;
            out_.write(block.substr(begin, end - begin));
            flush_pieces();
            end = begin;
        }
        keep(block.substr(0, end));
        if (held_ > kept_limit) return refused("read", "a line of more than 256 MiB");
        return {};
    }
    void finish() { flush_pieces(); }

private:
    void keep(std::string_view part) {
        if (part.empty()) return;
        pieces_.emplace_back(part);
        held_ += part.size();
    }
    void flush_pieces() {
        for (auto piece = pieces_.rbegin(); piece != pieces_.rend(); ++piece) out_.write(*piece);
        pieces_.clear();
        held_ = 0;
    }

    Output& out_;
    std::vector<std::string> pieces_;  // of a line that is not complete, the last part first
    std::size_t held_ = 0;
};

// A regular file is read from its end, so that the first lines out cost no more than themselves.
Result<> file_backwards(Input& input, Output& out, off_t size) {
    Backwards lines(out);
    std::string block(block_size, '\0');
    while (size > 0 && !out.failure()) {
        const auto part = std::min<off_t>(size, static_cast<off_t>(block_size));
        const auto wanted = static_cast<std::size_t>(part);
        target::deadline::enter();
        const auto got = ::pread(input.fd().get(), block.data(), wanted, size - part);
        if (got < 0) return failed("read", "");
        if (static_cast<std::size_t>(got) != wanted) {
            return refused("read", "the file shrank meanwhile; what was printed is partial");
        }
        TRY(lines.take({block.data(), wanted}));
        size -= part;
    }
    lines.finish();
    return {};
}

// What is between two separators is a record, with the one behind or, `before`, in front of it.
struct Separator {
    std::string text;
    std::optional<parse::Regex> pattern;
    bool before = false;

    Result<std::optional<parse::Regex::Span>> find(std::string_view all, std::size_t from) {
        if (pattern) return pattern->find(all, from);
        const auto at = all.find(text, from);
        if (at == all.npos) return std::nullopt;
        return parse::Regex::Span{at, at + text.size()};
    }
};

Result<> records_backwards(std::string_view text, Separator& separator, Output& out) {
    std::vector<std::size_t> cuts{0};
    for (std::size_t from = 0; from < text.size();) {
        const auto found = TRY(separator.find(text, from));
        if (!found) break;
        cuts.push_back(separator.before ? found->begin : found->end);
        from = std::max(found->end, from + 1);
    }
    auto end = text.size();
    for (auto cut = cuts.rbegin(); cut != cuts.rend(); ++cut) {
        out.write(text.substr(*cut, end - *cut));
        end = *cut;
    }
    return {};
}

Result<> stream_backwards(Input& input, Output& out, Separator& separator) {
    std::string text;
    for (;;) {
        const auto bytes = TRY(input.block());
        if (bytes.empty()) break;
        if (text.size() + bytes.size() > kept_limit) {
            return refused("read", "more than 256 MiB that are no regular file");
        }
        text += bytes;
    }
    return records_backwards(text, separator, out);
}

int run(Invocation& call) {
    Separator separator{.text = std::string(call.options.value('s').value_or("\n")),
                        .before = call.options.has('b')};
    if (separator.text.empty()) separator.text.push_back('\0');
    if (call.options.has('r')) {
        auto pattern = parse::Regex::compile({&separator.text, 1}, {.terminator = '\0'});
        if (!pattern) return call.misused(text(pattern.error()));
        separator.pattern = *std::move(pattern);
    }
    const bool lines = separator.text == "\n" && !separator.before && !separator.pattern;
    each_input(call, [&](Input& input) -> Result<> {
        struct stat status{};
        target::deadline::enter();
        const bool known = ::fstat(input.fd().get(), &status) == 0;
        // What procfs and sysfs make has no size.
        const bool sized = known && S_ISREG(status.st_mode) && status.st_size > 0;
        const bool at_start = sized && ::lseek(input.fd().get(), 0, SEEK_CUR) == 0;
        return lines && at_start ? file_backwards(input, call.out, status.st_size)
                                 : stream_backwards(input, call.out, separator);
    });
    return call.status;
}

constexpr Option options[]{
    {'s', "separator", "TEXT", "records end with TEXT, not with a newline"},
    {'b', "before", "", "records begin with it"},
    {'r', "regex", "", "it is a regular expression"},
};

constexpr Command tac{
    .name = "tac",
    .usage = "[-br] [-s TEXT] [FILE...]",
    .summary = "print the lines of files, last first",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Regular files are read from their end, however large they are; with -s, files of up to "
        "256 MiB.\n\n"
        "Example:\n  tac /var/log/app.log | grep -m1 ERROR\n",
};
const Register registered{tac};

}  // namespace
}  // namespace limpet::commands
