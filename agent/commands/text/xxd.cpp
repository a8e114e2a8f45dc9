// xxd.cpp - bytes in hexadecimal, and back.
#include "commands/text/dump_input.h"
#include "parse/number.h"

#include <unistd.h>
#include <algorithm>
#include <functional>

namespace limpet::commands {
namespace {

struct Style {
    std::size_t columns = 0;  // bytes a line; 0: what the form has
    std::size_t group = SIZE_MAX;
    bool bits = false, plain = false, include = false, reverse = false, little = false;
    bool upper = false, skip_zeros = false, decimal = false;
    std::uint64_t skip = 0, most = UINT64_MAX;
    std::uint64_t offset = 0;  // added to what is shown
};

void put_byte(std::string& line, char byte, const Style& style) {
    const auto code = static_cast<unsigned char>(byte);
    if (style.bits) {
        for (unsigned bit = 128; bit > 0; bit >>= 1) line += code & bit ? '1' : '0';
        return;
    }
    const char* digits = style.upper ? "0123456789ABCDEF" : "0123456789abcdef";
    line += digits[code >> 4];
    line += digits[code & 15];
}

void put_line(std::string& line, std::string_view bytes, std::uint64_t address,
              const Style& style) {
    char text[32];
    std::snprintf(text, sizeof text, style.decimal ? "%08llu: " : "%08llx: ",
                  static_cast<unsigned long long>(address));
    line = text;
    const std::size_t width = style.bits ? 8 : 2;
    const auto group = style.group == 0 ? style.columns : style.group;
    const auto begin = line.size();
    if (style.little) {
        // Each group with its last byte first; what is missing of it stays blank.
        for (std::size_t from = 0; from < style.columns; from += group) {
            for (std::size_t i = group; i-- > 0;) {
                if (from + i < bytes.size())
                    put_byte(line, bytes[from + i], style);
                else
                    line.append(width, ' ');
            }
            line += ' ';
        }
    } else {
        for (std::size_t i = 0; i < bytes.size(); ++i) {
            put_byte(line, bytes[i], style);
            if ((i + 1) % group == 0) line += ' ';
        }
    }
    const auto groups = (style.columns + group - 1) / group;
    const auto full = style.little ? groups * (group * width + 1) : style.columns * width + groups;
    if (line.size() - begin < full) line.append(begin + full - line.size(), ' ');
    line += ' ';
    for (const char byte : bytes) line += byte >= 32 && byte < 127 ? byte : '.';
    line += '\n';
}

void dump(Invocation& call, const Style& style, DumpInput& input) {
    std::uint64_t address = style.skip + style.offset;
    std::string line, held;
    // -a: runs of lines of zeros are one, but for the last of all.
    std::size_t zeros = 0;
    const auto release = [&](bool last) {
        if (zeros > 2) call.out.write("*\n");
        if (zeros == 2 || (last && zeros > 1)) call.out.write(held);
        zeros = 0;
    };
    for (;;) {
        const auto bytes = input.take(style.columns);
        if (bytes.empty() || call.out.failure()) break;
        put_line(line, bytes, address, style);
        address += bytes.size();
        if (style.skip_zeros && bytes.find_first_not_of('\0') == bytes.npos) {
            if (++zeros > 1) {
                held = line;
                continue;
            }
        } else {
            release(false);
        }
        call.out.write(line);
    }
    release(true);
}

void plain(Invocation& call, const Style& style, DumpInput& input) {
    std::string line;
    for (;;) {
        const auto bytes = input.take(style.columns);
        if (bytes.empty() || call.out.failure()) return;
        line.clear();
        for (const char byte : bytes) put_byte(line, byte, style);
        call.out.write(line += '\n');
    }
}

void include(Invocation& call, const Style& style, DumpInput& input) {
    std::string name;
    if (call.operands[0] != "-") {
        for (const char byte : call.operands[0]) {
            const bool word = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
                              (byte >= 'A' && byte <= 'Z');
            name += word ? byte : '_';
        }
        if (name[0] >= '0' && name[0] <= '9') name = "__" + name;
        call.out.write("unsigned char " + name + "[] = {\n");
    }
    std::uint64_t count = 0;
    for (;;) {
        const auto bytes = input.take(style.columns);
        if (bytes.empty() || call.out.failure()) break;
        for (const char byte : bytes) {
            call.out.write(count == 0 ? "  " : count % style.columns == 0 ? ",\n  " : ", ");
            call.out.print(style.upper ? "0X%02X" : "0x%02x", static_cast<unsigned char>(byte));
            ++count;
        }
    }
    if (count > 0) call.out.put('\n');
    if (name.empty()) return;
    call.out.write("};\nunsigned int " + name + "_len = ");
    call.out.print("%llu;\n", static_cast<unsigned long long>(count));
}

int digit(char byte) {
    if (byte >= '0' && byte <= '9') return byte - '0';
    if (byte >= 'a' && byte <= 'f') return byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') return byte - 'A' + 10;
    return -1;
}

// Writes bytes where their lines say. Holes become zeros, or are left by a seek in a file.
class Placed {
public:
    explicit Placed(Output& out) : out_(out) {}
    Result<> to(std::uint64_t address) {
        if (address == at_) return {};
        out_.flush();
        if (address <= INT64_MAX &&
            ::lseek(out_.fd().get(), static_cast<off_t>(address - at_), SEEK_CUR) >= 0) {
            at_ = address;
            return {};
        }
        if (address < at_) return refused("seek", "the output cannot go back");
        while (at_ < address && !out_.failure()) {
            constexpr std::string_view zeros("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 16);
            const auto part = std::min<std::uint64_t>(address - at_, zeros.size());
            out_.write(zeros.substr(0, static_cast<std::size_t>(part)));
            at_ += part;
        }
        return {};
    }
    void put(int byte) {
        out_.put(static_cast<char>(byte));
        ++at_;
    }

private:
    Output& out_;
    std::uint64_t at_ = 0;
};

Result<> reverse_line(std::string_view line, const Style& style, Placed& out) {
    line.remove_prefix(std::min(line.find_first_not_of(" \t\r\n"), line.size()));
    const auto colon = line.find(':');
    const auto address = parse::number<std::uint64_t>(line.substr(0, colon), 16);
    if (colon == line.npos || !address) return {};
    if (*address + style.offset < *address) return {};
    TRY(out.to(*address + style.offset));
    line.remove_prefix(colon + 1);
    if (line.starts_with(' ')) line.remove_prefix(1);
    const auto columns = style.columns ? style.columns : style.bits ? 6u : 16u;
    for (std::size_t count = 0; count < columns && !line.empty();) {
        // Behind two blanks stand the characters.
        if (line[0] == ' ') {
            if (line.size() > 1 && line[1] == ' ') break;
            line.remove_prefix(1);
            continue;
        }
        const std::size_t width = style.bits ? 8 : 2;
        int byte = 0;
        if (line.size() < width) break;
        for (std::size_t i = 0; i < width && byte >= 0; ++i) {
            const int value = digit(line[i]);
            const int base = style.bits ? 2 : 16;
            byte = value < 0 || value >= base ? -1 : byte * base + value;
        }
        if (byte < 0) break;
        out.put(byte);
        line.remove_prefix(width);
        ++count;
    }
    return {};
}

// Pairs of digits, with blanks anywhere. Another character parts a pair, or counts; two that
// count end the line, but for those that a line begins with.
class PlainReader {
public:
    explicit PlainReader(Placed& out) : out_(out) {}
    void take(char byte) {
        if (rest_) {
            if (byte != '\n') return;
            *this = PlainReader(out_);
            return;
        }
        if (byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r') return;
        const int value = digit(byte);
        if (value >= 0) {
            if (high_ >= 0) out_.get().put(high_ * 16 + value);
            high_ = high_ >= 0 ? -1 : value;
            others_ = 0;
            begun_ = true;
            return;
        }
        if (!begun_) return;
        others_ = high_ >= 0 ? 0 : others_ + 1;
        high_ = -1;
        rest_ = others_ == 2;
    }

private:
    std::reference_wrapper<Placed> out_;
    int high_ = -1, others_ = 0;
    bool begun_ = false, rest_ = false;
};

Result<> reverse(Invocation& call, const Style& style) {
    auto input = TRY(call.open(call.operands[0]));
    Placed out(call.out);
    if (style.plain) {
        PlainReader reader(out);
        for (;;) {
            const auto bytes = TRY(input.block());
            if (bytes.empty() || call.out.failure()) return {};
            for (const char byte : bytes) reader.take(byte);
        }
    }
    while (const auto line = TRY(input.line())) {
        TRY(reverse_line(*line, style, out));
        if (call.out.failure()) break;
    }
    return {};
}

Result<> take(const Invocation& call, Style& style) {
    std::optional<std::uint64_t> columns, group;
    for (const auto& [option, value] : call.options.all()) {
        std::optional<std::uint64_t> number;
        const bool plus = value.starts_with('+');
        if (!option.argument.empty()) {
            number = byte_count(std::string_view(value).substr(plus ? 1 : 0));
            if (!number) return refused("option", "'" + value + "' is no number of bytes");
        }
        switch (option.letter) {
            case 'a': style.skip_zeros = !style.skip_zeros; break;
            case 'b': style.bits = true; break;
            case 'c': columns = number; break;
            case 'd': style.decimal = true; break;
            case 'e': style.little = true; break;
            case 'g': group = number; break;
            case 'i': style.include = true; break;
            case 'l': style.most = *number; break;
            case 'o': style.offset = *number; break;
            case 'p': style.plain = true; break;
            case 'r': style.reverse = true; break;
            case 's': style.skip = *number; break;
            case 'u': style.upper = true; break;
        }
    }
    if (columns) style.columns = static_cast<std::size_t>(std::min<std::uint64_t>(*columns, 65536));
    if (!style.columns && !style.reverse) {
        style.columns = style.plain ? 30 : style.include ? 12 : style.bits ? 6 : 16;
    }
    style.group = style.bits ? 1 : style.little ? 4 : 2;
    if (group) style.group = static_cast<std::size_t>(std::min<std::uint64_t>(*group, 65536));
    if (style.group == 0 || (!style.little && !style.reverse && style.group > style.columns))
        style.group = style.columns;
    if (style.little && (style.group & (style.group - 1)) != 0)
        return refused("option", "-e: a group has 1, 2, 4, 8 … bytes");
    return {};
}

// Of old all its names have one dash: -ps, -cols.
Result<> read_options(Invocation& call) {
    auto words = std::exchange(call.operands, {});
    for (auto& word : words) {
        if (word == "--") break;
        const auto known = [&](const Option& option) {
            return option.name.size() > 1 && word.starts_with('-') &&
                   std::string_view(word).substr(1) == option.name;
        };
        if (std::ranges::any_of(call.command.options, known)) word.insert(0, 1, '-');
    }
    return parse_options(call.command, words, call.options, call.operands);
}

int run(Invocation& call) {
    if (call.operands.size() == 1 && call.operands[0] == "--help") {
        call.out.write(help_text(call.command));
        return 0;
    }
    if (const auto read = read_options(call); !read) return call.misused(text(read.error()));
    Style style;
    if (auto taken = take(call, style); !taken) return call.misused(text(taken.error()));
    if (call.operands.size() > 1)
        return call.misused("one file; what it prints goes to its output");
    if (call.operands.empty()) call.operands.emplace_back("-");
    if (style.reverse) {
        if (const auto done = reverse(call, style); !done) call.complain(done.error());
        return call.status;
    }
    DumpInput input(call, style.skip, style.most);
    if (style.include) {
        include(call, style, input);
    } else if (style.plain) {
        plain(call, style, input);
    } else {
        dump(call, style, input);
    }
    return call.status;
}

constexpr Option options[]{
    {'l', "len", "N", "N bytes only"},
    {'s', "seek", "N", "from byte N on (0x10, 4k)"},
    {'c', "cols", "N", "N bytes a line (16; -p 30, -i 12, -b 6)"},
    {'g', "groupsize", "N", "a blank after every N bytes (2; -e 4, -b 1; 0 none)"},
    {'p', "plain", "", "the digits alone"},
    {'p', "ps", "", "the same"},
    {'p', "postscript", "", "the same"},
    {'b', "bits", "", "in binary"},
    {'e', "", "", "groups as little-endian numbers"},
    {'i', "include", "", "as an array of C"},
    {'u', "uppercase", "", "capital letters"},
    {'a', "autoskip", "", "* instead of lines of zeros"},
    {'d', "", "", "addresses in decimal"},
    {'o', "", "N", "add N to the addresses"},
    {'r', "revert", "", "the bytes that such a text, or with -p such digits, stand for"},
};

constexpr Command xxd{
    .name = "xxd",
    .usage = "[-pbeiuadr] [-l N] [-s N] [-c N] [-g N] [FILE]",
    .summary = "print bytes in hexadecimal, or make them of it",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help = "Examples:\n  xxd -l 64 /app\n  xxd -p -l 16 /dev/urandom\n  echo 68690a | xxd -r -p\n",
    .raw = true,
};
const Register registered{xxd};

}  // namespace
}  // namespace limpet::commands
