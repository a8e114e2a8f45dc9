// target/tree.h - a private, read-only clone of a mount namespace's tree.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <string>

namespace limpet::target {

struct Tree {
    Fd root;               // detached: no mount namespace shows it
    std::string hostname;  // of the uts namespace that was joined on the way
    bool locked = false;   // nobody, root included, can make it writable again
};

// Clones the whole tree of `mount_namespace`, submounts included, read-only, nosuid, nodev, noexec,
// noatime and private. `cover`, a detached procfs of its processes, lies over whatever the target
// has at /proc. A child joins for it and is gone when this returns.
Result<Tree> clone_namespace(BorrowedFd mount_namespace, BorrowedFd uts_namespace,
                             BorrowedFd own_procfs, BorrowedFd cover);

// A read-only clone of one of our own directories (/sys/fs/cgroup).
Result<Fd> clone_own(const std::string& path);

}  // namespace limpet::target
