// process/top_look.cpp - a look at all tasks, and how busy each was since the one before.
#include "commands/process/top.h"
#include "parse/lines.h"
#include "parse/number.h"
#include "parse/stat.h"
#include "sys/file.h"

#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <utility>

namespace limpet::commands::top {
namespace {

std::uint64_t clock_microseconds() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec) / 1000;
}

std::optional<Task> read_task(const Process& process, pid_t leader, ProcessNames& names) {
    static const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 1024;
    const auto text = read_small(process, "stat");
    if (!text) return std::nullopt;
    auto stat = parse::stat(*text);
    const auto owner = sys::statx(process.at.fd, "", 0);
    if (!stat || !owner) return std::nullopt;
    Task task{.pid = leader,
              .tid = process.pid,
              .state = stat->state,
              .user = names.inner_uid(owner->stx_uid),
              .priority = stat->priority,
              .nice = stat->nice,
              .virt = stat->vsize / 1024,
              .ticks = stat->utime + stat->stime,
              .start = stat->starttime,
              .comm = std::move(stat->comm)};
    // More exact than stat's rss, which may lag behind, and it knows what is shared.
    if (task.virt > 0) {
        const auto sizes = read_small(process, "statm").value_or("");
        std::string_view rest = sizes;
        parse::take_word(rest);
        task.resident = parse::number<std::uint64_t>(parse::take_word(rest)).value_or(0) * page;
        task.shared = parse::number<std::uint64_t>(parse::take_word(rest)).value_or(0) * page;
    }
    return task;
}

bool by_tid(const Task& a, const Task& b) { return a.tid < b.tid; }

}  // namespace

Result<> Top::refresh() {
    Look look{.machine = TRY(read_machine(call_.target)), .cgroup = cgroup_state(call_.target)};
    look.tasks.reserve(now_.tasks.size());
    const auto add = [&](const Process& process, pid_t leader) {
        if (auto task = read_task(process, leader, names_)) look.tasks.push_back(*std::move(task));
    };
    const auto visit = [&](Process& process) {
        if (!settings_.threads) {
            add(process, process.pid);
            return;
        }
        // Only a process that is going has no tasks.
        static_cast<void>(each_thread(process, [&](Process& thread) { add(thread, process.pid); }));
    };
    if (settings_.pids.empty()) {
        TRY(each_process(call_.target, visit));
    }
    for (const auto pid : settings_.pids) {
        if (auto process = open_process(call_.target, pid)) visit(*process);
    }
    look.ended = clock_microseconds();
    std::ranges::sort(look.tasks, by_tid);
    before_ = std::exchange(now_, std::move(look));
    share(now_.tasks);
    return {};
}

// The first look has none before it: then it is the share of each task's whole life.
void Top::share(std::vector<Task>& tasks) const {
    const auto hertz = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const bool first = before_.ended == 0;
    const auto passed = static_cast<double>(now_.ended - before_.ended) / 1e6;
    for (auto& task : tasks) {
        const auto found = std::ranges::lower_bound(before_.tasks, task, by_tid);
        const bool known = found != before_.tasks.end() && found->tid == task.tid &&
                           found->start == task.start && found->ticks <= task.ticks;
        const auto used = static_cast<double>(task.ticks - (known ? found->ticks : 0)) / hertz;
        const auto age = now_.machine.uptime - static_cast<double>(task.start) / hertz;
        const auto over = first ? age : std::min(passed, known ? passed : age);
        task.cpu = over > 0.01 ? used * 100 / over : 0;
        // Ticks are counted in hundredths of a second: more than all processors is such a rounding.
        const auto most = 100.0 * static_cast<double>(now_.machine.cpus.size() - 1);
        task.cpu = std::min(task.cpu, settings_.threads ? 100.0 : std::max(most, 100.0));
    }
}

std::vector<const Task*> Top::chosen() {
    std::vector<const Task*> list;
    list.reserve(now_.tasks.size());
    for (const auto& task : now_.tasks) {
        if (settings_.user && task.user != *settings_.user) continue;
        if (!settings_.idle_too && task.cpu < 0.05) continue;
        list.push_back(&task);
    }
    // Larger first, but for ids and names; a tie is in the order of ids.
    const auto key = [&](const Task& task) {
        switch (settings_.order) {
            case Order::cpu: return task.cpu * 10;
            case Order::memory: return static_cast<double>(task.resident);
            case Order::virt: return static_cast<double>(task.virt);
            case Order::time: return static_cast<double>(task.ticks);
            case Order::user: return -static_cast<double>(task.user);
            case Order::pid: break;
        }
        return static_cast<double>(task.tid);
    };
    std::ranges::stable_sort(list, [&](const Task* a, const Task* b) {
        return settings_.reversed ? key(*a) < key(*b) : key(*a) > key(*b);
    });
    return list;
}

std::optional<double> Top::cgroup_cpu() const {
    const auto& [now, before] = std::pair(now_.cgroup.cpu_time, before_.cgroup.cpu_time);
    if (!now || !before || *now < *before || now_.ended <= before_.ended) return std::nullopt;
    return static_cast<double>(*now - *before) / static_cast<double>(now_.ended - before_.ended);
}

}  // namespace limpet::commands::top
