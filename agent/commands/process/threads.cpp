// threads.cpp - the threads of processes.
#include "commands/process/process.h"
#include "commands/table.h"

#include <unistd.h>

namespace limpet::commands {
namespace {

void add(Table& table, pid_t pid, const Process& thread) {
    const auto text = read_small(thread, "stat");
    if (!text) return;
    const auto stat = parse::stat(*text);
    if (!stat) return;
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    std::vector<Cell> cells;
    cells.emplace_back(std::int64_t{pid});
    cells.emplace_back(std::int64_t{thread.pid});
    cells.emplace_back(std::string(1, stat->state));
    cells.emplace_back(std::int64_t{stat->processor});
    cells.emplace_back(stat->nice);
    cells.emplace_back(static_cast<double>(stat->utime) / ticks);
    cells.emplace_back(static_cast<double>(stat->stime) / ticks);
    // "0" is the kernel's word for running, and for not allowed to know.
    const auto wchan = read_small(thread, "wchan").value_or("0");
    cells.emplace_back();
    if (wchan != "0" && !wchan.empty()) cells.back() = wchan;
    cells.emplace_back(stat->comm);
    table.row(std::move(cells));
}

int run(Invocation& call) {
    const auto processes = operand_processes(call);
    Table table(call, {{"pid", Align::right},
                       {"tid", Align::right},
                       {"state"},
                       {"cpu", Align::right},
                       {"nice", Align::right},
                       {"user_time", Align::right, "USER"},
                       {"system_time", Align::right, "SYSTEM"},
                       {"wchan"},
                       {"name"}});
    for (const auto& process : processes) {
        const auto done =
            each_thread(process, [&](Process& thread) { add(table, process.pid, thread); });
        if (!done) call.complain(done.error());
    }
    table.finish();
    return call.status;
}

constexpr Option options[]{json_option};

constexpr Command threads{
    .name = "threads",
    .usage = "[-o json] [PID...]",
    .summary = "list the threads of processes",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = options,
    .help =
        "Without PID, of the target's main process. WCHAN is where in the kernel a thread waits.\n"
        "JSON fields: pid, tid, state, cpu (that it last ran on), nice, user_time and system_time\n"
        "(seconds), wchan (null when running or not known), name.\n"
        "\nExample:\n  threads 1\n",
};
const Register registered{threads};

}  // namespace
}  // namespace limpet::commands
