// split.cpp - a file in pieces.
#include "commands/command.h"
#include "commands/create.h"
#include "commands/size.h"
#include "parse/number.h"

#include <memory>

namespace limpet::commands {
namespace {

struct Style {
    std::string prefix = "x";
    std::string suffix;
    std::size_t letters = 2;
    bool digits = false;
    bool bytes = false;
    bool tell = false;
    std::uint64_t size = 1000;  // lines or bytes of a piece
};

class Pieces {
public:
    Pieces(Invocation& call, const Style& style) : call_(call), style_(style) {}

    Result<> copy(Input& input) {
        for (;;) {
            auto bytes = TRY(input.block());
            if (bytes.empty()) return close();
            while (!bytes.empty()) {
                if (left_ == 0) TRY(next());
                const auto part = bytes.substr(0, fitting(bytes));
                out_->write(part);
                bytes.remove_prefix(part.size());
            }
            if (out_->failure()) return close();
        }
    }

private:
    // How much of it belongs to this piece, which becomes that much shorter.
    std::size_t fitting(std::string_view bytes) {
        if (style_.bytes) {
            const auto count = std::min<std::uint64_t>(left_, bytes.size());
            left_ -= count;
            return count;
        }
        std::size_t end = 0;
        while (left_ > 0 && end < bytes.size()) {
            const auto newline = bytes.find('\n', end);
            if (newline == bytes.npos) return bytes.size();
            end = newline + 1;
            --left_;
        }
        return end;
    }

    Result<> close() {
        if (!out_) return {};
        const bool good = out_->flush();
        const int code = good ? 0 : out_->failure()->code;
        out_.reset();
        if (!good) return failed("write", name_, code);
        return {};
    }

    Result<> next() {
        TRY(close());
        const unsigned base = style_.digits ? 10 : 26;
        std::string letters(style_.letters, style_.digits ? '0' : 'a');
        auto rest = number_++;
        for (auto place = letters.rbegin(); place != letters.rend(); ++place, rest /= base) {
            *place = static_cast<char>(*place + static_cast<char>(rest % base));
        }
        if (rest > 0) return refused("split", "no more names of so many letters: see -a");
        name_ = style_.prefix + letters + style_.suffix;
        fd_ = TRY(create(call_, name_, Writing::truncate));
        if (style_.tell) call_.out.write("creating file '" + name_ + "'\n");
        out_ = std::make_unique<Output>(BorrowedFd(fd_));
        left_ = style_.size;
        return {};
    }

    Invocation& call_;
    const Style& style_;
    std::string name_;
    Fd fd_;
    std::unique_ptr<Output> out_;
    std::uint64_t number_ = 0;
    std::uint64_t left_ = 0;
};

std::optional<std::string> style_of(const Options& options, Style& style) {
    for (const auto& [option, value] : options.all()) {
        const auto letter = option.letter;
        if (letter == 'l' || letter == 'b' || letter == '#') {
            const auto size = size_with_unit(value);
            if (!size || *size == 0) return "'" + value + "' is no size from 1";
            style.bytes = letter == 'b';
            style.size = *size;
        } else if (letter == 'a') {
            const auto count = parse::number<std::size_t>(value);
            if (!count || *count == 0 || *count > 100) return "-a takes 1 to 100";
            style.letters = *count;
        } else if (letter == 'd') {
            style.digits = true;
        } else if (option.name == "additional-suffix") {
            if (value.find('/') != value.npos) return "a suffix has no slash";
            style.suffix = value;
        } else if (option.name == "verbose") {
            style.tell = true;
        }
    }
    return std::nullopt;
}

int run(Invocation& call) {
    Style style;
    if (const auto wrong = style_of(call.options, style)) return call.misused(*wrong);
    if (call.operands.size() > 2) return call.misused("one file and one prefix");
    if (call.operands.size() == 2) style.prefix = call.operands[1];
    auto input = call.open(call.operands.empty() ? "-" : call.operands[0]);
    if (input && call.options.has('n')) {
        // In so many pieces of the same size, which only a file that is there can say.
        const auto count = parse::number<std::uint64_t>(*call.options.value('n'));
        struct stat status{};
        if (!count || *count == 0) return call.misused("-n takes a number from 1");
        if (::fstat(input->fd().get(), &status) != 0 || !S_ISREG(status.st_mode)) {
            call.complain("the size of " +
                          std::string(call.operands.empty() ? "-" : call.operands[0]) +
                          " is not known, which -n asks for");
            return 1;
        }
        const auto size = static_cast<std::uint64_t>(status.st_size);
        style.bytes = true;
        style.size = std::max<std::uint64_t>((size + *count - 1) / *count, 1);
    }
    if (!input) {
        call.complain(input.error());
        return 1;
    }
    if (const auto done = Pieces(call, style).copy(*input); !done) call.complain(done.error());
    return call.status;
}

constexpr Option options[]{
    {'l', "lines", "N", "pieces of N lines (1000)"},
    {'b', "bytes", "N", "pieces of N bytes; with b, k, M, G as unit"},
    {'n', "number", "N", "N pieces of the same size; of a file"},
    {'a', "suffix-length", "N", "names end with N letters (2)"},
    {'d', "numeric-suffixes", "", "with digits instead"},
    {0, "additional-suffix", "TEXT", "and with TEXT behind"},
    {0, "verbose", "", "name each file"},
    {'#', "", "N", "the same as -l N"},
};

constexpr Command split{
    .name = "split",
    .usage = "[-l N | -b N | -n N] [-d] [-a N] [FILE [PREFIX]]",
    .summary = "write a file in pieces",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "The pieces are PREFIXaa, PREFIXab, ... (xaa). They are written in the target, which "
        "needs\n"
        "--allow modify or --scratch; below $LIMPET_SCRATCH it needs nothing.\n"
        "\nExample:\n  split -b 10M /var/log/app.log $LIMPET_SCRATCH/log.\n",
    .writes = true,
};
const Register registered{split};

}  // namespace
}  // namespace limpet::commands
