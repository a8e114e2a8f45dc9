// parse/regex_sets.cpp - sets of characters.
#include "parse/regex_sets.h"

#include <algorithm>

namespace limpet::parse::regex {

// Scripts with two cases whose pairs lie at a fixed distance.
char32_t other_case(char32_t point) {
    const auto within = [&](char32_t first, char32_t last) {
        return point >= first && point <= last;
    };
    if (within('a', 'z')) return point - 32;
    if (within('A', 'Z')) return point + 32;
    if (within(0xC0, 0xDE) && point != 0xD7) return point + 32;
    if (within(0xE0, 0xFE) && point != 0xF7) return point - 32;
    if (within(0x391, 0x3A9) && point != 0x3A2) return point + 32;
    if (within(0x3B1, 0x3C9) && point != 0x3C2) return point - 32;
    if (within(0x410, 0x42F)) return point + 32;
    if (within(0x430, 0x44F)) return point - 32;
    if (within(0x400, 0x40F)) return point + 80;
    if (within(0x450, 0x45F)) return point - 80;
    if (within(0x100, 0x137)) return point ^ 1;
    return point;
}

void add_other_case(std::vector<Range>& ranges) {
    std::vector<Range> more;
    for (const auto& [first, last] : ranges) {
        // Beyond U+045F no script of the table has cases.
        for (char32_t point = first; point <= std::min<char32_t>(last, 0x45F); ++point) {
            if (const auto other = other_case(point); other != point)
                more.push_back({other, other});
        }
    }
    ranges.insert(ranges.end(), more.begin(), more.end());
}

void normalise(std::vector<Range>& ranges) {
    std::ranges::sort(ranges, {}, &Range::first);
    std::vector<Range> merged;
    for (const auto& range : ranges) {
        if (!merged.empty() && range.first <= merged.back().last + 1) {
            merged.back().last = std::max(merged.back().last, range.last);
        } else {
            merged.push_back(range);
        }
    }
    ranges = std::move(merged);
}

std::vector<Range> complement(const std::vector<Range>& ranges) {
    std::vector<Range> rest;
    char32_t from = 0;
    for (const auto& [first, last] : ranges) {
        if (first > from) rest.push_back({from, first - 1});
        from = last + 1;
    }
    if (from <= 0x10FFFF) rest.push_back({from, 0x10FFFF});
    return rest;
}

// The classes of the C locale.
std::optional<std::vector<Range>> named_class(std::string_view name) {
    struct Class {
        std::string_view name;
        std::vector<Range> ranges;
    };
    const Class classes[]{
        {"alpha", {{'a', 'z'}, {'A', 'Z'}}},
        {"digit", {{'0', '9'}}},
        {"alnum", {{'0', '9'}, {'a', 'z'}, {'A', 'Z'}}},
        {"upper", {{'A', 'Z'}}},
        {"lower", {{'a', 'z'}}},
        {"space", {{'\t', '\r'}, {' ', ' '}}},
        {"blank", {{'\t', '\t'}, {' ', ' '}}},
        {"punct", {{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}}},
        {"print", {{' ', '~'}}},
        {"graph", {{'!', '~'}}},
        {"cntrl", {{0, 31}, {127, 127}}},
        {"xdigit", {{'0', '9'}, {'a', 'f'}, {'A', 'F'}}},
    };
    for (const auto& known : classes) {
        if (known.name == name) return known.ranges;
    }
    return std::nullopt;
}

}  // namespace limpet::parse::regex
