// screen/vi_words.h - words of the commands behind a colon.
#pragma once

#include <string>
#include <string_view>

namespace limpet::commands::vi {

inline std::string_view trimmed(std::string_view text) {
    while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
    while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
    return text;
}

inline bool is_letter(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

// Up to the next delimiter that is not escaped, which is taken away.
inline std::string delimited(std::string_view& text, char delimiter) {
    std::string part;
    while (!text.empty() && text[0] != delimiter) {
        if (text[0] == '\\' && text.size() > 1) {
            if (text[1] != delimiter) part += '\\';
            text.remove_prefix(1);
        }
        part += text[0];
        text.remove_prefix(1);
    }
    if (!text.empty()) text.remove_prefix(1);
    return part;
}

}  // namespace limpet::commands::vi
