// shell/interactive.h - the shell at a prompt.
#pragma once

#include <string>

namespace limpet::shell {

struct Shell;

// Runs `first` (sh -i -c) or reads commands until the session ends. The shell's status.
int run_interactive(Shell& shell, const std::string* first);

}  // namespace limpet::shell
