// parse/regex_sets.h - sets of characters as ranges of code points.
#pragma once

#include "parse/regex_syntax.h"

#include <optional>
#include <string_view>
#include <vector>

namespace limpet::parse::regex {

// The same letter in the other case, or the character itself.
char32_t other_case(char32_t point);
void add_other_case(std::vector<Range>& ranges);
// Sorted, without overlaps.
void normalise(std::vector<Range>& ranges);
// Of ranges that are normal.
std::vector<Range> complement(const std::vector<Range>& ranges);
// [:alpha:] and the others, as the C locale has them.
std::optional<std::vector<Range>> named_class(std::string_view name);

}  // namespace limpet::parse::regex
