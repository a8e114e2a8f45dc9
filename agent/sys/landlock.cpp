// sys/landlock.cpp - landlock(7).
#include "sys/landlock.h"

#include <sys/syscall.h>
#include <unistd.h>

namespace limpet::sys {
namespace {

// linux/landlock.h of Linux 6.12; Debian 12's headers stop at ABI 1.
struct Attributes {
    std::uint64_t handled_access_fs;
    std::uint64_t handled_access_net;
    std::uint64_t scoped;
};

}  // namespace

int landlock_abi() {
    constexpr unsigned version = 1;  // LANDLOCK_CREATE_RULESET_VERSION
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, version);
    return abi < 0 ? 0 : static_cast<int>(abi);
}

Result<> landlock_deny(const LandlockRights& rights) {
    const Attributes attributes{rights.files, rights.network, rights.scoped};
    // The kernel takes a shorter structure from older callers, and EINVAL's one that is longer than
    // it knows only when the rest is not zero.
    const long ruleset = ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0) return failed("landlock_create_ruleset", "");
    const Fd owned(static_cast<int>(ruleset));
    if (::syscall(SYS_landlock_restrict_self, owned.get(), 0) != 0) {
        return failed("landlock_restrict_self", "");
    }
    return {};
}

}  // namespace limpet::sys
