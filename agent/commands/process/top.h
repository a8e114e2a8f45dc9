// process/top.h - one look after another at all tasks, and what top shows of them.
#pragma once

#include "commands/container/cgroup.h"
#include "commands/process/machine.h"
#include "commands/process/names.h"
#include "commands/process/process.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace limpet::commands::top {

struct Task {
    pid_t pid = 0, tid = 0;
    char state = '?';
    std::uint32_t user = 0;  // inside the target's user namespace
    std::int64_t priority = 0, nice = 0;
    std::uint64_t virt = 0, resident = 0, shared = 0;  // KiB
    std::uint64_t ticks = 0, start = 0;
    double cpu = 0;      // per cent of one processor since the look before
    char comm[64] = {};  // longer ones are those of kernel threads, cut by the kernel as well
};

enum class Order : char { cpu = 'P', memory = 'M', time = 'T', pid = 'N', virt = 'v', user = 'u' };

// Larger first, in the order of ids where it is a tie.
struct Before {
    Order order;
    bool reversed;
    bool operator()(const Task* a, const Task* b) const;
};

struct Settings {
    double pause = 3;
    std::uint64_t rounds = UINT64_MAX;
    bool threads = false;
    bool command_lines = false;
    bool idle_too = true;
    bool every_cpu = false;
    bool reversed = false;
    Order order = Order::cpu;
    std::vector<pid_t> pids;
    std::optional<std::uint32_t> user;
};

struct Look {
    Machine machine;
    CgroupState cgroup;
    std::uint64_t ended = 0;  // microseconds of the monotonic clock, when it was taken
    std::vector<Task> tasks;
    std::vector<const Task*> by_id;  // the same, the highest first
};

class Top {
public:
    Top(Invocation& call, Settings settings)
        : call_(call), settings_(settings), names_(call.target) {}

    // The next look; the one before it is what shares are of.
    Result<> refresh();
    // The rows of the head, without line ends.
    std::vector<std::string> head();
    std::string heading() const;
    std::string row(const Task& task);
    // Those to be shown, in their order.
    std::vector<const Task*> chosen();
    void print_json(const std::vector<const Task*>& tasks, std::uint64_t round);
    Settings& settings() { return settings_; }
    ProcessNames& names() { return names_; }

private:
    void share();
    std::string command(const Task& task);
    std::string cpu_line(std::size_t cpu) const;
    [[nodiscard]] std::string cgroup_line() const;
    [[nodiscard]] std::optional<double> cgroup_cpu() const;

    Invocation& call_;
    Settings settings_;
    ProcessNames names_;
    Look before_, now_;
};

// The whole terminal; returns the status to end with.
int interactive(Invocation& call, Top& top);

}  // namespace limpet::commands::top
