// complete.h - what may stand where the cursor is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace limpet::attach {

// `words` of a command line without the program's name; the last is the one to be completed.
std::vector<std::string> candidates(const std::vector<std::string>& words);

// The names in the lines of `limpet ps -o json`: values of "name" that a shell takes as one word.
std::vector<std::string> names_in(std::string_view json_lines);

}  // namespace limpet::attach
