// printf.h - printf(1); the shell has it built in.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace limpet::commands::words {

struct Printed {
    std::string out;
    std::vector<std::string> problems;  // "x: not a number"
    int status = 0;
};

// `operands` begins with the format.
Printed format(std::span<const std::string> operands);

}  // namespace limpet::commands::words
