// seccomp.cpp - whether and how system calls of processes are filtered.
#include "commands/process/process.h"
#include "commands/table.h"
#include "parse/status.h"

namespace limpet::commands {
namespace {

void add(Table& table, const Process& process) {
    const auto text = read_small(process, "status");
    if (!text) return;
    const auto status = parse::status(*text);
    const auto mode = status.seccomp;
    std::vector<Cell> cells{std::int64_t{process.pid}, status.name, Cell{}, Cell{}, Cell{}};
    if (mode) {
        cells[2] = std::string(*mode == 0 ? "off" : *mode == 1 ? "strict" : "filter");
    }
    if (status.seccomp_filters) cells[3] = std::uint64_t{*status.seccomp_filters};
    if (status.no_new_privs) cells[4] = *status.no_new_privs != 0;
    table.row(std::move(cells), mode == 0U ? char{3} : char{0});
}

int run(Invocation& call) {
    Table table(
        call,
        {{"pid", Align::right}, {"name"}, {"mode"}, {"filters", Align::right}, {"no_new_privs"}});
    if (call.options.has('a')) {
        const auto seen = each_process(call.target, [&](Process& process) { add(table, process); });
        if (!seen) call.complain(seen.error());
    } else {
        for (const auto& process : operand_processes(call)) add(table, process);
    }
    table.finish();
    return call.status;
}

constexpr Option options[]{
    {'a', "all", "", "every process"},
    json_option,
};

constexpr Command seccomp{
    .name = "seccomp",
    .usage = "[-a] [-o json] [PID...]",
    .summary = "show whether system calls of processes are filtered",
    .theme = "container",
    .promise = Promise::processes,
    .run = run,
    .options = options,
    .help =
        "Without PID, of the target's main process.\n"
        "JSON fields: pid, name, mode (off, strict, filter), filters (how many lie over one "
        "another; null\nbefore Linux 5.9), no_new_privs.\n"
        "\nExample:\n  seccomp -a\n",
};
const Register registered{seccomp};

}  // namespace
}  // namespace limpet::commands
