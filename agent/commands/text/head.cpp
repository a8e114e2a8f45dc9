// head.cpp - the first lines or bytes of files.
#include "commands/command.h"
#include "commands/size.h"
#include "commands/text/parts.h"

#include <cstring>
#include <deque>

namespace limpet::commands {
namespace {

struct Amount {
    bool bytes = false;
    bool but_last = false;  // -n -5: all but the last five
    std::uint64_t count = 10;
    char end = '\n';
};

std::optional<Amount> amount(const Options& options) {
    Amount wanted;
    if (options.has('z')) wanted.end = '\0';
    for (const auto& [option, value] : options.all()) {
        if (option.letter != 'n' && option.letter != 'c' && option.letter != '#') continue;
        std::string_view text = value;
        // -5c: of old, as -n and -c came to be.
        const bool old = option.letter == '#' && (text.back() < '0' || text.back() > '9');
        wanted.bytes = option.letter == 'c' || (old && text.back() != 'l');
        if (old && !wanted.bytes) text.remove_suffix(1);
        wanted.but_last = text.starts_with('-');
        if (wanted.but_last || text.starts_with('+')) text.remove_prefix(1);
        const auto count = size_with_unit(text);
        if (!count) return std::nullopt;
        wanted.count = *count;
    }
    return wanted;
}

Result<> first_bytes(Input& input, Output& out, std::uint64_t left) {
    while (left > 0 && !out.failure()) {
        const auto bytes = TRY(input.block());
        if (bytes.empty()) break;
        const auto part = bytes.substr(0, std::min<std::uint64_t>(left, bytes.size()));
        out.write(part);
        left -= part.size();
        input.unread(bytes.size() - part.size());
    }
    return {};
}

Result<> first_lines(Input& input, Output& out, std::uint64_t left, char end_of_line) {
    while (left > 0 && !out.failure()) {
        const auto bytes = TRY(input.block());
        if (bytes.empty()) break;
        std::size_t end = 0;
        while (left > 0 && end < bytes.size()) {
            const auto newline = bytes.find(end_of_line, end);
            if (newline == bytes.npos) {
                end = bytes.size();
            } else {
                end = newline + 1;
                --left;
            }
        }
        out.write(bytes.substr(0, end));
        input.unread(bytes.size() - end);
        // A reader that waits for our last line gets it although our writer lives on.
        if (bytes.size() < 65536) out.flush();
    }
    return {};
}

// What is kept back is what might be the last `count`: bounded by the caller's own number, and by
// what a session may hold at most.
constexpr std::uint64_t kept_limit = std::uint64_t{256} * 1024 * 1024;

Result<> but_last_lines(Input& input, Output& out, std::uint64_t count, char end) {
    std::deque<std::string> kept;
    std::uint64_t held = 0;
    for (;;) {
        const auto line = TRY(input.line(end));
        if (!line) return {};
        kept.emplace_back(*line);
        held += line->size();
        if (held > kept_limit) return refused("head", "the lines to leave out exceed 256 MiB");
        if (kept.size() <= count) continue;
        out.write(kept.front());
        held -= kept.front().size();
        kept.pop_front();
    }
}

Result<> but_last_bytes(Input& input, Output& out, std::uint64_t count) {
    std::string kept;
    for (;;) {
        const auto bytes = TRY(input.block());
        if (bytes.empty()) return {};
        kept += bytes;
        if (kept.size() > kept_limit && count > kept_limit) {
            return refused("head", "the bytes to leave out exceed 256 MiB");
        }
        if (kept.size() <= count) continue;
        const auto ready = kept.size() - count;
        out.write(std::string_view(kept).substr(0, ready));
        kept.erase(0, ready);
    }
}

Result<> show(Input& input, Output& out, const Amount& wanted) {
    if (wanted.but_last) {
        return wanted.bytes ? but_last_bytes(input, out, wanted.count)
                            : but_last_lines(input, out, wanted.count, wanted.end);
    }
    return wanted.bytes ? first_bytes(input, out, wanted.count)
                        : first_lines(input, out, wanted.count, wanted.end);
}

int run(Invocation& call) {
    const auto wanted = amount(call.options);
    if (!wanted) return call.misused("the count is not a number");
    show_parts(call, {.show = [&](const std::string&,
                                  Input& input) { return show(input, call.out, *wanted); },
                      .missing = {}});
    return call.status;
}

constexpr Option options[]{
    {'n', "lines", "N", "the first N lines (10); -N: all but the last N"},
    {'c', "bytes", "N", "the first N bytes; -N: all but the last N; with b, k, M, G as unit"},
    {'q', "quiet", "", "never name the files"},
    {'q', "silent", "", "the same"},
    {'z', "zero-terminated", "", "lines end with a zero byte"},
    {'v', "verbose", "", "always name the files"},
    {'#', "", "N[bckml]", "the same as -n N; with a unit as -c N"},
};

constexpr Command head{
    .name = "head",
    .usage = "[-qv] [-n N | -c N | -N] [FILE...]",
    .summary = "print the first lines or bytes of files",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help = "Examples:\n  head -5 /etc/passwd\n  head -c 16 /app | hexdump -C\n",
};
const Register registered{head};

}  // namespace
}  // namespace limpet::commands
