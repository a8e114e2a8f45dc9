// process/top_text.cpp - the head and the rows of top.
#include "commands/json.h"
#include "commands/process/top.h"
#include "commands/table.h"
#include "commands/utf8.h"

#include <unistd.h>

#include <cstdio>

namespace limpet::commands::top {
namespace {

// Into a text of the size that fits one line of a head or of a row.
struct Line {
    char text[256];
    std::size_t used = 0;
    template <typename... Values>
    void add(const char* format, Values... values) {
        if (used + 1 >= sizeof text) return;
        const int length = std::snprintf(text + used, sizeof text - used, format, values...);
        if (length > 0) used = std::min(used + static_cast<std::size_t>(length), sizeof text - 1);
    }
    [[nodiscard]] std::string_view view() const { return {text, used}; }
};

// KiB in at most `width` columns: as they are, else in larger units.
void add_size(Line& line, std::uint64_t kib, int width) {
    char text[32];
    int length = std::snprintf(text, sizeof text, "%llu", static_cast<unsigned long long>(kib));
    auto value = static_cast<double>(kib);
    for (const char unit : {'m', 'g', 't', 'p'}) {
        if (length <= width) break;
        value /= 1024;
        for (int decimals = 1; decimals >= 0; --decimals) {
            length = std::snprintf(text, sizeof text, "%.*f%c", decimals, value, unit);
            if (length <= width) break;
        }
    }
    line.add(" %*s", width, text);
}

// Minutes and hundredths of seconds; hours once those do not fit.
void add_time(Line& line, std::uint64_t ticks) {
    const auto hertz = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    const auto seconds = ticks / hertz;
    const auto minutes = static_cast<unsigned long>(seconds / 60);
    const auto rest = static_cast<unsigned>(seconds % 60);
    char text[32];
    if (minutes < 100'000) {
        std::snprintf(text, sizeof text, "%lu:%02u.%02u", minutes, rest,
                      static_cast<unsigned>(ticks % hertz * 100 / hertz));
    } else {
        std::snprintf(text, sizeof text, "%lu,%02lu", minutes / 60, minutes % 60);
    }
    line.add(" %9s ", text);
}

double mib(std::uint64_t kib) { return static_cast<double>(kib) / 1024; }

}  // namespace

std::string Top::cpu_line(std::size_t cpu) const {
    const bool known = cpu < before_.machine.cpus.size();
    const auto part =
        shares(known ? before_.machine.cpus[cpu] : parse::CpuTimes{}, now_.machine.cpus[cpu]);
    Line line;
    cpu == 0 ? line.add("%%Cpu(s):") : line.add("%%Cpu%-3zu:", cpu - 1);
    line.add(" %4.1f us, %4.1f sy, %4.1f ni, %4.1f id, %4.1f wa, %4.1f hi, %4.1f si, %4.1f st",
             part[parse::user], part[parse::system], part[parse::nice], part[parse::idle],
             part[parse::iowait], part[parse::irq], part[parse::softirq], part[parse::steal]);
    return std::string(line.view());
}

std::string Top::cgroup_line() const {
    const auto& cgroup = now_.cgroup;
    Line line;
    line.add("Cgroup  :");
    if (const auto used = cgroup_cpu()) line.add(" %.2f", *used);
    if (cgroup.cpu.limit) {
        line.add(" of %.2f CPUs", static_cast<double>(*cgroup.cpu.limit) / 1000);
    } else {
        line.add(" CPUs");
    }
    if (cgroup.periods.value_or(0) > 0) {
        line.add(" (throttled in %.1f%%)",
                 static_cast<double>(cgroup.throttled_periods.value_or(0)) * 100 /
                     static_cast<double>(*cgroup.periods));
    }
    if (cgroup.memory.used) line.add(", %.1f", mib(*cgroup.memory.used / 1024));
    if (cgroup.memory.limit) line.add(" of %.1f", mib(*cgroup.memory.limit / 1024));
    if (cgroup.memory.used || cgroup.memory.limit) line.add(" MiB");
    if (cgroup.pids.used) {
        line.add(", %llu", static_cast<unsigned long long>(*cgroup.pids.used));
        if (cgroup.pids.limit) {
            line.add(" of %llu", static_cast<unsigned long long>(*cgroup.pids.limit));
        }
        line.add(" pids");
    }
    if (cgroup.oom_kills) {
        line.add(", %llu OOM kills", static_cast<unsigned long long>(*cgroup.oom_kills));
    }
    return std::string(line.view());
}

std::vector<std::string> Top::head() {
    std::uint64_t running = 0, stopped = 0, zombies = 0;
    for (const auto& task : now_.tasks) {
        running += task.state == 'R';
        stopped += task.state == 'T' || task.state == 't';
        zombies += task.state == 'Z';
    }
    const std::uint64_t total = now_.tasks.size();
    std::vector<std::string> rows{"top - " + uptime_text(now_.machine)};
    Line line;
    line.add("%s %3llu total, %3llu running, %3llu sleeping, %3llu stopped, %3llu zombie",
             settings_.threads ? "Threads:" : "Tasks:", static_cast<unsigned long long>(total),
             static_cast<unsigned long long>(running),
             static_cast<unsigned long long>(total - running - stopped - zombies),
             static_cast<unsigned long long>(stopped), static_cast<unsigned long long>(zombies));
    rows.emplace_back(line.view());
    const auto cpus = now_.machine.cpus.size();
    for (std::size_t cpu = settings_.every_cpu && cpus > 1 ? 1 : 0;
         cpu < (settings_.every_cpu ? cpus : 1); ++cpu) {
        rows.push_back(cpu_line(cpu));
    }
    const auto& m = now_.machine.memory;
    line = {};
    line.add("MiB Mem : %8.1f total, %8.1f free, %8.1f used, %8.1f buff/cache", mib(m.total),
             mib(m.free), mib(m.used), mib(m.buffers + m.cached));
    rows.emplace_back(line.view());
    line = {};
    line.add("MiB Swap: %8.1f total, %8.1f free, %8.1f used. %8.1f avail Mem", mib(m.swap_total),
             mib(m.swap_free), mib(m.swap_used), mib(m.available));
    rows.emplace_back(line.view());
    if (!now_.cgroup.version.empty()) rows.push_back(cgroup_line());
    return rows;
}

std::string Top::heading() const {
    return "    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND";
}

// Its command line is read only for rows that are shown; by then the id may be another's.
std::string Top::command(const Task& task) {
    if (!settings_.command_lines) return visible(task.comm);
    const auto process = open_process(call_.target, task.pid);
    if (!process) return visible(task.comm);
    const auto words = joined(read_small(*process, "cmdline").value_or(""));
    const auto stat = read_stat(*process);
    const bool same = stat && (stat->starttime == task.start || task.tid != task.pid);
    return words.empty() || !same ? "[" + visible(task.comm) + "]" : visible(words);
}

std::string Top::row(const Task& task) {
    const auto user = visible(names_.user(task.user));
    Line line;
    line.add("%7d ", task.tid);
    const auto width = text_width(user);
    if (width > 8) {
        line.add("%.7s+", user.c_str());
    } else {
        line.add("%s%*s", user.c_str(), static_cast<int>(8 - width), "");
    }
    task.priority < -99 ? line.add("  rt")
                        : line.add(" %3lld", static_cast<long long>(task.priority));
    line.add(" %3lld", static_cast<long long>(task.nice));
    add_size(line, task.virt, 7);
    add_size(line, task.resident, 6);
    add_size(line, task.shared, 6);
    const auto total = static_cast<double>(now_.machine.memory.total);
    line.add(" %c %5.1f %5.1f", task.state, task.cpu,
             total > 0 ? static_cast<double>(task.resident) * 100 / total : 0.0);
    add_time(line, task.ticks);
    return std::string(line.view()) + command(task);
}

void Top::print_json(const std::vector<const Task*>& tasks, std::uint64_t round) {
    const auto& machine = now_.machine;
    const auto& cgroup = now_.cgroup;
    JsonObject head;
    head.number("round", round).number("tasks", now_.tasks.size()).real("uptime", machine.uptime);
    const auto part =
        shares(before_.ended ? before_.machine.cpus[0] : parse::CpuTimes{}, machine.cpus[0]);
    head.real("cpu_idle", part[parse::idle]).real("cpu_iowait", part[parse::iowait]);
    head.number("memory_total", machine.memory.total).number("memory_used", machine.memory.used);
    const auto optional = [&](const char* name, const std::optional<std::uint64_t>& value) {
        value ? head.number(name, *value) : head.null(name);
    };
    if (const auto cpu = cgroup_cpu()) head.real("cgroup_cpus", *cpu);
    optional("cgroup_millicores", cgroup.cpu.limit);
    optional("cgroup_periods", cgroup.periods);
    optional("cgroup_throttled_periods", cgroup.throttled_periods);
    optional("cgroup_memory", cgroup.memory.used);
    optional("cgroup_memory_limit", cgroup.memory.limit);
    optional("cgroup_oom_kills", cgroup.oom_kills);
    head.line(call_.out);
    const auto hertz = static_cast<double>(::sysconf(_SC_CLK_TCK));
    for (const auto* task : tasks) {
        JsonObject object;
        object.number("round", round).number("pid", task->pid).number("tid", task->tid);
        object.text("user", names_.user(task->user)).number("uid", task->user);
        object.number("priority", task->priority).number("nice", task->nice);
        object.number("virt", task->virt).number("res", task->resident).number("shr", task->shared);
        object.text("state", std::string_view(&task->state, 1)).real("cpu", task->cpu);
        object.real("time", static_cast<double>(task->ticks) / hertz).text("comm", task->comm);
        object.line(call_.out);
    }
}

}  // namespace limpet::commands::top
