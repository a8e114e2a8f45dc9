// commands/version.h - the order of names with version numbers in them, for sort -V and ls -v.
#pragma once

#include <string_view>

namespace limpet::commands {

// < 0, 0, > 0. Runs of digits compare as numbers: "file9" < "file10".
inline int compare_runs(std::string_view a, std::string_view b) {
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

// "a.tar" of "a.tar.gz" without what looks like the endings of a file's name.
inline std::string_view without_endings(std::string_view name) {
    const auto letter = [](char byte) {
        return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || byte == '~';
    };
    auto end = name.size();
    for (auto at = name.size(); at > 1; --at) {
        const char byte = name[at - 1];
        if (byte == '.' && at < name.size() && letter(name[at])) {
            end = at - 1;
        } else if (byte == '.' || (!letter(byte) && !(byte >= '0' && byte <= '9'))) {
            break;
        }
    }
    return name.substr(0, end);
}

// The same for names of files, as sort -V and ls -v have it: hidden ones first, and "a.txt" before
// "a1.txt".
inline int compare_versions(std::string_view a, std::string_view b) {
    if (a == b) return 0;
    if (a.empty() || b.empty()) return a.empty() ? -1 : 1;
    if (a[0] == '.' || b[0] == '.') {
        if (a[0] != b[0]) return a[0] == '.' ? -1 : 1;
        for (const std::string_view first : {".", ".."}) {
            if (a == first || b == first) return a == first ? -1 : 1;
        }
    }
    const int order = compare_runs(without_endings(a), without_endings(b));
    return order != 0 ? order : compare_runs(a, b);
}

}  // namespace limpet::commands
