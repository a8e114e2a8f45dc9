// parse/hexdump_format.cpp - the format language of hexdump(1), as BSD has it.
#include "parse/hexdump_format.h"

#include "parse/number.h"

namespace limpet::parse::hexdump {
namespace {

constexpr std::string_view digits = "0123456789";
constexpr std::string_view spaces = " \t\n\v\f\r";
// A column that is wider is a mistake, or an attack on the memory.
constexpr std::size_t width_limit = 65536;

std::unexpected<Error> wrong(std::string_view what, std::string_view text) {
    return refused("format", std::string(what) + ": '" + std::string(text.substr(0, 40)) + "'");
}

std::string_view take_digits(std::string_view& text) {
    const auto number = text.substr(0, text.find_first_not_of(digits));
    text.remove_prefix(number.size());
    return number;
}

std::string unescaped(std::string_view text) {
    constexpr std::string_view letters = "0abfnrtv";
    constexpr std::string_view bytes("\0\a\b\f\n\r\t\v", 8);
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\\' || i + 1 == text.size()) {
            result += text[i];
            continue;
        }
        const auto at = letters.find(text[++i]);
        result += at == letters.npos ? text[i] : bytes[at];
    }
    return result;
}

// What stands behind the percent sign.
Result<Piece> conversion(std::string_view& text, std::size_t given) {
    const auto whole = text;
    Piece piece;
    for (; !text.empty(); text.remove_prefix(1)) {
        if (text[0] == '-')
            piece.left = true;
        else if (text[0] == '0')
            piece.zeros = true;
        else if (text[0] == '+')
            piece.plus = true;
        else if (text[0] == ' ')
            piece.blank = true;
        else if (text[0] == '#')
            piece.alternate = true;
        else
            break;
    }
    const auto width = take_digits(text);
    if (!width.empty()) {
        piece.width = number<std::size_t>(width).value_or(SIZE_MAX);
        if (piece.width > width_limit) return wrong("too wide", whole);
    }
    if (text.starts_with('.')) {
        text.remove_prefix(1);
        const auto precision = take_digits(text);
        piece.precision = precision.empty() ? 0 : number<int>(precision).value_or(INT32_MAX);
        if (piece.precision > static_cast<int>(width_limit)) return wrong("too long", whole);
    }
    if (text.empty()) return wrong("no conversion", whole);
    using Kind = Piece::Kind;
    bool fixed = true;
    if (text[0] == '_') {
        text.remove_prefix(1);
        const char letter = text.empty() ? '\0' : text[0];
        piece.bytes = 1;
        if (letter == 'c')
            piece.kind = Kind::character;
        else if (letter == 'p')
            piece.kind = Kind::printable;
        else if (letter == 'u')
            piece.kind = Kind::name;
        else if (letter == 'a' || letter == 'A') {
            piece.kind = letter == 'a' ? Kind::address : Kind::end_address;
            piece.bytes = 0;
            text.remove_prefix(1);
            if (text.empty() || std::string_view("dox").find(text[0]) == std::string_view::npos)
                return wrong("an address is d, o or x", whole);
            piece.conversion = text[0];
        } else {
            return wrong("no conversion", whole);
        }
    } else {
        piece.conversion = text[0];
        if (text[0] == 'c') {
            piece.kind = Kind::byte;
            piece.bytes = 1;
        } else if (text[0] == 's') {
            piece.kind = Kind::string;
            piece.bytes = given > 0             ? given
                          : piece.precision > 0 ? static_cast<std::size_t>(piece.precision)
                                                : 0;
            if (piece.bytes == 0) return wrong("%s needs a precision or a number of bytes", whole);
            fixed = false;
        } else if (std::string_view("diouxX").find(text[0]) != std::string_view::npos) {
            piece.kind = Kind::integer;
            piece.bytes = given > 0 ? given : 4;
            fixed = false;
            if (piece.bytes > 8 || (piece.bytes & (piece.bytes - 1)) != 0)
                return wrong("integers have 1, 2, 4 or 8 bytes", whole);
        } else if (std::string_view("eEfgG").find(text[0]) != std::string_view::npos) {
            piece.kind = Kind::real;
            piece.bytes = given > 0 ? given : 8;
            fixed = false;
            if (piece.bytes != 4 && piece.bytes != 8)
                return wrong("real numbers have 4 or 8 bytes", whole);
            piece.text = '%' + std::string(whole.substr(0, whole.size() - text.size())) + text[0];
        } else {
            return wrong("no conversion", whole);
        }
    }
    if (fixed && piece.bytes == 1 && given > 1) return wrong("characters have one byte", whole);
    text.remove_prefix(1);
    return piece;
}

// Between the quotes.
Result<> pieces(std::string_view text, Unit& unit, std::size_t given) {
    std::size_t reading = 0;
    const auto add_text = [&](std::string_view part) {
        if (part.empty()) return;
        unit.pieces.push_back({.kind = Piece::Kind::text, .text = unescaped(part)});
    };
    while (!text.empty()) {
        const auto percent = text.find('%');
        add_text(text.substr(0, percent));
        if (percent == text.npos) break;
        text.remove_prefix(percent + 1);
        if (text.starts_with('%')) {
            add_text("%");
            text.remove_prefix(1);
            continue;
        }
        unit.pieces.push_back(TRY(conversion(text, given)));
        reading += unit.pieces.back().bytes > 0;
        unit.bytes += unit.pieces.back().bytes;
    }
    if (given > 0 && reading > 1) return wrong("a number of bytes is for one conversion", text);
    if (given > 0) unit.bytes = given;
    return {};
}

}  // namespace

bool Unit::at_end() const {
    for (const auto& piece : pieces)
        if (piece.kind == Piece::Kind::end_address) return true;
    return false;
}

std::size_t block_size(const Format& format) {
    std::size_t size = 0;
    for (const auto& unit : format) size += unit.bytes * unit.repeats;
    return size;
}

Result<Format> parse(std::string_view text) {
    Format format;
    std::size_t size = 0;
    const auto skip_spaces = [&] {
        const auto at = text.find_first_not_of(spaces);
        text.remove_prefix(at == text.npos ? text.size() : at);
    };
    for (skip_spaces(); !text.empty(); skip_spaces()) {
        Unit unit;
        const auto whole = text;
        std::size_t bytes = 0;
        if (const auto repeats = take_digits(text); !repeats.empty()) {
            unit.repeats = number<std::size_t>(repeats).value_or(SIZE_MAX);
            unit.repeats_given = true;
            if (unit.repeats > block_limit) return wrong("too many repetitions", whole);
        }
        skip_spaces();
        if (text.starts_with('/')) {
            text.remove_prefix(1);
            skip_spaces();
            const auto count = take_digits(text);
            if (!count.empty()) {
                bytes = number<std::size_t>(count).value_or(SIZE_MAX);
                if (bytes > block_limit) return wrong("too many bytes", whole);
            }
            skip_spaces();
        }
        if (!text.starts_with('"')) return wrong("a quotation mark is missing", whole);
        const auto end = text.find('"', 1);
        if (end == text.npos) return wrong("the quotation is not closed", whole);
        TRY(pieces(text.substr(1, end - 1), unit, bytes));
        text.remove_prefix(end + 1);
        size += unit.bytes * unit.repeats;
        if (size > block_limit) return wrong("takes more than a MiB at once", whole);
        format.push_back(std::move(unit));
    }
    return format;
}

}  // namespace limpet::parse::hexdump
