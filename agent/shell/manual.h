// shell/manual.h - what help tells of the shell's built-ins beyond their usage.
#pragma once

#include "commands/command.h"

#include <span>
#include <string>
#include <string_view>

namespace limpet::shell {

struct Builtin;

// "usage: …", what it does, its options, examples.
std::string manual(const Builtin& builtin);
// Of a built-in or command; none for any other name.
commands::OptionTable options_of(std::string_view name);

}  // namespace limpet::shell
