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

struct [[gnu::packed]] PathBeneath {
    std::uint64_t allowed_access;
    std::int32_t parent_fd;
};
constexpr int path_beneath = 1;  // LANDLOCK_RULE_PATH_BENEATH

}  // namespace

int landlock_abi() {
    constexpr unsigned version = 1;  // LANDLOCK_CREATE_RULESET_VERSION
    const long abi = ::syscall(SYS_landlock_create_ruleset, nullptr, 0, version);
    return abi < 0 ? 0 : static_cast<int>(abi);
}

Result<> landlock_deny(const LandlockRights& rights, std::uint64_t allowed,
                       std::span<const BorrowedFd> folders) {
    const Attributes attributes{rights.files, rights.network, rights.scoped};
    // The kernel takes a shorter structure from older callers, and EINVAL's one that is longer than
    // it knows only when the rest is not zero.
    const long ruleset = ::syscall(SYS_landlock_create_ruleset, &attributes, sizeof attributes, 0);
    if (ruleset < 0) return failed("landlock_create_ruleset", "");
    const Fd owned(static_cast<int>(ruleset));
    for (const auto folder : folders) {
        if (folder.get() < 0) continue;
        const PathBeneath rule{allowed & rights.files, folder.get()};
        if (::syscall(SYS_landlock_add_rule, owned.get(), path_beneath, &rule, 0) != 0) {
            return failed("landlock_add_rule", "");
        }
    }
    if (::syscall(SYS_landlock_restrict_self, owned.get(), 0) != 0) {
        return failed("landlock_restrict_self", "");
    }
    return {};
}

}  // namespace limpet::sys
