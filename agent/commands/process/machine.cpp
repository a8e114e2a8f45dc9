// process/machine.cpp - the machine as /proc tells of it.
#include "commands/process/machine.h"

#include "commands/session/duration.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "target/deadline.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace limpet::commands {
namespace {

Memory memory_of(std::string_view text) {
    struct Field {
        std::string_view name;
        std::uint64_t Memory::* member;
    };
    constexpr Field fields[]{
        {"MemTotal", &Memory::total},         {"MemFree", &Memory::free},
        {"MemAvailable", &Memory::available}, {"Buffers", &Memory::buffers},
        {"Cached", &Memory::cached},          {"SReclaimable", &Memory::cached},
        {"Shmem", &Memory::shared},           {"SwapTotal", &Memory::swap_total},
        {"SwapFree", &Memory::swap_free},     {"Active", &Memory::active},
        {"Inactive", &Memory::inactive},
    };
    Memory memory;
    for (const auto& [name, member] : fields) {
        memory.*member += parse::counter(text, name).value_or(0);
    }
    // Before Linux 3.14, and in what imitates meminfo.
    if (memory.available == 0) memory.available = memory.free;
    const auto less = [](std::uint64_t a, std::uint64_t b) { return a > b ? a - b : 0; };
    memory.used = less(memory.total, memory.available);
    memory.swap_used = less(memory.swap_total, memory.swap_free);
    return memory;
}

}  // namespace

Result<Machine> read_machine(const target::Target& target) {
    Machine machine;
    machine.stat = TRY(target.procfs.read("stat", limits::small_file));
    machine.memory = memory_of(TRY(target.procfs.read("meminfo", limits::small_file)));
    machine.uptime = std::strtod(TRY(target.procfs.read("uptime", 4096)).c_str(), nullptr);
    std::string_view rest = machine.stat;
    while (const auto times = parse::cpu_times(parse::take_line(rest))) {
        machine.cpus.push_back(*times);
    }
    if (machine.cpus.empty()) return refused("stat", "no processor in it");
    const auto loads = TRY(target.procfs.read("loadavg", 4096));
    rest = loads;
    for (int i = 0; i < 3; ++i) {
        if (i > 0) machine.loads += ", ";
        machine.loads += parse::take_word(rest);
    }
    return machine;
}

std::string uptime_text(const Machine& machine) {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    const auto second = static_cast<int>(now.tv_sec % 86400);
    const auto up = static_cast<unsigned long>(machine.uptime) / 60;
    char text[96];
    int used = std::snprintf(text, sizeof text, "%02d:%02d:%02d up ", second / 3600,
                             second / 60 % 60, second % 60);
    const auto add = [&](const char* format, auto... values) {
        used += std::snprintf(text + used, sizeof text - static_cast<std::size_t>(used), format,
                              values...);
    };
    const auto days = up / 1440;
    if (days > 0) add("%lu day%s, ", days, days == 1 ? "" : "s");
    up / 60 % 24 > 0 ? add("%2lu:%02lu, ", up / 60 % 24, up % 60) : add("%lu min, ", up % 60);
    return text + (" load average: " + machine.loads);
}

std::array<double, 10> shares(const parse::CpuTimes& before, const parse::CpuTimes& now) {
    std::array<double, 10> result{};
    double sum = 0;
    for (std::size_t i = 0; i < result.size(); ++i) {
        // iowait may go backwards, proc_stat(5).
        result[i] = now[i] > before[i] ? static_cast<double>(now[i] - before[i]) : 0;
        // The guests' time is in user and nice already.
        if (i < parse::guest) sum += result[i];
    }
    for (auto& share : result) share = sum > 0 ? share * 100 / sum : 0;
    return result;
}

void pause_for(double seconds) {
    target::deadline::leave();
    auto left = as_timespec(seconds);
    while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
}

}  // namespace limpet::commands
