// sys/mount.h - the descriptor-based mount calls: open_tree(2), fsopen(2), mount_setattr(2).
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <cstdint>
#include <initializer_list>
#include <string>

namespace limpet::sys {

// A detached clone of the tree at `path`, or of the descriptor's own when that is empty
// (OPEN_TREE_CLONE | AT_RECURSIVE). Linux 5.2.
Result<Fd> clone_tree(BorrowedFd directory, const std::string& path);
// The same of one mount, without those below it.
Result<Fd> clone_mount(BorrowedFd mount);

// mount_setattr(2) on the tree at `path`, AT_RECURSIVE; an empty path is the descriptor's own
// mount. `set` is MOUNT_ATTR_*, `propagation` MS_PRIVATE or 0. Linux 5.12.
Result<> mount_setattr(BorrowedFd directory, const std::string& path, std::uint64_t set,
                       std::uint64_t propagation);

// Mounts what `tree` is detached onto the directory `place`. Linux 5.2.
Result<> move_mount(BorrowedFd tree, BorrowedFd place);

// mount(2) for the fallbacks and the demo; `source` and `type` may be empty.
Result<> mount(const std::string& source, const std::string& place, const std::string& type,
               unsigned long flags, const std::string& data = {});

// A new instance of a file system, not mounted anywhere, with MOUNT_ATTR_* `attributes`.
// An option is given by FSCONFIG_SET_FD when it has a descriptor, else by FSCONFIG_SET_STRING.
struct FsOption {
    std::string name;
    int fd = -1;
    std::string value = {};
};
Result<Fd> new_filesystem(const std::string& type, unsigned attributes,
                          std::initializer_list<FsOption> options = {});

}  // namespace limpet::sys
