// container/covered.h - a target that lies about its processes to whoever looks from inside.
#pragma once

#include "parse/mountinfo.h"

#include <span>
#include <string>

namespace limpet::commands {

// "/proc/1 is covered by tmpfs": what is mounted over its own /proc so that processes look other
// than they are. Empty when nothing is. What runtimes and lxcfs put there is left out.
std::string covered_proc(std::span<const parse::Mount> mounts);

}  // namespace limpet::commands
