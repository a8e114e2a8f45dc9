// process/machine.h - the machine as /proc/stat, meminfo, loadavg and uptime tell of it.
#pragma once

#include "parse/counters.h"
#include "target/target.h"

#include <cstdint>
#include <string>
#include <vector>

namespace limpet::commands {

// KiB, proc_meminfo(5).
struct Memory {
    std::uint64_t total = 0, free = 0, used = 0, available = 0, buffers = 0, cached = 0, shared = 0;
    std::uint64_t swap_total = 0, swap_free = 0, swap_used = 0, active = 0, inactive = 0;
};

struct Machine {
    std::string stat;                   // the text of /proc/stat, for counter()
    std::vector<parse::CpuTimes> cpus;  // all together first, then one by one
    Memory memory;
    double uptime = 0;  // seconds
    std::string loads;  // "0.00, 0.01, 0.05"
};

Result<Machine> read_machine(const target::Target& target);
// "15:34:55 up 1 day,  2:03,  load average: 0.00, 0.01, 0.05"
std::string uptime_text(const Machine& machine);
// The share of each state between two looks at a processor, in per cent.
std::array<double, 10> shares(const parse::CpuTimes& before, const parse::CpuTimes& now);
// Sleeps; never longer than a session lives.
void pause_for(double seconds);

}  // namespace limpet::commands
