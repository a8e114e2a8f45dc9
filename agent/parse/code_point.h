// parse/code_point.h - UTF-8 (RFC 3629) for the parsers, which see no other layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace limpet::parse {

// Bytes of the valid sequence at the front; 0 when there is none.
inline std::size_t sequence_length(std::string_view text) {
    if (text.empty()) return 0;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned lead = at(0);
    if (lead < 0x80) return 1;
    const std::size_t length = lead < 0xC2   ? 0
                               : lead < 0xE0 ? 2
                               : lead < 0xF0 ? 3
                               : lead < 0xF5 ? 4
                                             : 0;
    if (length == 0 || text.size() < length) return 0;
    for (std::size_t i = 1; i < length; ++i) {
        if ((at(i) & 0xC0) != 0x80) return 0;
    }
    // Overlong forms, surrogates, and beyond U+10FFFF.
    if ((lead == 0xE0 && at(1) < 0xA0) || (lead == 0xED && at(1) > 0x9F) ||
        (lead == 0xF0 && at(1) < 0x90) || (lead == 0xF4 && at(1) > 0x8F)) {
        return 0;
    }
    return length;
}

// Of a sequence of that length.
inline char32_t code_point(std::string_view sequence) {
    const auto lead = static_cast<unsigned char>(sequence[0]);
    if (sequence.size() == 1) return lead;
    char32_t point = lead & (0xFFu >> (sequence.size() + 1));
    for (const char byte : sequence.substr(1)) {
        point = (point << 6) | (static_cast<unsigned char>(byte) & 0x3Fu);
    }
    return point;
}

}  // namespace limpet::parse
