// threads.cpp - the threads of processes.
#include "commands/process/process.h"
#include "commands/table.h"

#include <unistd.h>

namespace limpet::commands {
namespace {

void add(Table& table, pid_t pid, const Process& thread) {
    const auto stat = read_stat(thread);
    if (!stat) return;
    const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
    Cells cells;
    cells.number(pid).number(thread.pid).text({&stat->state, 1});
    cells.number(stat->processor).number(stat->nice);
    cells.real(static_cast<double>(stat->utime) / ticks);
    cells.real(static_cast<double>(stat->stime) / ticks);
    const auto wchan = read_wchan(thread);
    wchan.empty() ? cells.nothing() : cells.text(wchan);
    table.row(std::move(cells.text(stat->comm)));
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
    .options = option_table<options>,
    .help =
        "Without PID, of the target's main process. WCHAN is where in the kernel a thread waits.\n"
        "JSON fields: pid, tid, state, cpu (that it last ran on), nice, user_time and system_time\n"
        "(seconds), wchan (null when running or not known), name.\n"
        "\nExample:\n  threads 1\n",
};
const Register registered{threads};

}  // namespace
}  // namespace limpet::commands
