// utf8.h - which bytes may follow which in UTF-8 (RFC 3629; Unicode, table 3-7).
#pragma once

#include <cstddef>

namespace limpet::utf8 {

// The length that a first byte announces, 0 when none may start with it: C0, C1 and F5 up only ever
// start overlong forms or characters beyond U+10FFFF. Not for ASCII.
constexpr std::size_t announced(unsigned char first) {
    if (first >= 0xc2 && first <= 0xdf) return 2;
    if (first >= 0xe0 && first <= 0xef) return 3;
    if (first >= 0xf0 && first <= 0xf4) return 4;
    return 0;
}

// The second byte's range depends on the first: no overlong forms, surrogates or characters beyond
// U+10FFFF.
constexpr bool continues(unsigned char first, std::size_t at, unsigned char byte) {
    if (byte < 0x80 || byte > 0xbf) return false;
    if (at > 1) return true;
    switch (first) {
        case 0xe0: return byte >= 0xa0;
        case 0xed: return byte <= 0x9f;
        case 0xf0: return byte >= 0x90;
        case 0xf4: return byte <= 0x8f;
        default: return true;
    }
}

}  // namespace limpet::utf8
