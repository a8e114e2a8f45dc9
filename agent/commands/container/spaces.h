// container/spaces.h - the namespaces that processes are in, namespaces(7).
#pragma once

#include "commands/process/process.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands {

inline constexpr std::array<std::string_view, 8> space_kinds{"cgroup", "ipc",  "mnt",  "net",
                                                             "pid",    "time", "user", "uts"};

// "net:[4026531840]" of a process; empty when it cannot be seen.
std::string space_link(const Process& process, std::string_view kind);
// Its number.
std::optional<std::uint64_t> space_number(std::string_view link);
// own, node or unknown: the session noted the agent's own namespaces on its way in; without that
// the first ones of each kind are known.
std::string_view whose_space(const target::Target& target, std::string_view kind,
                             std::string_view link);

// One namespace, and who is in it as far as the target's processes can be seen.
struct Space {
    std::uint64_t number = 0;
    std::string_view kind;
    std::uint32_t processes = 0;
    // The one with the lowest pid.
    pid_t pid = 0, parent = 0;
    std::uint32_t uid = 0;
    std::string command;
};

// Fills in who it is.
void describe_space(const Process& process, Space& space);

// By number.
Result<std::vector<Space>> all_spaces(const target::Target& target);

}  // namespace limpet::commands
