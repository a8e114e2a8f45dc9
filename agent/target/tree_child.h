// target/tree_child.h - the child that joins a mount namespace to make a tree of it.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"
#include "target/tree.h"

#include <sys/mount.h>

#include <cstdint>
#include <functional>
#include <string_view>

namespace limpet::target {

inline constexpr std::uint64_t harmless = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                                          MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME;

// Forks the child that `work` runs in and takes the tree that it sends; `where` is for messages.
// Messages "+" before the last bring Tree::more.
Result<Tree> from_child(std::string_view where, const std::function<Result<>(BorrowedFd)>& work);

// The paths that lead to /proc without being spelled so (/etc/../proc, find / on its way) must not
// meet the target's lies either. A mount point is always in the kernel's cache, so a file system
// that hangs is not asked; what is not cached, or is a link, stays as it is.
Result<> cover_proc(BorrowedFd cover);

}  // namespace limpet::target
