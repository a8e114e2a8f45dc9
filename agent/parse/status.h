// parse/status.h - /proc/PID/status, proc_pid_status(5).
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

struct Ids {
    std::uint32_t real = 0;
    std::uint32_t effective = 0;
    std::uint32_t saved = 0;
    std::uint32_t filesystem = 0;
};

// What the kernel did not write (an older one, a kernel thread, a zombie) stays empty.
struct Status {
    std::string name;   // escaped by the kernel: a newline is \n, a backslash two
    std::string state;  // "S (sleeping)"
    std::optional<pid_t> tgid, pid, ppid, tracer;
    std::optional<unsigned> umask;
    std::optional<Ids> uid, gid;
    std::vector<std::uint32_t> groups;
    std::vector<pid_t> ns_pid;  // from the reader's pid namespace inwards
    std::optional<std::uint64_t> threads;
    // KiB.
    std::optional<std::uint64_t> vm_peak, vm_size, vm_locked, vm_hwm, vm_rss, rss_anon, rss_file,
        rss_shmem, vm_data, vm_stack, vm_exe, vm_lib, vm_pte, vm_swap;
    // Bit n - 1 is signal n.
    std::optional<std::uint64_t> signals_pending, signals_shared_pending, signals_blocked,
        signals_ignored, signals_caught;
    // Bit n is capability n.
    std::optional<std::uint64_t> cap_inheritable, cap_permitted, cap_effective, cap_bounding,
        cap_ambient;
    std::optional<unsigned> no_new_privs, seccomp, seccomp_filters;
    std::optional<std::uint64_t> voluntary_switches, involuntary_switches;
    std::string cpus_allowed, memory_nodes_allowed;  // as lists: "0-3,7"
};

Status status(std::string_view text);

}  // namespace limpet::parse
