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

struct CgroupState {
    std::string version;  // "v1", "v2", "hybrid"; empty when it cannot be read
    std::string path;     // of the memory controller, or the unified one
    CgroupLimit memory;   // bytes
    CgroupLimit pids;
    CgroupLimit cpu;  // thousandths of a core; no use: that is a rate
    std::optional<std::uint64_t> oom_kills;
    std::optional<std::uint64_t> periods, throttled_periods;
    std::string cpus;  // "0-3"
};

CgroupState cgroup_state(const target::Target& target);

}  // namespace limpet::commands
