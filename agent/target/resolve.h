// target/resolve.h - openat2(2), or the same walk by hand where the kernel has none.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <cstdint>
#include <string>

namespace limpet::target {

// As openat2 with `flags` and `resolve` (RESOLVE_IN_ROOT or RESOLVE_BENEATH, with
// RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_NO_XDEV). EAGAIN of a raced ".." is retried.
Result<Fd> resolve(BorrowedFd root, const std::string& path, int flags, std::uint64_t resolve,
                   unsigned mode = 0);

}  // namespace limpet::target
