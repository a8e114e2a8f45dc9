// hexdump.cpp - bytes of files in hexadecimal.
#include "commands/command.h"
#include "commands/size.h"

#include <unistd.h>
#include <array>

namespace limpet::commands {
namespace {

struct Style {
    bool canonical = false;  // -C; else words of two bytes, as hexdump has it
    bool all = false;        // -v: equal lines, too
    std::uint64_t skip = 0;
    std::uint64_t most = UINT64_MAX;
};

void canonical(Output& out, std::string_view bytes, std::uint64_t offset) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::array<char, 80> line{};
    line.fill(' ');
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        // Two spaces before each half of the line.
        const auto at = 10 + i * 3 + (i >= 8 ? 1 : 0);
        line[at] = digits[byte >> 4];
        line[at + 1] = digits[byte & 15];
        line[61 + i] = byte >= 0x20 && byte < 0x7F ? bytes[i] : '.';
    }
    line[60] = '|';
    line[61 + bytes.size()] = '|';
    out.print("%08llx", static_cast<unsigned long long>(offset));
    out.write(std::string_view(line.data() + 8, 62 + bytes.size() - 8));
    out.put('\n');
}

void words(Output& out, std::string_view bytes, std::uint64_t offset) {
    std::string line;
    char text[16];
    std::snprintf(text, sizeof text, "%07llx", static_cast<unsigned long long>(offset));
    line = text;
    for (std::size_t i = 0; i < 16; i += 2) {
        if (i >= bytes.size()) {
            line += "     ";
            continue;
        }
        const unsigned low = static_cast<unsigned char>(bytes[i]);
        const unsigned high = i + 1 < bytes.size() ? static_cast<unsigned char>(bytes[i + 1]) : 0;
        std::snprintf(text, sizeof text, " %04x", low | high << 8);
        line += text;
    }
    out.write(line);
    out.put('\n');
}

class Dump {
public:
    Dump(Invocation& call, const Style& style) : call_(call), style_(style), offset_(style.skip) {}

    void feed(std::string_view bytes) {
        const auto skipped = std::min<std::uint64_t>(bytes.size(), to_skip_);
        to_skip_ -= skipped;
        bytes.remove_prefix(static_cast<std::size_t>(skipped));
        bytes = bytes.substr(0, static_cast<std::size_t>(
                                    std::min<std::uint64_t>(bytes.size(), style_.most - taken_)));
        taken_ += bytes.size();
        while (!bytes.empty()) {
            if (held_.empty() && bytes.size() >= 16) {
                line(bytes.substr(0, 16));
                bytes.remove_prefix(16);
                continue;
            }
            const auto part = bytes.substr(0, 16 - held_.size());
            held_ += part;
            bytes.remove_prefix(part.size());
            if (held_.size() == 16) {
                line(held_);
                held_.clear();
            }
        }
    }
    void skip(std::uint64_t bytes) { to_skip_ = bytes; }
    [[nodiscard]] bool done() const { return taken_ >= style_.most || call_.out.failure(); }
    void finish() {
        if (!held_.empty()) line(held_);
        // The closing offset; nothing at all for nothing at all.
        if (taken_ == 0) return;
        call_.out.print(style_.canonical ? "%08llx\n" : "%07llx\n",
                        static_cast<unsigned long long>(offset_));
    }

private:
    void line(std::string_view bytes) {
        const bool same = !style_.all && bytes.size() == 16 && bytes == last_;
        if (same) {
            if (!std::exchange(star_, true)) call_.out.write("*\n");
        } else {
            star_ = false;
            style_.canonical ? canonical(call_.out, bytes, offset_)
                             : words(call_.out, bytes, offset_);
            last_ = bytes;
        }
        offset_ += bytes.size();
    }
    Invocation& call_;
    const Style& style_;
    std::uint64_t offset_;
    std::uint64_t to_skip_ = 0, taken_ = 0;
    std::string held_, last_;
    bool star_ = false;
};

std::optional<std::uint64_t> amount(std::string_view text) {
    if (text.starts_with("0x") || text.starts_with("0X")) {
        return parse::number<std::uint64_t>(text.substr(2), 16);
    }
    return size_with_unit(text);
}

int run(Invocation& call) {
    Style style;
    style.canonical = call.options.has('C') || call.command.name == "hd";
    style.all = call.options.has('v');
    for (const auto& [option, value] : call.options.all()) {
        if (option->letter != 'n' && option->letter != 's') continue;
        const auto number = amount(value);
        if (!number) return call.misused(std::string("-") + option->letter + " needs a number");
        (option->letter == 'n' ? style.most : style.skip) = *number;
    }
    Dump dump(call, style);
    if (call.operands.empty()) call.operands.emplace_back("-");
    std::uint64_t to_skip = style.skip;
    dump.skip(to_skip);
    for (const auto& name : call.operands) {
        if (dump.done()) break;
        auto input = call.open(name);
        if (!input) {
            call.complain(input.error());
            continue;
        }
        // A jump instead of reading, where the file can: into the middle of a terabyte.
        if (call.operands.size() == 1 && to_skip > 0 && to_skip < INT64_MAX &&
            ::lseek(input->fd().get(), static_cast<off_t>(to_skip), SEEK_SET) >= 0) {
            dump.skip(0);
        }
        while (!dump.done()) {
            const auto bytes = input->block();
            if (!bytes) call.complain(Error{bytes.error().code, "read", name, {}});
            if (!bytes || bytes->empty()) break;
            dump.feed(*bytes);
        }
    }
    dump.finish();
    return call.status;
}

constexpr Option options[]{
    {'C', "canonical", "", "bytes and characters side by side"},
    {'n', "length", "N", "N bytes only"},
    {'s', "skip", "N", "from byte N on (0x10, 4k)"},
    {'v', "no-squeezing", "", "equal lines, too, instead of *"},
};

constexpr Command hexdump{
    .name = "hexdump",
    .usage = "[-Cv] [-n N] [-s N] [FILE...]",
    .summary = "print bytes in hexadecimal",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = options,
    .help = "Example:\n  hexdump -C -n 64 /app\n",
};
const Register registered{hexdump};

constexpr Command hd{
    .name = "hd",
    .usage = "as hexdump -C",
    .summary = "print bytes and characters side by side",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = options,
    .help = "Example:\n  hd -n 64 /app\n",
};
const Register registered_hd{hd};

}  // namespace
}  // namespace limpet::commands
