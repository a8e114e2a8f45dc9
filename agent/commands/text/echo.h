// echo.h - what echo prints; the shell has it built in.
#pragma once

#include <span>
#include <string>

namespace limpet::commands::words {

std::string echo(std::span<const std::string> operands);

}  // namespace limpet::commands::words
