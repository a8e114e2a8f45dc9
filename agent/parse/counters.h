// parse/counters.h - procfs files of names and numbers: stat, meminfo, vmstat, io, sched.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace limpet::parse {

// The number behind `name` at the start of a line, with a colon, blanks or both between; nullopt
// when no line has it.
std::optional<std::uint64_t> counter(std::string_view text, std::string_view name);

// One line "name : value"; the name is empty for a line that is neither that nor "name value".
struct NamedValue {
    std::string_view name;
    std::string_view value;
};
NamedValue named_value(std::string_view line);

// /proc/PID/syscall, proc_pid_syscall(5): "running", or a number (-1: in none) and arguments.
struct TaskSyscall {
    bool running = false;
    int number = -1;
    std::optional<std::uint64_t> first;  // argument
};
TaskSyscall task_syscall(std::string_view text);

// Ticks of a processor since boot, proc_stat(5).
enum CpuState { user, nice, system, idle, iowait, irq, softirq, steal, guest, guest_nice };
using CpuTimes = std::array<std::uint64_t, 10>;
// A line "cpu0 1 2 3": what is missing, as on older kernels, is 0. nullopt for any other line.
std::optional<CpuTimes> cpu_times(std::string_view line);

}  // namespace limpet::parse
