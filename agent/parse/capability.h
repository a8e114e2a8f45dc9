// parse/capability.h - capability sets by name, capabilities(7).
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

// By number; Linux 5.9 and later have all of them.
inline constexpr std::array<std::string_view, 41> capabilities{
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "kill",
    "setgid",
    "setuid",
    "setpcap",
    "linux_immutable",
    "net_bind_service",
    "net_broadcast",
    "net_admin",
    "net_raw",
    "ipc_lock",
    "ipc_owner",
    "sys_module",
    "sys_rawio",
    "sys_chroot",
    "sys_ptrace",
    "sys_pacct",
    "sys_admin",
    "sys_boot",
    "sys_nice",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "mknod",
    "lease",
    "audit_write",
    "audit_control",
    "setfcap",
    "mac_override",
    "mac_admin",
    "syslog",
    "wake_alarm",
    "block_suspend",
    "audit_read",
    "perfmon",
    "bpf",
    "checkpoint_restore",
};

// The names of the set bits; one that a newer kernel has added is its number.
inline std::vector<std::string> capability_names(std::uint64_t set) {
    std::vector<std::string> names;
    for (unsigned bit = 0; bit < 64; ++bit) {
        if (((set >> bit) & 1) == 0) continue;
        names.push_back(bit < capabilities.size() ? std::string(capabilities[bit])
                                                  : std::to_string(bit));
    }
    return names;
}

}  // namespace limpet::parse
