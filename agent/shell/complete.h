// shell/complete.h - what the word before the cursor may become.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::shell {

struct Shell;

struct Completion {
    std::size_t start = 0;           // of the word
    std::string insertion;           // in the word's place: as far as all candidates agree
    std::vector<std::string> names;  // the candidates as shown, sorted
};

Completion complete(Shell& shell, std::string_view line, std::size_t cursor);

}  // namespace limpet::shell
