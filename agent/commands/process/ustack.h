// process/ustack.h - where threads are in their own code.
#pragma once

#include "commands/command.h"

namespace limpet::commands {

// ustack, for the one process that the call names.
int show_user_stacks(Invocation& call);
// Whether the words of a call of stack ask for these, and not for the kernel's.
bool wants_user_stacks(std::span<const std::string> arguments);

}  // namespace limpet::commands
