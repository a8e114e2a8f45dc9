// parse/lines.h - a text taken apart, without copying.
#pragma once

#include <string_view>

namespace limpet::parse {

// Takes what is before the next `separator` off the front of `text`; at the end all of it.
inline std::string_view take(std::string_view& text, char separator) {
    const auto end = text.find(separator);
    const auto part = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end + 1);
    return part;
}

inline std::string_view take_line(std::string_view& text) { return take(text, '\n'); }

// Without blanks and tabs at either end.
inline std::string_view trimmed(std::string_view text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

// The next word of a line with blanks or tabs between words; empty when there is none.
inline std::string_view take_word(std::string_view& text) {
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    const auto end = text.find_first_of(" \t");
    const auto word = text.substr(0, end);
    text = end == text.npos ? std::string_view{} : text.substr(end);
    return word;
}

}  // namespace limpet::parse
