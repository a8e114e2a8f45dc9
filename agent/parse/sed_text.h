// parse/sed_text.h - the texts within sed's s and y.
#pragma once

#include "parse/sed.h"

namespace limpet::parse::sed {

// How many \(groups\) an expression has.
std::size_t count_groups(std::string_view pattern, bool extended);
// What s puts in place of a match: & and \N, \U \L \u \l \E, \n, the rest as it is.
std::vector<Piece> pieces_of(std::string_view replacement);
// Of y: one text for each character, with \n and \\ replaced.
std::vector<std::string> characters_of(std::string_view text);

}  // namespace limpet::parse::sed
