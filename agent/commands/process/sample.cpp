// sample.cpp - where threads spend their time, by looking again and again; stops nobody.
#include "commands/json.h"
#include "commands/process/machine.h"
#include "commands/process/process.h"
#include "commands/session/duration.h"
#include "commands/table.h"
#include "parse/counters.h"
#include "parse/number.h"
#include "parse/syscalls.h"

#include <algorithm>

namespace limpet::commands {
namespace {

// What a thread was at when it was looked at, and how often that was so.
struct Place {
    pid_t pid = 0, tid = 0;
    char state = '?';
    std::string comm, syscall, wchan;
    std::uint64_t count = 0;

    [[nodiscard]] bool same(const Place& other) const {
        return tid == other.tid && state == other.state && syscall == other.syscall &&
               wchan == other.wchan;
    }
};

class Sampler {
public:
    Sampler(Invocation& call, std::vector<Process> processes)
        : call_(call), processes_(std::move(processes)), together_(call.options.has('s')) {}

    void look() {
        for (const auto& process : processes_) {
            // Only a process that is going has no tasks.
            static_cast<void>(each_thread(process, [&](Process& thread) { add(process, thread); }));
        }
        ++looks_;
    }

    int report() {
        std::sort(places_.begin(), places_.end(),
                  [](const Place& a, const Place& b) { return a.count > b.count; });
        std::vector<Column> columns{{"percent", Align::right, "%"}, {"pid", Align::right}};
        if (!together_) columns.push_back({"tid", Align::right});
        for (const auto* name : {"comm", "state", "syscall", "wchan"}) columns.push_back({name});
        Table table(call_, std::move(columns));
        for (const auto& place : places_) {
            Cells cells;
            cells.real(static_cast<double>(place.count) * 100 / static_cast<double>(looks_));
            cells.number(place.pid);
            if (!together_) cells.number(place.tid);
            cells.text(place.comm).text({&place.state, 1});
            place.syscall.empty() ? cells.nothing() : cells.text(place.syscall);
            place.wchan.empty() ? cells.nothing() : cells.text(place.wchan);
            table.row(std::move(cells));
        }
        table.finish();
        if (places_.empty()) call_.complain("no thread was seen");
        return call_.status;
    }

private:
    void add(const Process& process, const Process& thread) {
        const auto stat = read_stat(thread);
        if (!stat) return;
        Place place{.pid = process.pid,
                    .tid = together_ ? process.pid : thread.pid,
                    .state = stat->state,
                    .comm = stat->comm,
                    .syscall = syscall(process, thread),
                    .wchan = stat->state == 'R' ? "" : read_wchan(thread)};
        auto known = std::find_if(places_.begin(), places_.end(),
                                  [&](const Place& other) { return other.same(place); });
        // Threads that come and go for ever must not fill the memory.
        constexpr std::size_t most = 10'000;
        if (known == places_.end()) {
            if (places_.size() == most) return;
            places_.push_back(std::move(place));
            known = places_.end() - 1;
        }
        ++known->count;
    }

    // "read(3 socket:[17])"; empty outside of any, or when nobody may know.
    std::string syscall(const Process& process, const Process& thread) {
        const auto text = read_small(thread, "syscall");
        if (!text) return {};
        const auto [running, number, first] = parse::task_syscall(*text);
        if (number < 0) return {};
        const auto& table = parse::syscalls();
        const auto index = static_cast<std::size_t>(number);
        if (index >= table.size() || table[index].name.empty()) return std::to_string(number);
        std::string name(table[index].name);
        if (first && (table[index].kinds.starts_with('f'))) {
            const auto fd = std::to_string(static_cast<std::uint32_t>(*first));
            name += '(';
            name += fd;
            if (const auto link = process.at.readlink("fd/" + fd)) {
                name += ' ';
                name += *link;
            }
            name += ')';
        }
        return name;
    }

    Invocation& call_;
    std::vector<Process> processes_;
    bool together_;
    std::vector<Place> places_;
    std::uint64_t looks_ = 0;
};

int run(Invocation& call) {
    std::uint64_t looks = 100;
    double pause = 0.01;
    if (const auto value = call.options.value('n')) {
        looks = parse::number<std::uint64_t>(*value).value_or(0);
        if (looks == 0) return call.misused("-n takes a number");
    }
    if (const auto value = call.options.value('i')) {
        const auto given = duration(std::string(*value));
        if (!given) return call.misused("-i takes seconds");
        pause = *given;
    }
    auto processes = operand_processes(call);
    if (processes.empty()) return 1;
    Sampler sampler(call, std::move(processes));
    for (std::uint64_t look = 0; look < looks; ++look) {
        if (look > 0) pause_for(pause);
        sampler.look();
    }
    return sampler.report();
}

constexpr Option options[]{
    {'n', "count", "N", "look N times (100)"},
    {'i', "interval", "S", "every S seconds (0.01)"},
    {'s', "sum", "", "the threads of a process together"},
    json_option,
};

constexpr Command sample{
    .name = "sample",
    .usage = "[-s] [-n N] [-i S] [-o json] [PID...]",
    .summary = "show where threads spend their time, by looking again and again",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Without PID, of the target's main process. Nothing is stopped: each look reads the "
        "state,\n"
        "the system call (with the descriptor that it is about) and where in the kernel the "
        "thread\n"
        "waits. A row with neither is a thread that computes. With -s more than 100 % are several\n"
        "threads at the same.\n"
        "JSON fields: percent, pid, tid (without -s), comm, state, syscall, wchan (null: none).\n"
        "\nExample:\n  sample -n 200 1\n",
};
const Register registered{sample};

}  // namespace
}  // namespace limpet::commands
