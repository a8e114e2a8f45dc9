// container/cgroup.h - limits and use of the target's cgroup, v1, v2 or both mounted.
#pragma once

#include "target/target.h"

#include <cstdint>
#include <optional>
#include <string>

namespace limpet::commands {

// A limit holds for everything below the cgroup that has it: `where` is the tightest one's path.
struct CgroupLimit {
    std::optional<std::uint64_t> limit;  // none: unlimited
    std::string where;
    std::optional<std::uint64_t> used;  // by the target's own cgroup
};

// Pressure stall information: how much of the time somebody, or everybody, waited.
struct CgroupPressure {
    std::optional<std::uint64_t> some10, some60, full10;  // hundredths of a percent
    bool machine = false;  // the whole machine's: the cgroup does not tell
};

struct CgroupState {
    std::string version;  // "v1", "v2", "hybrid"; empty when it cannot be read
    std::string path;     // of the memory controller, or the unified one
    CgroupLimit memory;   // bytes
    CgroupLimit pids;
    CgroupLimit cpu;                             // thousandths of a core; no use: that is a rate
    std::optional<std::uint64_t> cache, shared;  // of the memory used, bytes
    std::optional<std::uint64_t> oom_kills;
    std::optional<std::uint64_t> periods, throttled_periods;
    std::optional<std::uint64_t> cpu_time;  // microseconds that it has run
    std::string cpus;                       // "0-3"

    // What only cgroup_details() reads.
    CgroupLimit high;                       // bytes above which memory is reclaimed, v2
    CgroupLimit swap;                       // v1: memory and swap together
    std::optional<std::uint64_t> working;   // memory in use that cannot be had back for asking
    std::optional<std::uint64_t> peak;      // bytes, the most that ever was
    std::optional<std::uint64_t> cpu_used;  // microseconds, as the next
    std::optional<std::uint64_t> throttled_for;
    CgroupPressure cpu_pressure, memory_pressure, io_pressure;
};

CgroupState cgroup_state(const target::Target& target);
CgroupState cgroup_details(const target::Target& target);

}  // namespace limpet::commands
