// target/procfs.h - our own procfs of a pid namespace, never the one that the target mounted.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

namespace limpet::target {

// A detached, read-only procfs instance that shows `pid_namespace`. `ours`: it is the namespace we
// are in ourselves. Linux 6.17 has the mount option pidns=; before, a grandchild has to be in that
// namespace for the length of one mount, where the target can see it.
Result<Fd> new_procfs(BorrowedFd pid_namespace, bool ours);

// Our own /proc, with a check that it is one (statfs magic).
Result<Fd> own_procfs();

}  // namespace limpet::target
