// containers.cpp - list the containers of every runtime on this node.
#include "commands/table.h"
#include "runtimes/container.h"

namespace limpet::commands {
namespace {

Cell text_or_null(const std::string& text) {
    if (text.empty()) return {};
    return text;
}

Cell pid_or_null(pid_t pid) {
    if (pid == 0) return {};
    return std::int64_t{pid};
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    const auto format = call.options.value('o').value_or("table");
    if (format != "table" && format != "json" && format != "wide") {
        return call.misused("-o is table, wide or json");
    }
    const bool table = format == "table";
    const auto found = runtimes::list();

    std::vector<Column> columns{{"id"}, {"name"}, {"runtime"}};
    if (!table) columns.push_back({"pod"});
    columns.push_back({"image"});
    columns.push_back({"pid", Align::right});
    columns.push_back({"state"});
    columns.push_back({"started"});
    Table rows(call, columns);
    for (const auto& container : found.containers) {
        if (container.pid == 0 && !call.options.has('a')) continue;
        std::vector<Cell> cells;
        cells.emplace_back(table ? container.id.substr(0, 12) : container.id);
        cells.emplace_back(container.name);
        cells.emplace_back(container.runtime);
        if (!table) cells.push_back(text_or_null(container.pod));
        cells.push_back(text_or_null(container.image));
        cells.push_back(pid_or_null(container.pid));
        cells.push_back(container.state);
        // To the second: the rest is noise for people.
        cells.push_back(text_or_null(table && container.started.size() > 19
                                         ? container.started.substr(0, 19) + "Z"
                                         : container.started));
        rows.row(std::move(cells));
    }
    rows.finish();

    for (const auto& warning : found.warnings) call.complain(warning);
    if (found.containers.empty() && found.warnings.empty() && !found.looked_in.empty()) {
        std::string places;
        for (const auto& place : found.looked_in) places += (places.empty() ? "" : ", ") + place;
        call.error.write("no container runtime on this machine (looked in " + places +
                         "); pid:N names a process\n");
    }
    return call.status;
}

constexpr Option options[]{
    {'a', "all", "", "also those that are not running"},
    {'o', "output", "FORMAT", "table (default), wide (whole ids, pods) or json"},
};

constexpr Command containers{
    .name = "containers",
    .usage = "[-a] [-o json|wide]",
    .summary = "list the containers of every runtime on this node",
    .theme = "container",
    .promise = Promise::none,
    .run = run,
    .options = options,
    .help =
        "Reads the runtimes' own files; no daemon is asked. A container whose recorded process\n"
        "is gone counts as exited.\n"
        "JSON fields: id, name, runtime, pod (NAMESPACE/NAME or null), image, pid (null when not\n"
        "running), state (running, paused, exited, created), started (RFC 3339 or null).\n",
};
const Register registered{containers};

}  // namespace
}  // namespace limpet::commands
