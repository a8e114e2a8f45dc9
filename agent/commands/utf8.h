// commands/utf8.h - UTF-8 sequences (RFC 3629) and how many columns they take on a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace limpet::commands {

// Bytes of the valid sequence at the front of `text`; 0 when there is none (overlong forms,
// surrogates and code points over 10FFFF are not valid).
std::size_t utf8_length(std::string_view text);
// The code point of a sequence of that length.
char32_t utf8_decode(std::string_view sequence);
// Terminal columns: 0 combining and controls, 2 East Asian wide and emoji, else 1.
int column_width(char32_t point);
// Of a whole text; a byte that is not UTF-8 counts as one column.
std::size_t text_width(std::string_view text);
// How many bytes at its front are printable ASCII: each one a column, and shown as it is.
std::size_t plain_length(std::string_view text);

}  // namespace limpet::commands
