// limits.cpp - resource limits of processes.
#include "limpet/limits.h"
#include "commands/process/process.h"
#include "commands/table.h"
#include "parse/number.h"
#include "parse/process_limits.h"

namespace limpet::commands {
namespace {

// -1, as RLIM_INFINITY reads as a signed number, would be a trap: no limit is null.
Cell value(bool json, const std::string& text) {
    const auto parsed = parse::number<std::uint64_t>(text);
    if (parsed) return *parsed;
    if (json) return {};
    return text;
}

int run(Invocation& call) {
    const auto processes = operand_processes(call);
    const bool several = processes.size() > 1;
    std::vector<Column> columns;
    if (several || call.json()) columns.push_back({"pid", Align::right});
    columns.push_back({"limit"});
    columns.push_back({"soft", Align::right});
    columns.push_back({"hard", Align::right});
    columns.push_back({"units"});
    Table table(call, std::move(columns));
    for (const auto& process : processes) {
        const auto text = process.at.read("limits", limits::small_file);
        if (!text) {
            call.complain(text.error());
            continue;
        }
        for (const auto& limit : parse::process_limits(*text)) {
            std::vector<Cell> cells;
            if (several || call.json()) cells.emplace_back(std::int64_t{process.pid});
            cells.emplace_back(limit.name);
            cells.push_back(value(call.json(), limit.soft));
            cells.push_back(value(call.json(), limit.hard));
            cells.emplace_back(limit.units);
            table.row(std::move(cells));
        }
    }
    table.finish();
    return call.status;
}

constexpr Option options[]{json_option};

constexpr Command limits_command{
    .name = "limits",
    .usage = "[-o json] [PID...]",
    .summary = "show resource limits of processes",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Without PID, of the target's main process. getrlimit(2) explains each.\n"
        "JSON fields: pid, limit (\"Max open files\"), soft and hard (null: unlimited), units.\n"
        "\nExample:\n  limits 1\n",
};
const Register registered{limits_command};

}  // namespace
}  // namespace limpet::commands
