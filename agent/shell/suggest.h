// shell/suggest.h - "did you mean": the name that a mistyped one is nearest to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace limpet::shell {

struct Shell;

// Empty when nothing is near.
std::string suggest(const Shell& shell, std::string_view name);
// Built-ins, functions, aliases and commands, sorted.
std::vector<std::string> command_names(const Shell& shell);

}  // namespace limpet::shell
