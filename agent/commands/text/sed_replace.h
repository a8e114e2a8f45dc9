// sed_replace.h - what sed's s, y and l make of a text.
#pragma once

#include "parse/sed.h"

#include <string>
#include <vector>

namespace limpet::commands::sed {

// Whether anything was replaced.
Result<bool> replace(std::string& text, parse::Regex& regex, const parse::sed::Substitution& how);
void translate(std::string& text, const std::vector<std::pair<std::string, std::string>>& map);
// Lines of at most `width` columns (0 and 1: of any length) with \ at the end of all but the last,
// which ends with $.
std::vector<std::string> unambiguous(std::string_view text, std::size_t width);

}  // namespace limpet::commands::sed
