// target/enter.h - open a running process's container from outside (node mode).
#pragma once

#include "limpet/grants.h"
#include "limpet/result.h"
#include "target/target.h"
#include "target/tree.h"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace limpet::target {

struct Wanted {
    pid_t pid = 0;                 // in our pid namespace
    std::uint64_t start_time = 0;  // proc_pid_stat(5) field 22, to notice a reused pid; 0: any
    std::string name;              // as the operator said it
    Grant grants = default_grants;
    std::vector<std::pair<std::string, std::string>> facts = {};
    bool apart = false;                 // Target::plain and the two that follow, too
    std::optional<Layers> layers = {};  // of a running container, for that
    std::string without_layers = {};    // why there are none
};

// Needs CAP_SYS_ADMIN, CAP_SYS_CHROOT and CAP_SYS_PTRACE, and a single-threaded process. Nothing of
// ours is in the target's namespaces afterwards; during it a child is in its mount and uts
// namespaces for the length of two system calls. Errors name the step.
Result<Target> open_node(const Wanted& wanted);

// A container that does not run: its files from the layers of its storage, as one read-only tree
// that is mounted nowhere; what the container itself wrote is the uppermost layer. Nothing is
// written to a layer, and the container can be started meanwhile. There are no processes and no
// network: those grants go.
Result<Target> open_stopped(const Wanted& wanted, const Layers& layers);

// A session without a target (`limpet ps`): the agent's own files.
Result<Target> open_none(Grant grants);

}  // namespace limpet::target
