// edit_script.h - which lines of two sequences differ: the heart of diff, on numbers.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace limpet::commands {

// `deleted` numbers of the first sequence from `first` on, and `inserted` of the second from
// `second` on, stand in the place of one another. Counted from 0.
struct Change {
    std::uint32_t first, second;
    std::uint32_t deleted, inserted;
};

// Equal numbers are equal lines. The shortest script, unless the sequences are so large and so
// different that finding it would take more than some 10^9 steps: then it is one that is good.
// `minimal` lifts that bound. Of equally short scripts it is the one in which changes lie as late
// as they can, in as few pieces as that gives.
std::vector<Change> edit_script(std::span<const std::uint32_t> first,
                                std::span<const std::uint32_t> second, bool minimal);

}  // namespace limpet::commands
