// hexdump.cpp - bytes of files as a format says: hexdump and hd.
#include "commands/text/dump_input.h"
#include "parse/hexdump_format.h"

#include <cstdio>
#include <cstring>

namespace limpet::commands {
namespace {

using parse::hexdump::Format;
using parse::hexdump::Piece;
using parse::hexdump::Unit;

// The address before each line, and after the last.
constexpr std::string_view closing = "\"%07.7_Ax\n\"";
constexpr std::string_view closing_canonical = "\"%08.8_Ax\n\"";

struct Style {
    std::vector<Format> formats;
    std::size_t block = 0;
    bool all = false;
    std::uint64_t skip = 0, most = UINT64_MAX;
};

void padded(std::string& text, std::string_view part, const Piece& piece) {
    const auto fill = piece.width > part.size() ? piece.width - part.size() : 0;
    if (!piece.left) text.append(fill, ' ');
    text += part;
    if (piece.left) text.append(fill, ' ');
}

void integer(std::string& text, const Piece& piece, std::uint64_t value, std::size_t bytes) {
    std::string_view sign;
    const char letter = piece.conversion;
    if (letter == 'd' || letter == 'i') {
        const auto shift = 64 - bytes * 8;
        const auto number = static_cast<std::int64_t>(value << shift) >> shift;
        sign = number < 0 ? "-" : piece.plus ? "+" : piece.blank ? " " : "";
        value = static_cast<std::uint64_t>(number);
        if (number < 0) value = std::uint64_t{0} - value;
    }
    const unsigned base = letter == 'o' ? 8 : letter == 'x' || letter == 'X' ? 16 : 10;
    if (piece.alternate && value != 0 && base == 16) sign = letter == 'x' ? "0x" : "0X";
    if (piece.alternate && base == 8) sign = "0";
    char buffer[32];
    std::size_t at = sizeof buffer;
    const char* symbols = letter == 'X' ? "0123456789ABCDEF" : "0123456789abcdef";
    for (; value > 0; value /= base) buffer[--at] = symbols[value % base];
    const auto length = sizeof buffer - at;
    std::size_t least = piece.precision < 0 ? 1 : static_cast<std::size_t>(piece.precision);
    if (piece.zeros && !piece.left && piece.precision < 0 && piece.width > sign.size()) {
        least = std::max(least, piece.width - sign.size());
    }
    const auto zeros = least > length ? least - length : 0;
    const auto size = sign.size() + zeros + length;
    const auto fill = piece.width > size ? piece.width - size : 0;
    if (!piece.left) text.append(fill, ' ');
    text += sign;
    text.append(zeros, '0');
    text.append(buffer + at, length);
    if (piece.left) text.append(fill, ' ');
}

void real(std::string& text, const Piece& piece, std::string_view bytes) {
    double value = 0;
    if (piece.bytes == 4) {
        float single = 0;
        std::memcpy(&single, bytes.data(), sizeof single);
        value = static_cast<double>(single);
    } else {
        std::memcpy(&value, bytes.data(), sizeof value);
    }
    char buffer[512];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    // The parser made this format: one conversion of a double.
    const int length = std::snprintf(buffer, sizeof buffer, piece.text.c_str(), value);
#pragma GCC diagnostic pop
    text.append(buffer, std::min(static_cast<std::size_t>(std::max(length, 0)), sizeof buffer - 1));
}

void character(std::string& text, const Piece& piece, char byte) {
    constexpr std::string_view bytes("\0\a\b\f\n\r\t\v", 8), letters = "0abfnrtv";
    const auto code = static_cast<unsigned char>(byte);
    char buffer[8] = {byte};
    if (const auto at = bytes.find(byte); at != bytes.npos) {
        buffer[0] = '\\';
        buffer[1] = letters[at];
    } else if (code < 32 || code > 126) {
        std::snprintf(buffer, sizeof buffer, "%03o", code);
    }
    padded(text, buffer, piece);
}

void name(std::string& text, const Piece& piece, char byte) {
    constexpr std::string_view names =
        "nulsohstxetxeotenqackbel bs ht lf vt ff cr so sidledc1dc2dc3dc4naksynetbcan emsubesc fs "
        "gs rs us";
    const auto code = static_cast<unsigned char>(byte);
    if (code < 32) {
        const auto padded_name = names.substr(std::size_t{code} * 3, 3);
        return padded(text, padded_name.substr(padded_name.find_first_not_of(' ')), piece);
    }
    if (code == 127) return padded(text, "del", piece);
    char buffer[8] = {byte};
    if (code > 126) std::snprintf(buffer, sizeof buffer, "%02x", code);
    padded(text, buffer, piece);
}

void print(std::string& text, const Piece& piece, std::string_view bytes, std::uint64_t address) {
    switch (piece.kind) {
        case Piece::Kind::text: text += piece.text; return;
        case Piece::Kind::address:
        case Piece::Kind::end_address: return integer(text, piece, address, 8);
        case Piece::Kind::character: return character(text, piece, bytes[0]);
        case Piece::Kind::byte: return padded(text, bytes.substr(0, 1), piece);
        case Piece::Kind::printable: {
            const bool shown = bytes[0] >= 32 && bytes[0] < 127;
            return padded(text, shown ? bytes.substr(0, 1) : ".", piece);
        }
        case Piece::Kind::name: return name(text, piece, bytes[0]);
        case Piece::Kind::string: {
            auto part = bytes.substr(0, piece.bytes);
            if (piece.precision >= 0)
                part = part.substr(0, static_cast<std::size_t>(piece.precision));
            return padded(text, part.substr(0, part.find('\0')), piece);
        }
        case Piece::Kind::integer: {
            std::uint64_t value = 0;
            std::memcpy(&value, bytes.data(), piece.bytes);
            return integer(text, piece, value, piece.bytes);
        }
        case Piece::Kind::real: return real(text, piece, bytes);
    }
}

class Dump {
public:
    Dump(Invocation& call, const Style& style) : out_(call.out), style_(style) {}

    void run(DumpInput& input) {
        std::uint64_t address = style_.skip;
        bool star = false, any = false;
        while (!out_.failure()) {
            const auto bytes = input.take(style_.block);
            if (bytes.empty()) break;
            const bool whole = bytes.size() == style_.block;
            if (whole && !style_.all && any && bytes == block_) {
                if (!std::exchange(star, true)) out_.write("*\n");
            } else {
                star = false;
                block_ = bytes;
                block_.resize(style_.block);
                block(address, whole ? SIZE_MAX : bytes.size());
            }
            any = true;
            address += bytes.size();
            if (!whole) break;
        }
        if (!any) address -= input.to_skip();
        if (address == 0) return;
        // Of several such units the last counts.
        const Unit* last = nullptr;
        for (const auto& format : style_.formats) {
            for (const auto& unit : format)
                if (unit.at_end()) last = &unit;
        }
        text_.clear();
        for (const auto& piece : last ? last->pieces : std::vector<Piece>{}) {
            if (piece.kind == Piece::Kind::text || piece.kind == Piece::Kind::end_address)
                print(text_, piece, {}, address);
        }
        out_.write(text_);
    }

private:
    // `used` bytes of the block are there; what would be printed of the others is left blank.
    void block(std::uint64_t address, std::size_t used) {
        text_.clear();
        for (const auto& format : style_.formats) {
            std::size_t at = 0;
            for (const auto& unit : format) {
                if (unit.at_end()) break;
                for (std::size_t round = unit.repeats; round > 0; --round) {
                    repetition(unit, address, at, used);
                    // One blank between repetitions, none behind the last.
                    const bool text =
                        !unit.pieces.empty() && unit.pieces.back().kind == Piece::Kind::text;
                    if (round == 1 && unit.repeats > 1 && text &&
                        std::string_view(" \t\n\v\f\r").find(text_.back()) !=
                            std::string_view::npos) {
                        text_.pop_back();
                    }
                    if (text_.size() > 65536) {
                        out_.write(text_);
                        text_.clear();
                    }
                }
            }
        }
        out_.write(text_);
    }
    void repetition(const Unit& unit, std::uint64_t address, std::size_t& at, std::size_t used) {
        for (const auto& piece : unit.pieces) {
            const bool beyond = at >= used && piece.kind != Piece::Kind::text;
            if (beyond) {
                text_.append(piece.width, ' ');
            } else {
                print(text_, piece, std::string_view(block_).substr(at), address + at);
            }
            at += piece.bytes;
        }
    }

    Output& out_;
    const Style& style_;
    std::string block_, text_;
};

Result<> add_format(Style& style, std::string_view text) {
    style.formats.push_back(TRY(parse::hexdump::parse(text)));
    return {};
}

// One file of formats, a line each; empty ones and those that begin with # say nothing.
Result<> add_file(Invocation& call, Style& style, const std::string& name) {
    auto input = TRY(call.open(name));
    while (auto line = TRY(input.line())) {
        if (line->ends_with('\n')) line->remove_suffix(1);
        const auto begin = line->find_first_not_of(" \t");
        if (begin == line->npos || (*line)[begin] == '#') continue;
        TRY(add_format(style, *line));
    }
    return {};
}

// What each letter stands for.
std::string_view letter_format(char letter) {
    switch (letter) {
        case 'b': return R"("%07.7_ax " 16/1 "%03o " "\n")";
        case 'c': return R"("%07.7_ax " 16/1 "%3_c " "\n")";
        case 'd': return R"("%07.7_ax " 8/2 "  %05u " "\n")";
        case 'o': return R"("%07.7_ax " 8/2 " %06o " "\n")";
        case 'x': return R"("%07.7_ax " 8/2 "   %04x " "\n")";
        case 'C': return R"("%08.8_ax  " 8/1 "%02x " "  " 8/1 "%02x ")";
        default: return R"("%07.7_ax " 8/2 "%04x " "\n")";
    }
}

// A format that takes fewer bytes than the others goes on with its last unit that reads.
void stretch(Style& style) {
    for (const auto& format : style.formats)
        style.block = std::max(style.block, parse::hexdump::block_size(format));
    for (auto& format : style.formats) {
        const auto size = parse::hexdump::block_size(format);
        if (format.empty()) continue;
        auto& last = format.back();
        if (size < style.block && last.bytes > 0 && !last.repeats_given)
            last.repeats += (style.block - size) / last.bytes;
    }
}

Result<> take(Invocation& call, Style& style) {
    const auto standard = [&](char letter) -> Result<> {
        TRY(add_format(style, letter == 'C' ? closing_canonical : closing));
        TRY(add_format(style, letter_format(letter)));
        return letter == 'C' ? add_format(style, R"("  |" 16/1 "%_p" "|\n")") : Result<>{};
    };
    for (const auto& [option, value] : call.options.all()) {
        switch (option.letter) {
            case 'e': TRY(add_format(style, value)); break;
            case 'f': TRY(add_file(call, style, value)); break;
            case 'v': style.all = true; break;
            case 'n':
            case 's': {
                const auto count = byte_count(value);
                if (!count) return refused("option", "'" + value + "' is no number of bytes");
                (option.letter == 'n' ? style.most : style.skip) = *count;
                break;
            }
            default: TRY(standard(option.letter));
        }
    }
    if (style.formats.empty()) TRY(standard(call.command.name == "hd" ? 'C' : 0));
    stretch(style);
    return {};
}

int run(Invocation& call) {
    Style style;
    if (auto taken = take(call, style); !taken) return call.misused(text(taken.error()));
    if (style.block == 0) return 0;  // a format that reads nothing
    DumpInput input(call, style.skip, style.most);
    Dump(call, style).run(input);
    return call.status;
}

constexpr Option options[]{
    {'C', "canonical", "", "bytes and characters side by side"},
    {'b', "one-byte-octal", "", "bytes in octal"},
    {'c', "one-byte-char", "", "bytes as characters"},
    {'d', "two-bytes-decimal", "", "pairs of bytes in decimal"},
    {'o', "two-bytes-octal", "", "pairs of bytes in octal"},
    {'x', "two-bytes-hex", "", "pairs of bytes in hexadecimal, wide"},
    {'e', "format", "FORMAT", "as FORMAT says"},
    {'f', "format-file", "FILE", "as the lines of FILE say"},
    {'n', "length", "N", "N bytes only"},
    {'s', "skip", "N", "from byte N on (0x10, 4k)"},
    {'v', "no-squeezing", "", "equal lines, too, instead of *"},
};

constexpr Command hexdump{
    .name = "hexdump",
    .usage = "[-Cbcdoxv] [-e FORMAT] [-f FILE] [-n N] [-s N] [FILE...]",
    .summary = "print bytes in hexadecimal, or as a format says",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "A FORMAT is a list of ITERATIONS/BYTES \"TEXT\", where the text has conversions of "
        "printf:\n"
        "%d %u %o %x of 1, 2, 4 or 8 bytes, %e %f %g of 4 or 8, %c %s; %_c %_p %_u for "
        "characters,\n"
        "%_a[dox] for the address and %_A[dox] for the last one. Several -e print the same "
        "bytes.\n\n"
        "Examples:\n  hexdump -C -n 64 /app\n  hexdump -e '4/4 \"%08x \" \"\\n\"' /app\n",
};
const Register registered{hexdump};

constexpr Command hd{
    .name = "hd",
    .usage = "as hexdump -C",
    .summary = "print bytes and characters side by side",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help = "Example:\n  hd -n 64 /app\n",
};
const Register registered_hd{hd};

}  // namespace
}  // namespace limpet::commands
