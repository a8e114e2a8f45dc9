// sys/landlock.h - landlock(7): the three calls, by number (glibc has no wrappers).
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <cstdint>
#include <span>

namespace limpet::sys {

// The rights that a ruleset takes away, bits of linux/landlock.h.
struct LandlockRights {
    std::uint64_t files = 0;    // LANDLOCK_ACCESS_FS_*
    std::uint64_t network = 0;  // LANDLOCK_ACCESS_NET_*, from ABI 4
    std::uint64_t scoped = 0;   // LANDLOCK_SCOPE_*, from ABI 6
};

// The kernel's ABI version; 0 where Landlock is missing or switched off.
int landlock_abi();
// Takes the rights away from this process and all that it starts, for ever; below `folders` (-1 is
// none) it keeps those of `allowed`. Needs no_new_privs.
Result<> landlock_deny(const LandlockRights& rights, std::uint64_t allowed,
                       std::span<const BorrowedFd> folders);

}  // namespace limpet::sys
