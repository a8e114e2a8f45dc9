// cmp.cpp - compare two files byte by byte.
#include "commands/json.h"
#include "commands/spoken.h"
#include "commands/text/dump_input.h"
#include "commands/text/lines.h"

#include "sys/file.h"

#include <fcntl.h>
#include <algorithm>

namespace limpet::commands {
namespace {

struct Side {
    Input& input;
    std::string_view block = {};
    bool over = false;

    Result<> fill() {
        if (!block.empty() || over) return {};
        block = TRY(input.block());
        over = block.empty();
        return {};
    }
    Result<> skip(std::uint64_t count) {
        while (count > 0 && !over) {
            TRY(fill());
            const auto part = std::min<std::uint64_t>(count, block.size());
            block.remove_prefix(part);
            count -= part;
        }
        return {};
    }
};

struct Style {
    bool all = false, silent = false, bytes = false;
    std::uint64_t skips[2] = {0, 0};
    std::uint64_t limit = UINT64_MAX;
    int width = 1;  // of the numbers of bytes
};

// ^J, M-a: as cat -v shows it.
std::string visible(unsigned char byte) {
    std::string text;
    if (byte >= 128) {
        text = "M-";
        byte &= 127;
    }
    if (byte < 32) return text + '^' + static_cast<char>(byte + 64);
    return byte == 127 ? text + "^?" : text + static_cast<char>(byte);
}

class Comparison {
public:
    Comparison(Invocation& call, const Style& style) : call_(call), style_(style) {}

    // Equal bytes are passed over a block at a time; false when it is decided.
    bool blocks(std::string_view first, std::string_view second) {
        for (;;) {
            const auto [a, b] = std::ranges::mismatch(first, second);
            const auto equal = static_cast<std::size_t>(a - first.begin());
            lines_ += static_cast<std::uint64_t>(std::ranges::count(first.substr(0, equal), '\n'));
            at_ += equal;
            if (equal > 0) line_ended_ = first[equal - 1] == '\n';
            if (equal == first.size()) return true;
            differs_ = true;
            if (style_.silent) return false;
            const auto one = static_cast<unsigned char>(*a), other = static_cast<unsigned char>(*b);
            if (!style_.all) {
                tell(one, other);
                return false;
            }
            const auto place = at_ + 1;
            call_.out.print("%*llu %3o ", style_.width, static_cast<unsigned long long>(place),
                            one);
            if (style_.bytes) {
                call_.out.print("%-4s %3o %s\n", visible(one).c_str(), other,
                                visible(other).c_str());
            } else {
                call_.out.print("%3o\n", other);
            }
            if (call_.out.failure()) return false;
            line_ended_ = one == '\n';
            lines_ += line_ended_;
            ++at_;
            first.remove_prefix(equal + 1);
            second.remove_prefix(equal + 1);
        }
    }
    void ended(const std::string& name) {
        differs_ = true;
        ended_ = name;
        if (style_.silent) return;
        if (at_ == 0) return call_.complain("EOF on " + name + " which is empty");
        call_.complain("EOF on " + name + " after byte " + std::to_string(at_) +
                       (style_.all    ? std::string()
                        : line_ended_ ? ", line " + std::to_string(lines_ - 1)
                                      : ", in line " + std::to_string(lines_)));
    }
    void print_json() {
        JsonObject object;
        object.text("first", call_.operands[0]).text("second", call_.operands[1]);
        object.boolean("differ", differs_);
        if (differs_) {
            object.number("byte", at_ + 1).number("line", lines_);
        } else {
            object.null("byte").null("line");
        }
        object.known("ended", ended_).line(call_.out);
    }
    [[nodiscard]] bool differs() const { return differs_; }
    [[nodiscard]] std::uint64_t at() const { return at_; }

private:
    void tell(unsigned char one, unsigned char other) {
        const auto place = at_ + 1;
        speak(call_.out, call_.operands[0] + ' ' + call_.operands[1]);
        call_.out.print(" differ: %s %llu, line %llu", style_.bytes ? "byte" : "char",
                        static_cast<unsigned long long>(place),
                        static_cast<unsigned long long>(lines_));
        if (style_.bytes) {
            call_.out.print(" is %3o %s %3o %s", one, visible(one).c_str(), other,
                            visible(other).c_str());
        }
        call_.out.put('\n');
    }
    Invocation& call_;
    const Style& style_;
    std::uint64_t at_ = 0, lines_ = 1;
    std::string ended_;
    bool differs_ = false, line_ended_ = false;
};

Result<> compare(Invocation& call, const Style& style, Side first, Side second,
                 Comparison& comparison) {
    TRY(first.skip(style.skips[0]));
    TRY(second.skip(style.skips[1]));
    while (comparison.at() < style.limit) {
        TRY(first.fill());
        TRY(second.fill());
        if (first.over || second.over) {
            if (first.over != second.over) comparison.ended(call.operands[first.over ? 0 : 1]);
            return {};
        }
        const auto size = std::min({first.block.size(), second.block.size(),
                                    static_cast<std::size_t>(style.limit - comparison.at())});
        if (!comparison.blocks(first.block.substr(0, size), second.block.substr(0, size)))
            return {};
        first.block.remove_prefix(size);
        second.block.remove_prefix(size);
    }
    return {};
}

// As many digits as the shorter of two files asks for, where that is known.
int number_width(const Pair& pair, const Style& style) {
    std::uint64_t most = style.limit;
    for (std::size_t i = 0; i < 2; ++i) {
        const auto status =
            sys::statx((i == 0 ? pair.first : pair.second)->fd(), "", AT_EMPTY_PATH);
        if (!status || !S_ISREG(status->stx_mode)) continue;
        most = std::min<std::uint64_t>(
            most, status->stx_size - std::min<std::uint64_t>(style.skips[i], status->stx_size));
    }
    return most == UINT64_MAX ? 1 : static_cast<int>(std::to_string(most).size());
}

int run(Invocation& call) {
    Style style{.all = call.options.has('l'),
                .silent = call.options.has('s'),
                .bytes = call.options.has('b')};
    if (call.operands.size() == 1) call.operands.emplace_back("-");
    if (call.operands.size() < 2 || call.operands.size() > 4) {
        call.misused("it compares two files");
        return 2;
    }
    for (const auto& [option, value] : call.options.all()) {
        const std::string_view text = value;
        if (option.letter == 'i') {
            const auto colon = text.find(':');
            const auto first = byte_count(text.substr(0, colon));
            const auto second = colon == text.npos ? first : byte_count(text.substr(colon + 1));
            if (!first || !second) return call.misused("-i takes N or N:M");
            style.skips[0] = std::max(style.skips[0], *first);
            style.skips[1] = std::max(style.skips[1], *second);
        }
        if (option.letter != 'n') continue;
        const auto limit = byte_count(text);
        if (!limit) return call.misused("-n takes a number of bytes");
        style.limit = std::min(style.limit, *limit);
    }
    for (std::size_t i = 2; i < call.operands.size(); ++i) {
        const auto skip = byte_count(call.operands[i]);
        if (!skip) return call.misused("'" + call.operands[i] + "' is no number of bytes");
        style.skips[i - 2] = std::max(style.skips[i - 2], *skip);
    }
    if (style.all && style.silent) return call.misused("-l and -s exclude each other");
    style.silent |= call.json();
    Pair pair;
    if (!open_pair(call, pair)) return 2;
    if (style.all) style.width = number_width(pair, style);
    Comparison comparison(call, style);
    const auto done = compare(call, style, {*pair.first}, {*pair.second}, comparison);
    if (!done) {
        call.complain(done.error());
        return 2;
    }
    if (call.json()) comparison.print_json();
    return comparison.differs() ? 1 : 0;
}

constexpr Option options[]{
    {'l', "verbose", "", "every byte that differs: its number, and both in octal"},
    {'s', "quiet", "", "say nothing; the status tells"},
    {'b', "print-bytes", "", "also the bytes that differ"},
    {'i', "ignore-initial", "N[:M]", "leave out the first N bytes (of the second file M)"},
    {'n', "bytes", "N", "compare at most N bytes"},
    json_option,
};

constexpr Command cmp{
    .name = "cmp",
    .usage = "[-lsb] [-i N] [-n N] [-o json] FILE1 [FILE2 [SKIP1 [SKIP2]]]",
    .summary = "compare two files byte by byte",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Status: 0 equal, 1 different, 2 trouble.\n"
        "JSON fields: first, second, differ (true or false), byte and line (of the first "
        "difference,\n"
        "or null), ended (which of the two ends there, or null).\n\n"
        "Example:\n  cmp -s /etc/app.conf /etc/app.conf.orig || echo changed\n",
};
const Register registered{cmp};

}  // namespace
}  // namespace limpet::commands
