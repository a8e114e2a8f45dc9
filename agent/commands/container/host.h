// container/host.h - the target's node name and the kernel that it shares with the machine.
#pragma once

#include "target/target.h"

#include <optional>
#include <string>

namespace limpet::commands {

// Of the target's uts namespace, which the session looked up on its way in; else what the image or
// runtime wrote to /etc/hostname. nullopt when nobody says.
std::optional<std::string> host_name(const target::Target& target);

}  // namespace limpet::commands
