// runtimes/process.h - is this pid still the process that a state file speaks of?
#pragma once

#include "limpet/result.h"
#include "runtimes/container.h"

#include <optional>
#include <string_view>

namespace limpet::runtimes {

// Start time (stat field 22) of a live process; nullopt when there is none.
std::optional<std::uint64_t> start_time(const Node& node, pid_t pid);
// Is the process in the cgroup of the container with that id of 64 hexadecimal digits?
bool in_cgroup(const Node& node, pid_t pid, std::string_view id);
// runc's own record below `root` (a directory <root>/<id>/state.json): the start time of the
// container's first process, if that was `pid`.
std::optional<std::uint64_t> runc_start_time(const Node& node, const std::string& root,
                                             std::string_view id, pid_t pid);

// `pid:N`: any process that is no kernel thread and no mere thread of another.
Result<Container> process(const Node& node, std::string_view number);

}  // namespace limpet::runtimes
