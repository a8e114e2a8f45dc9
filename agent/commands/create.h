// commands/create.h - files that a command writes (tee, sort -o): below $LIMPET_SCRATCH, or with
// modify.
#pragma once

#include "commands/command.h"

namespace limpet::commands {

enum class Writing { truncate, append };

// Creates or opens a file of the target for writing, mode 0666 less the umask.
Result<Fd> create(const Invocation& call, std::string_view operand, Writing how);

}  // namespace limpet::commands
