// program.h - runs a program to its end, without a shell and within bounds.
#pragma once

#include "limpet/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::attach::kube {

struct Finished {
    int status = 0;  // 128+N for signal N
    std::string out, error;
};

// What a program may print before it is ended: the JSON of some thousand pods, and a page of
// complaints.
inline constexpr std::size_t output_limit = 64 * 1024 * 1024;
inline constexpr std::size_t complaint_limit = 64 * 1024;

// `words[0]` is looked up in PATH. The program gets our environment; as standard input it gets
// `input`, or our terminal where there is one, so that a login helper can ask.
Result<Finished> run_program(const std::vector<std::string>& words, std::string_view input,
                             int seconds);

}  // namespace limpet::attach::kube
