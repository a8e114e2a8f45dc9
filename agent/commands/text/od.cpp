// od.cpp - bytes of files as numbers and characters, as POSIX has it.
#include "commands/text/dump_input.h"
#include "parse/number.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <cstring>
#include <limits>

namespace limpet::commands {
namespace {

struct Type {
    char kind;  // a c d o u x f
    std::size_t size;
    bool text = false;  // z: also as characters
    std::size_t width = 0;
};

struct Style {
    std::vector<Type> types;
    std::size_t line = 16;       // bytes
    std::size_t types_line = 0;  // characters that every type takes for a line
    char radix = 'o';            // of addresses; n for none
    bool all = false;
    bool swap = false;
    std::uint64_t skip = 0, most = UINT64_MAX;
};

void digits(std::string& text, std::uint64_t value, unsigned base, std::size_t least) {
    char buffer[24];
    std::size_t at = sizeof buffer;
    do {
        buffer[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value > 0);
    const auto length = sizeof buffer - at;
    if (length < least) text.append(least - length, '0');
    text.append(buffer + at, length);
}

void named(std::string& text, unsigned char byte) {
    constexpr std::string_view names =
        "nulsohstxetxeotenqackbel bs ht nl vt ff cr so sidledc1dc2dc3dc4naksynetbcan emsubesc fs "
        "gs rs us sp";
    byte &= 127;
    if (byte == 127) {
        text += "del";
    } else if (byte <= 32) {
        const auto name = names.substr(std::size_t{byte} * 3, 3);
        text += name.substr(name.find_first_not_of(' '));
    } else {
        text += static_cast<char>(byte);
    }
}

void character(std::string& text, unsigned char byte) {
    constexpr std::string_view bytes("\0\a\b\f\n\r\t\v", 8), letters = "0abfnrtv";
    if (const auto at = bytes.find(static_cast<char>(byte)); at != bytes.npos) {
        text += '\\';
        text += letters[at];
    } else if (byte >= 32 && byte < 127) {
        text += static_cast<char>(byte);
    } else {
        digits(text, byte, 8, 3);
    }
}

float to_float(const char* text, char** end) { return static_cast<float>(std::strtod(text, end)); }

// With the fewest digits that read back as the same number.
template <typename Real>
void real(std::string& text, const char* bytes, int digits_least, int digits_most,
          Real (*read)(const char*, char**)) {
    Real value{};
    std::memcpy(&value, bytes, sizeof value);
    char buffer[64];
    // Those next to zero have fewer digits than the type promises.
    const auto size = value < 0 ? -value : value;
    if (size > 0 && size < std::numeric_limits<Real>::min()) digits_least = 1;
    for (int precision = digits_least; precision <= digits_most; ++precision) {
        std::snprintf(buffer, sizeof buffer, "%.*Lg", precision, static_cast<long double>(value));
        if (read(buffer, nullptr) == value) break;
    }
    text += buffer;
}

void field(std::string& text, const Type& type, const char* bytes) {
    switch (type.kind) {
        case 'a': return named(text, static_cast<unsigned char>(*bytes));
        case 'c': return character(text, static_cast<unsigned char>(*bytes));
        case 'f':
            if (type.size == 4) return real<float>(text, bytes, 6, 9, to_float);
            if (type.size == 8) return real<double>(text, bytes, 15, 17, std::strtod);
            return real<long double>(text, bytes, 18, 21, std::strtold);
        default: break;
    }
    std::uint64_t value = 0;
    std::memcpy(&value, bytes, type.size);  // the native order, of which only little is built
    if (type.kind == 'd') {
        const auto shift = 64 - type.size * 8;
        const auto number = static_cast<std::int64_t>(value << shift) >> shift;
        if (number < 0) {
            text += '-';
            value = std::uint64_t{0} - static_cast<std::uint64_t>(number);
        }
    }
    const bool filled = type.kind == 'o' || type.kind == 'x';
    digits(text, value, type.kind == 'o' ? 8 : type.kind == 'x' ? 16 : 10, filled ? type.width : 1);
}

std::size_t width_of(const Type& type) {
    const std::size_t size = static_cast<std::size_t>(std::countr_zero(type.size));  // 1: 0, 8: 3
    switch (type.kind) {
        case 'o': return std::to_array<std::size_t>({3, 6, 11, 22})[size];
        case 'd': return std::to_array<std::size_t>({4, 6, 11, 20})[size];
        case 'u': return std::to_array<std::size_t>({3, 5, 10, 20})[size];
        case 'x': return type.size * 2;
        case 'f': return std::to_array<std::size_t>({0, 0, 15, 24, 29})[size];
        default: return 3;
    }
}

class Dump {
public:
    Dump(Invocation& call, const Style& style) : out_(call.out), style_(style) {}

    void run(DumpInput& input, std::uint64_t address) {
        address_ = address;
        bool star = false;
        for (;;) {
            auto bytes = input.take(style_.line);
            if (bytes.empty() || out_.failure()) break;
            const bool whole = bytes.size() == style_.line;
            if (whole && !style_.all && bytes == last_) {
                if (!std::exchange(star, true)) out_.write("*\n");
            } else {
                star = false;
                last_ = bytes;
                lines();
            }
            address_ += bytes.size();
            if (!whole) break;
        }
        if (input.to_skip() > 0) return;
        text_.clear();
        print_address();
        if (!text_.empty()) out_.write(text_ += '\n');
    }

private:
    void print_address() {
        switch (style_.radix) {
            case 'o': return digits(text_, address_, 8, 7);
            case 'd': return digits(text_, address_, 10, 7);
            case 'x': return digits(text_, address_, 16, 6);
            default: return;
        }
    }
    void lines() {
        text_.clear();
        print_address();
        const auto indent = text_.size();
        const auto size = last_.size();
        // The last number of a file may be in part only: what is missing of it is zero.
        last_.resize(size + 16);
        std::memset(last_.data() + size, 0, 16);
        for (const auto& type : style_.types) {
            if (&type != style_.types.data()) text_.append(indent, ' ');
            const auto begin = text_.size();
            const auto fields = style_.line / type.size;
            const auto padding = style_.types_line - fields * type.width;
            for (std::size_t i = 0; i * type.size < size; ++i) {
                char* bytes = last_.data() + i * type.size;
                if (style_.swap) std::reverse(bytes, bytes + type.size);
                const auto end = style_.types_line - padding * (fields - i - 1) / fields -
                                 type.width * (fields - i - 1);
                const auto at = text_.size();
                field(text_, type, bytes);
                const auto have = text_.size() - begin;
                if (have < end) text_.insert(at, end - have, ' ');
                if (style_.swap) std::reverse(bytes, bytes + type.size);
            }
            if (type.text) {
                text_.append(begin + style_.types_line - text_.size(), ' ');
                text_ += "  >";
                for (const char byte : std::string_view(last_).substr(0, size))
                    text_ += byte >= 32 && byte < 127 ? byte : '.';
                text_ += '<';
            }
            text_ += '\n';
        }
        last_.resize(size);
        out_.write(text_);
    }

    Output& out_;
    const Style& style_;
    std::uint64_t address_ = 0;
    std::string last_, text_;
};

// Of the letters or the digits behind a type; 0 for what there is not.
std::size_t size_of(char kind, std::string_view& rest) {
    const auto numbers = rest.find_first_not_of("0123456789");
    const auto number = rest.substr(0, numbers);
    const bool real = kind == 'f';
    if (!number.empty()) {
        rest.remove_prefix(number.size());
        const auto size = parse::number<std::size_t>(number).value_or(0);
        if (real) return size == 4 || size == 8 || size == 16 ? size : 0;
        return size <= 8 && std::has_single_bit(size) ? size : 0;
    }
    constexpr std::string_view letters = "CSILFDL";
    constexpr std::size_t sizes[]{1, 2, 4, 8, 4, 8, 16};
    const auto from = real ? 4u : 0u;
    const auto letter =
        rest.empty() ? letters.npos : letters.substr(from, real ? 3 : 4).find(rest[0]);
    if (letter == letters.npos) return real ? 8 : 4;
    rest.remove_prefix(1);
    return sizes[from + letter];
}

bool add_types(Style& style, std::string_view text) {
    if (text.empty()) return false;
    while (!text.empty()) {
        Type type{text[0], 1};
        text.remove_prefix(1);
        if (std::string_view("acdouxf").find(type.kind) == std::string_view::npos) return false;
        if (type.kind != 'a' && type.kind != 'c') type.size = size_of(type.kind, text);
        if (type.size == 0) return false;
        if (text.starts_with('z')) {
            type.text = true;
            text.remove_prefix(1);
        }
        type.width = width_of(type);
        style.types.push_back(type);
    }
    return true;
}

// [+]N[.][b]: octal, decimal with the dot; nothing for what is none.
std::optional<std::uint64_t> old_offset(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    std::uint64_t unit = 1;
    int base = 8;
    if (text.ends_with('b')) {
        unit = 512;
        text.remove_suffix(1);
    }
    if (text.ends_with('.')) {
        base = 10;
        text.remove_suffix(1);
    }
    if (text.starts_with("0x") || text.starts_with("0X") || text.starts_with('x')) {
        base = 16;
        text.remove_prefix(text.find_first_of("xX") + 1);
    }
    const auto number = parse::number<std::uint64_t>(text, base);
    if (!number || *number > UINT64_MAX / unit) return std::nullopt;
    return *number * unit;
}

// The old syntax has an offset behind the file, when nothing of the new one is used.
void take_old_offset(Invocation& call, Style& style) {
    auto& operands = call.operands;
    const bool traditional = call.options.has("traditional");
    if (!traditional) {
        for (const char letter : {'A', 'j', 'N', 't', 'v', 'w', 'S'}) {
            if (letter != 'v' && call.options.has(letter)) return;
        }
    }
    if (operands.empty() || operands.size() > 2) return;
    const std::string_view last = operands.back();
    const bool plus = last.starts_with('+');
    const bool digit = !last.empty() && last[0] >= '0' && last[0] <= '9';
    if (!plus && !((operands.size() == 2 || traditional) && digit)) return;
    const auto offset = old_offset(last);
    if (!offset) return;
    style.skip = *offset;
    operands.pop_back();
}

void arrange(Style& style, std::optional<std::size_t> wanted) {
    if (style.types.empty()) add_types(style, "o2");
    style.line = wanted ? *wanted : 16;
    for (const auto& type : style.types) {
        style.types_line = std::max(style.types_line, (style.line / type.size) * (type.width + 1));
    }
}

int run(Invocation& call) {
    Style style;
    std::optional<std::size_t> width;
    for (const auto& [option, value] : call.options.all()) {
        constexpr std::string_view olds = "abcdDeFfHhiIlLoOsxXB";
        constexpr std::string_view news[]{"a",  "o1", "c",  "u2", "u4", "f8", "f8",
                                          "f4", "x4", "x2", "d4", "d8", "d8", "d8",
                                          "o2", "o4", "d2", "x2", "x4", "o2"};
        if (const auto old = olds.find(option.letter); option.letter && old != olds.npos) {
            add_types(style, news[old]);
            continue;
        }
        switch (option.letter) {
            case 't':
                if (add_types(style, value)) break;
                return call.misused("-t: '" + value + "' is no type");
            case 'A':
                if (value.size() != 1 || std::string_view("doxn").find(value) == std::string::npos)
                    return call.misused("-A takes d, o, x or n");
                style.radix = value[0];
                break;
            case 'j':
            case 'N': {
                const auto count = byte_count(value);
                if (!count) return call.misused("'" + value + "' is no number of bytes");
                (option.letter == 'j' ? style.skip : style.most) = *count;
                break;
            }
            case 'w':
                width = value.empty() ? 32 : byte_count(value).value_or(0);
                if (*width == 0 || *width > 65536) return call.misused("-w takes 1 to 65536");
                break;
            case 'v': style.all = true; break;
            default:
                if (option.name != "endian") break;
                if (value != "little" && value != "big")
                    return call.misused("--endian takes little or big");
                style.swap = value == "big";
        }
    }
    take_old_offset(call, style);
    arrange(style, width);
    for (const auto& type : style.types) {
        if (style.line % type.size != 0)
            return call.misused("-w must be a multiple of " + std::to_string(type.size));
    }
    DumpInput input(call, style.skip, style.most);
    Dump(call, style).run(input, style.skip);
    if (input.to_skip() > 0)
        call.complain("-j: the input ends before byte " + std::to_string(style.skip));
    return call.status;
}

constexpr Option options[]{
    {'t', "format", "TYPE", "a and c characters; d o u x numbers, f real ones, with a size"},
    {'A', "address-radix", "R", "addresses: d decimal, o octal (default), x hexadecimal, n none"},
    {'j', "skip-bytes", "N", "from byte N on (0x10, 2k, 1b of 512)"},
    {'N', "read-bytes", "N", "N bytes only"},
    {'v', "output-duplicates", "", "equal lines, too, instead of *"},
    {'w', "width", "[N]", "N bytes a line (16; 32 without N)"},
    {0, "endian", "ORDER", "little or big"},
    {0, "traditional", "", "[FILE] [[+]OFFSET[.][b]]"},
    {'a', "", "", "-t a"},
    {'b', "", "", "-t o1"},
    {'c', "", "", "-t c"},
    {'d', "", "", "-t u2"},
    {'D', "", "", "-t u4"},
    {'e', "", "", "-t fD"},
    {'F', "", "", "-t fD"},
    {'f', "", "", "-t fF"},
    {'H', "", "", "-t x4"},
    {'X', "", "", "-t x4"},
    {'h', "", "", "-t x2"},
    {'x', "", "", "-t x2"},
    {'i', "", "", "-t dI"},
    {'I', "", "", "-t dL"},
    {'l', "", "", "-t dL"},
    {'L', "", "", "-t dL"},
    {'o', "", "", "-t o2"},
    {'B', "", "", "-t o2"},
    {'O', "", "", "-t o4"},
    {'s', "", "", "-t d2"},
};

constexpr Command od{
    .name = "od",
    .usage = "[-v] [-A d|o|x|n] [-j N] [-N N] [-t TYPE]... [FILE...]",
    .summary = "print bytes as numbers and characters",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Sizes of numbers: 1 2 4 8 or C S I L; of real ones: 4 8 16 or F D L. A z behind a type\n"
        "adds the characters. Several types stand below one another.\n\n"
        "Examples:\n  od -A x -t x1z -N 64 /app\n  od -A d -t d4 -t f4 /data/samples\n",
};
const Register registered{od};

}  // namespace
}  // namespace limpet::commands
