// target/trace.h - what a promise to trace needs beside its filter: pids as ptrace(2) takes them.
#pragma once

#include "limpet/result.h"
#include "target/target.h"

#include <sys/types.h>

namespace limpet::target {

// For open_node, when the session may trace: how ids of the target become ours and back. What it
// needs is held by this process and those that it forks, until drop_trace().
Result<> prepare_trace(const Target& target, BorrowedFd pid_namespace, BorrowedFd node_procfs);
void drop_trace();

// The id in our pid namespace of a process or thread of the target, which ptrace(2) wants.
Result<pid_t> outer_id(const Target& target, pid_t inner);
// And back: 0 when it has gone. `process`: the id of its process instead of the thread's own.
pid_t inner_id(const Target& target, pid_t outer, bool process = false);

// From here on this process can begin to trace nothing more: whoever took it over by what the
// target lets it read would have the processes that it traces already, and no others. Threads and
// children of those still come by themselves.
Result<> no_more_tracees(const Target& target);

}  // namespace limpet::target
