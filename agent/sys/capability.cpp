// sys/capability.cpp - capability sets.
#include "sys/capability.h"

#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace limpet::sys {
namespace {

constexpr std::uint32_t low(std::uint64_t set) { return static_cast<std::uint32_t>(set); }
constexpr std::uint32_t high(std::uint64_t set) { return static_cast<std::uint32_t>(set >> 32); }

}  // namespace

Result<Capabilities> capget() {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    __user_cap_data_struct data[2]{};
    if (::syscall(SYS_capget, &header, data) != 0) return failed("capget", "");
    const auto join = [](std::uint32_t lower, std::uint32_t upper) {
        return std::uint64_t{upper} << 32 | lower;
    };
    return Capabilities{join(data[0].effective, data[1].effective),
                        join(data[0].permitted, data[1].permitted),
                        join(data[0].inheritable, data[1].inheritable)};
}

Result<> capset(const Capabilities& sets) {
    __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
    const __user_cap_data_struct data[2]{
        {low(sets.effective), low(sets.permitted), low(sets.inheritable)},
        {high(sets.effective), high(sets.permitted), high(sets.inheritable)}};
    if (::syscall(SYS_capset, &header, data) != 0) return failed("capset", "");
    return {};
}

Result<> drop_bounding(std::uint64_t keep) {
    for (int capability = 0; capability < 64; ++capability) {
        // PR_CAPBSET_READ: EINVAL ends the capabilities that this kernel has.
        const int held = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (held < 0) return {};
        if (held == 0 || (keep & bit(capability)) != 0) continue;
        if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) {
            return failed("drop capability", std::to_string(capability));
        }
    }
    return {};
}

}  // namespace limpet::sys
