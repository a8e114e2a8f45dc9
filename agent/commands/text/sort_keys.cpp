// sort_keys.cpp - comparing lines.
#include "commands/text/sort_keys.h"

#include "commands/version.h"
#include "parse/number.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <cstring>

namespace limpet::commands::sorting {
namespace {

bool blank(char byte) { return byte == ' ' || byte == '\t' || byte == '\n'; }
bool digit(char byte) { return byte >= '0' && byte <= '9'; }
char upper(char byte) { return byte >= 'a' && byte <= 'z' ? static_cast<char>(byte - 32) : byte; }
bool alphanumeric(char byte) { return digit(byte) || (upper(byte) >= 'A' && upper(byte) <= 'Z'); }

std::string_view without_blanks(std::string_view text) {
    while (!text.empty() && blank(text[0])) text.remove_prefix(1);
    return text;
}

// A decimal number of any length, taken apart.
struct Decimal {
    bool negative = false;
    std::string_view whole, fraction;
    char unit = 0;  // what follows it
    [[nodiscard]] bool zero() const { return whole.empty() && fraction.empty(); }
};

Decimal decimal(std::string_view text) {
    Decimal number;
    text = without_blanks(text);
    if (text.starts_with('-')) {
        number.negative = true;
        text.remove_prefix(1);
    }
    std::size_t end = 0;
    while (end < text.size() && digit(text[end])) ++end;
    number.whole = text.substr(0, end);
    while (number.whole.starts_with('0')) number.whole.remove_prefix(1);
    text.remove_prefix(end);
    if (text.starts_with('.')) {
        end = 1;
        while (end < text.size() && digit(text[end])) ++end;
        number.fraction = text.substr(1, end - 1);
        while (number.fraction.ends_with('0')) number.fraction.remove_suffix(1);
        text.remove_prefix(end);
    }
    if (!text.empty()) number.unit = text[0];
    if (number.zero()) number.negative = false;
    return number;
}

int compare_magnitudes(const Decimal& a, const Decimal& b) {
    if (a.whole.size() != b.whole.size()) return a.whole.size() < b.whole.size() ? -1 : 1;
    if (const int order = a.whole.compare(b.whole); order != 0) return order;
    return a.fraction.compare(b.fraction);
}

int compare_decimals(const Decimal& a, const Decimal& b) {
    if (a.negative != b.negative) return a.negative ? -1 : 1;
    return a.negative ? compare_magnitudes(b, a) : compare_magnitudes(a, b);
}

// K < M < G …: by unit first, as du -h writes it.
int unit_power(const Decimal& number) {
    if (number.zero()) return 0;
    const auto at = std::string_view("KMGTPEZYRQ").find(number.unit == 'k' ? 'K' : number.unit);
    const int power =
        at == std::string_view::npos || number.unit == 0 ? 0 : static_cast<int>(at) + 1;
    return number.negative ? -power : power;
}

int month(std::string_view text) {
    constexpr std::array<std::string_view, 12> names{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                     "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
    text = without_blanks(text);
    if (text.size() < 3) return 0;
    const std::array<char, 3> word{upper(text[0]), upper(text[1]), upper(text[2])};
    const auto found = std::ranges::find(names, std::string_view(word.data(), 3));
    return found == names.end() ? 0 : static_cast<int>(found - names.begin()) + 1;
}

std::optional<double> general(std::string_view text) {
    const std::string copy(without_blanks(text));
    char* end = nullptr;
    const double value = std::strtod(copy.c_str(), &end);
    if (end == copy.c_str()) return std::nullopt;
    return value;
}

int compare_general(std::string_view a, std::string_view b) {
    const auto x = general(a), y = general(b);
    // What is no number comes first, then what is "not a number".
    if (x.has_value() != y.has_value()) return x ? 1 : -1;
    if (!x) return 0;
    if ((*x != *x) != (*y != *y)) return *x != *x ? -1 : 1;
    return *x < *y ? -1 : *x > *y ? 1 : 0;
}

// Equal keys stay together: each has a place of its own.
std::uint64_t shuffled(std::string_view text, std::uint64_t seed) {
    std::uint64_t hash = seed;
    for (const char byte : text) {
        hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3u;
    }
    hash = (hash ^ hash >> 32) * 0xD6E8FEB86659FD93u;
    return hash ^ hash >> 32;
}

int compare_bytes(std::string_view a, std::string_view b, const Manner& manner) {
    if (!manner.fold && !manner.dictionary && !manner.printable) return a.compare(b);
    const auto counts = [&](char byte) {
        if (manner.dictionary && !alphanumeric(byte) && byte != ' ' && byte != '\t') return false;
        return !manner.printable || (byte >= ' ' && byte <= '~');
    };
    std::size_t i = 0, j = 0;
    for (;;) {
        while (i < a.size() && !counts(a[i])) ++i;
        while (j < b.size() && !counts(b[j])) ++j;
        if (i == a.size() || j == b.size()) return (i < a.size()) - (j < b.size());
        const auto x = static_cast<unsigned char>(manner.fold ? upper(a[i]) : a[i]);
        const auto y = static_cast<unsigned char>(manner.fold ? upper(b[j]) : b[j]);
        if (x != y) return x < y ? -1 : 1;
        ++i;
        ++j;
    }
}

// "2.3" at the front of a key: field and character. False when there is no number.
bool position(std::string_view& text, std::size_t& field, std::size_t& character) {
    const auto take = [&](std::size_t& into) {
        std::size_t end = 0;
        while (end < text.size() && digit(text[end])) ++end;
        const auto value = parse::number<std::size_t>(text.substr(0, end));
        if (value) into = *value;
        text.remove_prefix(end);
        return value.has_value();
    };
    if (!take(field)) return false;
    if (!text.starts_with('.')) return true;
    text.remove_prefix(1);
    return take(character);
}

// Past `count` fields. Without a separator a field is its leading blanks and what follows.
std::size_t skip_fields(std::string_view line, std::size_t count, std::optional<char> separator) {
    std::size_t at = 0;
    while (count-- > 0 && at < line.size()) {
        if (separator) {
            const auto next = line.find(*separator, at);
            at = next == line.npos ? line.size() : next + 1;
        } else {
            while (at < line.size() && blank(line[at])) ++at;
            while (at < line.size() && !blank(line[at])) ++at;
        }
    }
    return at;
}

}  // namespace

bool apply(char letter, Manner& manner) {
    switch (letter) {
        case 'n': manner.kind = Kind::numeric; return true;
        case 'g': manner.kind = Kind::general; return true;
        case 'h': manner.kind = Kind::human; return true;
        case 'M': manner.kind = Kind::month; return true;
        case 'V': manner.kind = Kind::version; return true;
        case 'R': manner.kind = Kind::random; return true;
        case 'r': manner.reverse = true; return true;
        case 'f': manner.fold = true; return true;
        case 'd': manner.dictionary = true; return true;
        case 'i': manner.printable = true; return true;
        case 'b': manner.skip_blanks = true; return true;
    }
    return false;
}

Result<Key> parse_key(std::string_view text, const Manner& inherited) {
    const std::string given(text);
    const auto wrong = [&] {
        return refused("key", "'" + given + "' is not FIELD[.CHAR][bdfginrMhV]");
    };
    Key key;
    bool own = false;
    const auto letters = [&](bool& blanks) {
        while (!text.empty() && text[0] != ',') {
            if (!apply(text[0], key.manner)) return false;
            own = true;
            if (text[0] == 'b') blanks = true;
            text.remove_prefix(1);
        }
        return true;
    };
    bool blanks_first = false, blanks_last = false;
    if (!position(text, key.first_field, key.first_character) || key.first_field == 0 ||
        key.first_character == 0 || !letters(blanks_first)) {
        return wrong();
    }
    if (text.starts_with(',')) {
        text.remove_prefix(1);
        if (!position(text, key.last_field, key.last_character) || key.last_field == 0 ||
            !letters(blanks_last) || !text.empty()) {
            return wrong();
        }
    }
    if (!own) key.manner = inherited;
    key.manner.skip_blanks = own ? blanks_first : inherited.skip_blanks;
    key.skip_blanks_at_end = own ? blanks_last : inherited.skip_blanks;
    return key;
}

std::string_view part(std::string_view line, const Key& key, std::optional<char> separator) {
    auto begin = skip_fields(line, key.first_field - 1, separator);
    if (key.manner.skip_blanks) {
        while (begin < line.size() && blank(line[begin])) ++begin;
    }
    begin = std::min(line.size(), begin + key.first_character - 1);
    auto end = line.size();
    if (key.last_field != 0) {
        if (key.last_character == 0) {
            end = skip_fields(line, key.last_field, separator);
            // The separator after the field is not of the field.
            if (separator && end > 0 && (end < line.size() || line.ends_with(*separator)) &&
                line[end - 1] == *separator) {
                const bool past_all =
                    end == line.size() && skip_fields(line, key.last_field - 1, separator) == end;
                if (!past_all) --end;
            }
        } else {
            end = skip_fields(line, key.last_field - 1, separator);
            if (key.skip_blanks_at_end) {
                while (end < line.size() && blank(line[end])) ++end;
            }
            end = std::min(line.size(), end + key.last_character);
        }
    }
    return begin < end ? line.substr(begin, end - begin) : std::string_view{};
}

int compare(std::string_view a, std::string_view b, const Manner& manner) {
    switch (manner.kind) {
        case Kind::numeric: return compare_decimals(decimal(a), decimal(b));
        case Kind::human: {
            const auto x = decimal(a), y = decimal(b);
            const int power = unit_power(x) - unit_power(y);
            return power != 0 ? power : compare_decimals(x, y);
        }
        case Kind::general: return compare_general(a, b);
        case Kind::month: return month(a) - month(b);
        case Kind::version: return compare_versions(a, b);
        case Kind::random: {
            const auto x = shuffled(a, manner.seed), y = shuffled(b, manner.seed);
            return x != y ? (x < y ? -1 : 1) : a.compare(b);
        }
        case Kind::bytes: break;
    }
    return compare_bytes(a, b, manner);
}

std::uint64_t rank(std::string_view text, const Manner& manner) {
    if (manner.kind == Kind::bytes && !manner.dictionary && !manner.printable) {
        std::array<char, 8> bytes{};
        const auto size = std::min<std::size_t>(text.size(), 8);
        for (std::size_t i = 0; i < size; ++i) bytes[i] = manner.fold ? upper(text[i]) : text[i];
        std::uint64_t value = 0;
        std::memcpy(&value, bytes.data(), 8);
        return __builtin_bswap64(value);
    }
    if (manner.kind == Kind::random) return shuffled(text, manner.seed);
    if (manner.kind == Kind::numeric) {
        constexpr std::uint64_t middle = std::uint64_t{1} << 63;
        const auto number = decimal(text);
        std::uint64_t magnitude = 0;
        // Eighteen digits fit; what has more is larger than all of them.
        if (number.whole.size() > 18) {
            magnitude = middle - 1;
        } else {
            for (const char byte : number.whole) {
                magnitude = magnitude * 10 + static_cast<std::uint64_t>(byte - '0');
            }
        }
        return number.negative ? middle - magnitude : middle + magnitude;
    }
    return 0;
}

}  // namespace limpet::commands::sorting
