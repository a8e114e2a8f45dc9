// parse/wildcard.cpp - shell patterns.
#include "parse/wildcard.h"

#include "parse/code_point.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace limpet::parse {
namespace {

char32_t folded(char32_t point, bool ignore_case) {
    return ignore_case && point < 0x80
               ? static_cast<char32_t>(std::tolower(static_cast<int>(point)))
               : point;
}

struct Character {
    std::size_t length;
    char32_t point;
};

// A byte that is no UTF-8 is a character beyond all code points.
Character front(std::string_view text) {
    const auto length = sequence_length(text);
    if (length > 0) return {length, code_point(text.substr(0, length))};
    return {1, char32_t{0x110000} + static_cast<unsigned char>(text[0])};
}

bool in_class(std::string_view name, char32_t point) {
    if (point >= 0x80) return false;
    const int byte = static_cast<int>(point);
    constexpr std::pair<std::string_view, int (*)(int)> classes[]{
        {"alpha", std::isalpha}, {"digit", std::isdigit}, {"alnum", std::isalnum},
        {"upper", std::isupper}, {"lower", std::islower}, {"space", std::isspace},
        {"blank", std::isblank}, {"punct", std::ispunct}, {"print", std::isprint},
        {"graph", std::isgraph}, {"cntrl", std::iscntrl}, {"xdigit", std::isxdigit},
    };
    for (const auto& [known, is] : classes) {
        if (known == name) return is(byte) != 0;
    }
    return false;
}

struct Bracket {
    std::size_t length;  // of its text
    bool matches;
};

// nullopt: the bracket does not end, so it is an ordinary character.
std::optional<Bracket> bracket(std::string_view pattern, char32_t point, bool ignore_case) {
    std::size_t at = 1;
    const bool negated = at < pattern.size() && (pattern[at] == '!' || pattern[at] == '^');
    if (negated) ++at;
    bool matches = false;
    const char32_t wanted = folded(point, ignore_case);
    for (bool first = true;; first = false) {
        if (at >= pattern.size()) return std::nullopt;
        if (pattern[at] == ']' && !first) break;
        if (pattern.substr(at).starts_with("[:")) {
            if (const auto end = pattern.find(":]", at + 2); end != pattern.npos) {
                const auto name = pattern.substr(at + 2, end - at - 2);
                matches |=
                    in_class(name, point) || (ignore_case && (name == "upper" || name == "lower") &&
                                              in_class("alpha", point));
                at = end + 2;
                continue;
            }
        }
        const auto member = [&]() -> std::optional<char32_t> {
            if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
            if (at >= pattern.size()) return std::nullopt;
            const auto [length, low] = front(pattern.substr(at));
            at += length;
            return folded(low, ignore_case);
        };
        const auto low = member();
        if (!low) return std::nullopt;
        auto high = low;
        if (at + 1 < pattern.size() && pattern[at] == '-' && pattern[at + 1] != ']') {
            ++at;
            high = member();
            if (!high) return std::nullopt;
        }
        matches |= *low <= wanted && wanted <= *high;
    }
    return Bracket{at + 1, matches != negated};
}

// One element of the pattern that is no star, against the front of the text: how far both go.
struct Step {
    std::size_t pattern, text;
};
std::optional<Step> step(std::string_view pattern, std::string_view text, bool ignore_case) {
    if (text.empty()) return std::nullopt;
    const auto [length, point] = front(text);
    if (pattern[0] == '?') return Step{1, length};
    if (pattern[0] == '[') {
        if (const auto found = bracket(pattern, point, ignore_case)) {
            if (!found->matches) return std::nullopt;
            return Step{found->length, length};
        }
    }
    const std::size_t escaped = pattern[0] == '\\' && pattern.size() > 1 ? 1 : 0;
    const auto [own, wanted] = front(pattern.substr(escaped));
    if (folded(wanted, ignore_case) != folded(point, ignore_case)) return std::nullopt;
    return Step{escaped + own, length};
}

}  // namespace

bool wildcard(std::string_view pattern, std::string_view text, bool ignore_case) {
    // Only the last star is ever worth going back to.
    std::string_view star_pattern, star_text;
    bool star = false;
    for (;;) {
        if (!pattern.empty() && pattern[0] == '*') {
            pattern.remove_prefix(1);
            star = true;
            star_pattern = pattern;
            star_text = text;
            continue;
        }
        if (pattern.empty() && text.empty()) return true;
        if (!pattern.empty()) {
            if (const auto next = step(pattern, text, ignore_case)) {
                pattern.remove_prefix(next->pattern);
                text.remove_prefix(next->text);
                continue;
            }
        }
        if (!star || star_text.empty()) return false;
        star_text.remove_prefix(front(star_text).length);
        pattern = star_pattern;
        text = star_text;
    }
}

}  // namespace limpet::parse
