// process/top_look.cpp - a look at all tasks, and how busy each was since the one before.
#include "commands/process/top.h"
#include "parse/lines.h"
#include "parse/number.h"
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
    const auto stat = read_stat(process);
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
              .start = stat->starttime};
    stat->comm.copy(task.comm, sizeof task.comm - 1);
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

double key(const Task& task, Order order) {
    switch (order) {
        case Order::cpu: return task.cpu * 10;
        case Order::memory: return static_cast<double>(task.resident);
        case Order::virt: return static_cast<double>(task.virt);
        case Order::time: return static_cast<double>(task.ticks);
        case Order::user: return -static_cast<double>(task.user);
        case Order::pid: break;
    }
    return static_cast<double>(task.tid);
}

}  // namespace

bool Before::operator()(const Task* a, const Task* b) const {
    const auto left = key(*a, order), right = key(*b, order);
    if (left != right) return (left > right) != reversed;
    return a->tid < b->tid;
}

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
    look.by_id.reserve(look.tasks.size());
    for (const auto& task : look.tasks) look.by_id.push_back(&task);
    std::sort(look.by_id.begin(), look.by_id.end(), Before{Order::pid, false});
    std::swap(before_, now_);
    std::swap(now_, look);
    share();
    return {};
}

// The first look has none before it: then it is the share of each task's whole life.
void Top::share() {
    const auto hertz = static_cast<double>(::sysconf(_SC_CLK_TCK));
    const bool first = before_.ended == 0;
    const auto passed = static_cast<double>(now_.ended - before_.ended) / 1e6;
    for (auto& task : now_.tasks) {
        const auto place = std::lower_bound(before_.by_id.begin(), before_.by_id.end(), &task,
                                            Before{Order::pid, false});
        const auto* found = place != before_.by_id.end() ? *place : nullptr;
        const bool known = found && found->tid == task.tid && found->start == task.start &&
                           found->ticks <= task.ticks;
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
    std::sort(list.begin(), list.end(), Before{settings_.order, settings_.reversed});
    return list;
}

std::optional<double> Top::cgroup_cpu() const {
    const auto& [now, before] = std::pair(now_.cgroup.cpu_time, before_.cgroup.cpu_time);
    if (!now || !before || *now < *before || now_.ended <= before_.ended) return std::nullopt;
    return static_cast<double>(*now - *before) / static_cast<double>(now_.ended - before_.ended);
}

}  // namespace limpet::commands::top
