// shell/pattern.cpp - shell patterns.
#include "shell/pattern.h"

#include "commands/utf8.h"

#include <cctype>
#include <optional>

namespace limpet::shell {
namespace {

constexpr std::string_view magic = "*?[";

// The character at the front: a UTF-8 sequence, or a byte that is none.
char32_t character(std::string_view text, std::size_t& length) {
    const auto byte = static_cast<unsigned char>(text[0]);
    length = 1;
    if (byte < 0x80) return byte;
    const auto size = commands::utf8_length(text);
    if (size == 0) return 0x110000 + byte;
    length = size;
    return commands::utf8_decode(text.substr(0, size));
}

bool in_class(std::string_view name, char32_t point) {
    if (point >= 0x80)
        return name == "alpha" || name == "alnum" || name == "graph" || name == "print"
                   ? point < 0x110000
                   : false;
    const int byte = static_cast<int>(point);
    if (name == "alpha") return std::isalpha(byte) != 0;
    if (name == "digit") return std::isdigit(byte) != 0;
    if (name == "alnum") return std::isalnum(byte) != 0;
    if (name == "upper") return std::isupper(byte) != 0;
    if (name == "lower") return std::islower(byte) != 0;
    if (name == "space") return std::isspace(byte) != 0;
    if (name == "blank") return byte == ' ' || byte == '\t';
    if (name == "punct") return std::ispunct(byte) != 0;
    if (name == "print") return std::isprint(byte) != 0;
    if (name == "graph") return std::isgraph(byte) != 0;
    if (name == "cntrl") return std::iscntrl(byte) != 0;
    return name == "xdigit" && std::isxdigit(byte) != 0;
}

// One end of a range, or a member: c, \c, [.c.], [=c=].
std::optional<char32_t> member(std::string_view pattern, std::size_t& at) {
    if (at >= pattern.size()) return std::nullopt;
    std::size_t length = 1;
    if (pattern[at] == '[' && at + 1 < pattern.size() &&
        (pattern[at + 1] == '.' || pattern[at + 1] == '=')) {
        const char closing[] = {pattern[at + 1], ']', 0};
        const auto end = pattern.find(closing, at + 2);
        if (end != pattern.npos && end > at + 2) {
            const auto point = character(pattern.substr(at + 2), length);
            at = end + 2;
            return point;
        }
    }
    if (pattern[at] == '\\' && at + 1 < pattern.size()) ++at;
    const auto point = character(pattern.substr(at), length);
    at += length;
    return point;
}

// A bracket expression at pattern[at] == '[': whether `point` is in it, `at` moves behind it.
// nullopt: it is not closed, so the [ is only a [.
std::optional<bool> bracket(std::string_view pattern, std::size_t& at, char32_t point) {
    std::size_t here = at + 1;
    bool negated = false;
    if (here < pattern.size() && (pattern[here] == '!' || pattern[here] == '^')) {
        negated = true;
        ++here;
    }
    bool found = false;
    for (bool first = true;; first = false) {
        if (here >= pattern.size()) return std::nullopt;
        if (pattern[here] == ']' && !first) break;
        if (pattern.substr(here).starts_with("[:")) {
            const auto end = pattern.find(":]", here + 2);
            if (end != pattern.npos) {
                found |= in_class(pattern.substr(here + 2, end - here - 2), point);
                here = end + 2;
                continue;
            }
        }
        const auto low = member(pattern, here);
        if (!low) return std::nullopt;
        auto high = low;
        if (here + 1 < pattern.size() && pattern[here] == '-' && pattern[here + 1] != ']') {
            ++here;
            high = member(pattern, here);
            if (!high) return std::nullopt;
        }
        found |= *low <= point && point <= *high;
    }
    at = here + 1;
    return found != negated;
}

// One character of the text against one item of the pattern other than *.
bool step(std::string_view pattern, std::size_t& at, std::string_view text, std::size_t& place) {
    std::size_t length = 0;
    const char item = pattern[at];
    if (item != '?' && item != '[' && item != '\\') {
        if (item != text[place]) return false;
        ++at;
        ++place;
        return true;
    }
    const auto point = character(text.substr(place), length);
    if (item == '?') {
        ++at;
        place += length;
        return true;
    }
    if (item == '[') {
        std::size_t next = at;
        if (const auto inside = bracket(pattern, next, point)) {
            if (!*inside) return false;
            at = next;
            place += length;
            return true;
        }
    }
    std::size_t next = at;
    if (item == '\\' && at + 1 < pattern.size()) ++next;
    if (pattern[next] != text[place]) return false;
    at = next + 1;
    ++place;
    return true;
}

// Stands for itself, and is found only where a character begins.
bool is_text(std::string_view pattern) {
    return !pattern.empty() && (static_cast<unsigned char>(pattern[0]) & 0xc0) != 0x80 &&
           !has_magic(pattern);
}

// Between the bytes of one character.
bool splits_character(std::string_view text, std::size_t at) {
    const auto follows = [&](std::size_t i) {
        return (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;
    };
    if (at == 0 || at >= text.size() || !follows(at)) return false;
    std::size_t lead = at;
    while (lead > 0 && at - lead < 4 && follows(lead)) --lead;
    return lead + commands::utf8_length(text.substr(lead)) > at;
}

}  // namespace

// Only the last * is ever tried again: an earlier one could not match more than it has.
bool matches(std::string_view pattern, std::string_view text) {
    std::size_t at = 0;
    std::size_t place = 0;
    std::size_t star = pattern.npos;
    std::size_t star_place = 0;
    while (place < text.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            star = ++at;
            star_place = place;
            if (at == pattern.size()) return true;
            continue;
        }
        if (at < pattern.size() && step(pattern, at, text, place)) continue;
        if (star == pattern.npos) return false;
        at = star;
        std::size_t length = 1;
        character(text.substr(star_place), length);
        star_place += length;
        place = star_place;
    }
    while (at < pattern.size() && pattern[at] == '*') ++at;
    return at == pattern.size();
}

bool has_magic(std::string_view pattern) {
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\') {
            ++i;
        } else if (pattern[i] == '[') {
            // The command [ is no pattern.
            if (pattern.find(']', i + 1) != pattern.npos) return true;
        } else if (magic.contains(pattern[i])) {
            return true;
        }
    }
    return false;
}

std::size_t matching_prefix(std::string_view pattern, std::string_view text, bool longest) {
    if (!has_magic(pattern)) {
        const auto plain = unescaped(pattern);
        return text.starts_with(plain) ? plain.size() : text.npos;
    }
    // ${x#*text} and ${x##*/}: what scripts do most.
    if (pattern[0] == '*' && is_text(pattern.substr(1))) {
        const auto plain = unescaped(pattern.substr(1));
        const auto place = longest ? text.rfind(plain) : text.find(plain);
        return place == text.npos ? place : place + plain.size();
    }
    for (std::size_t i = 0; i <= text.size(); ++i) {
        const auto size = longest ? text.size() - i : i;
        if (splits_character(text, size)) continue;
        if (matches(pattern, text.substr(0, size))) return size;
    }
    return text.npos;
}

std::size_t matching_suffix(std::string_view pattern, std::string_view text, bool longest) {
    if (!has_magic(pattern)) {
        const auto plain = unescaped(pattern);
        return text.ends_with(plain) ? plain.size() : text.npos;
    }
    // ${x%.*} and ${x%%text*}
    const auto front = pattern.substr(0, pattern.size() - 1);
    if (pattern.ends_with('*') && is_text(front) && !front.ends_with('\\')) {
        const auto plain = unescaped(front);
        const auto place = longest ? text.find(plain) : text.rfind(plain);
        return place == text.npos ? place : text.size() - place;
    }
    for (std::size_t i = 0; i <= text.size(); ++i) {
        const auto size = longest ? text.size() - i : i;
        const auto start = text.size() - size;
        if (splits_character(text, start)) continue;
        if (matches(pattern, text.substr(start))) return size;
    }
    return text.npos;
}

void append_escaped(std::string& pattern, std::string_view text) {
    for (const char byte : text) {
        if (std::string_view("*?[]\\-!^").contains(byte)) pattern += '\\';
        pattern += byte;
    }
}

std::string unescaped(std::string_view pattern) {
    std::string text;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
        text += pattern[i];
    }
    return text;
}

}  // namespace limpet::shell
