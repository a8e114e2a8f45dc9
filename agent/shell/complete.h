// shell/complete.h - what the word before the cursor may become.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::shell {

struct Shell;

struct Candidate {
    std::string text;   // of the whole word, without quoting
    std::string shown;  // in a list
    std::string description = {};
    bool whole = true;  // a blank follows
};

struct Completion {
    std::size_t start = 0;              // of the word
    std::string insertion;              // in its place: as far as all candidates agree
    std::vector<Candidate> candidates;  // sorted by what is shown
};

Completion complete(Shell& shell, std::string_view line, std::size_t cursor);

}  // namespace limpet::shell
