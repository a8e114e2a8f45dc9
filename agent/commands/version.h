// commands/version.h - the order of names with version numbers in them, for sort -V and ls -v.
#pragma once

#include <string_view>

namespace limpet::commands {

// < 0, 0, > 0. Runs of digits compare as numbers: "file9" < "file10".
inline int compare_versions(std::string_view a, std::string_view b) {
    const auto digit = [](char byte) { return byte >= '0' && byte <= '9'; };
    // A tilde sorts before everything, the end included; letters before other characters.
    const auto rank = [&](std::string_view text, std::size_t at) {
        if (at >= text.size() || digit(text[at])) return 0;
        const char byte = text[at];
        if (byte == '~') return -1;
        const bool letter = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        return letter ? static_cast<unsigned char>(byte) : static_cast<unsigned char>(byte) + 256;
    };
    std::size_t i = 0, j = 0;
    while (i < a.size() || j < b.size()) {
        while ((i < a.size() && !digit(a[i])) || (j < b.size() && !digit(b[j]))) {
            const int x = rank(a, i), y = rank(b, j);
            if (x != y) return x - y;
            ++i;
            ++j;
        }
        while (i < a.size() && a[i] == '0') ++i;
        while (j < b.size() && b[j] == '0') ++j;
        int first = 0;
        while (i < a.size() && j < b.size() && digit(a[i]) && digit(b[j])) {
            if (first == 0) first = a[i] - b[j];
            ++i;
            ++j;
        }
        if (i < a.size() && digit(a[i])) return 1;
        if (j < b.size() && digit(b[j])) return -1;
        if (first != 0) return first;
    }
    return 0;
}

}  // namespace limpet::commands
