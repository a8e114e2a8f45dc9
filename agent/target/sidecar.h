// target/sidecar.h - the target seen from a container beside it, in the same pid namespace
// (kubectl debug --target, docker run --pid=container:X).
//
// What is possible there depends on capabilities, ids, security profiles and modules, so nothing is
// inferred: each rung of the ladder is tried, and the first that carries is stood on.
//
//   A  join the mount namespace and clone the tree read-only      needs CAP_SYS_ADMIN
//   B  /proc/PID/root, let in by CAP_SYS_PTRACE
//   C  /proc/PID/root, let in because uid and gid are the target's, by themselves or taken
//   D  the executable, mappings and descriptors of its processes, but no root
//   E  what everybody may read of its processes
//   F  no process of others is in sight: the pod's network only
#pragma once

#include "limpet/grants.h"
#include "limpet/result.h"
#include "target/target.h"

#include <string>
#include <vector>

namespace limpet::target {

struct Beside {
    std::string container;  // as pod.h's choose() has it; empty: the obvious one
    Grant grants = default_grants;
    // The process was dumpable when its main() began: a process of the target with the agent's
    // uid may have got hold of its memory before it could refuse (security.md, the exec window).
    bool exposed = true;
};

// For a single-threaded process that does nothing else afterwards: it may take the target's uid and
// gid for good. An error only when the target cannot be told.
Result<Target> open_sidecar(const Beside& beside);

// "its files, its processes, its network".
std::string_view rung_gives(char rung);

// The value of a fact; empty when there is none.
std::string_view fact(const Target& target, std::string_view name);

// What to tell somebody who has come in: the target, the rung, what lifts it, what is weaker.
std::vector<std::string> greeting(const Target& target);

}  // namespace limpet::target
