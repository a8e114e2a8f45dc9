// shell/pattern.h - shell patterns, XCU 2.13: * ? [...] and \ to quote.
#pragma once

#include <string>
#include <string_view>

namespace limpet::shell {

bool matches(std::string_view pattern, std::string_view text);

// How many bytes at the front (back) of `text` match: the fewest, or the most. npos: none do.
std::size_t matching_prefix(std::string_view pattern, std::string_view text, bool longest);
std::size_t matching_suffix(std::string_view pattern, std::string_view text, bool longest);

// Appends `text` so that as a pattern it matches only itself.
void append_escaped(std::string& pattern, std::string_view text);
// The text that a pattern without * ? [ matches.
std::string unescaped(std::string_view pattern);
// Whether it has an unquoted * ? or [.
bool has_magic(std::string_view pattern);

}  // namespace limpet::shell
