// target/signaller.h - the one process of a session that may signal the target's.
//
// A shell or a command with CAP_KILL could, once taken over, signal any process of the node:
// kill(2) names processes by numbers, and a shell needs it for its jobs. So a session that may
// modify has a process with that right alone. It reads nothing but requests of a fixed size, each
// with the directory of a process in the target's own procfs, which pidfd_send_signal(2) takes for
// the process: what is not in there has no such directory.
#pragma once

#include "limpet/result.h"
#include "target/target.h"

#include <sys/types.h>

namespace limpet::target {

// Forks it, and has target.signaller ask it; it ends with its parent, or when nobody holds that
// descriptor any more. Its pid, to be waited for.
Result<pid_t> start_signaller(Target& target);

// To the process that `process`, its directory in the target's procfs, is held by. Without a
// signaller (mode here) with one's own rights.
Result<> send_signal(const Target& target, const Directory& process, int signal);
// setpriority(2); `pid` is the process's number there.
Result<> set_priority(const Target& target, const Directory& process, pid_t pid, int priority);

}  // namespace limpet::target
