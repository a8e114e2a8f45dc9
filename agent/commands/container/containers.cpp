// containers.cpp - list the containers of every runtime on this node.
#include "commands/table.h"
#include "runtimes/container.h"

#include <algorithm>

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

Cell restarts_or_null(const std::optional<std::uint32_t>& count) {
    if (!count) return {};
    return std::int64_t{*count};
}

std::vector<std::string> label_words(const parse::Labels& labels) {
    std::vector<std::string> words;
    for (const auto& [name, value] : labels) words.push_back(name + "=" + value);
    return words;
}

// One without a name is known by its main process only: [comm], as ps has it.
std::string name_for_people(const runtimes::Container& container) {
    if (!container.name.empty()) return container.name;
    return "[" + container.command + "]";
}

bool is_shown(const runtimes::Container& container, bool all) {
    return all || (container.pid != 0 && !container.infra);
}

std::vector<Cell> short_row(const runtimes::Container& container, bool pods) {
    // To the second: the rest is noise for people.
    const auto started =
        container.started.size() > 19 ? container.started.substr(0, 19) + "Z" : container.started;
    std::vector<Cell> cells{container.id.substr(0, 12), name_for_people(container),
                            container.runtime};
    if (pods) cells.push_back(text_or_null(container.pod));
    cells.insert(cells.end(), {text_or_null(container.image), pid_or_null(container.pid),
                               container.state, text_or_null(started)});
    return cells;
}

std::vector<Cell> whole_row(const runtimes::Container& container, bool json) {
    std::vector<Cell> cells{
        container.id,
        json ? text_or_null(container.name) : Cell(name_for_people(container)),
        container.runtime,
        text_or_null(container.space),
        text_or_null(container.pod),
        text_or_null(container.container),
        text_or_null(container.image),
        pid_or_null(container.pid),
        container.state,
        text_or_null(container.started),
        restarts_or_null(container.restarts),
        text_or_null(container.user),
        text_or_null(container.command),
    };
    if (json) {
        cells.emplace_back(container.infra);
        cells.emplace_back(label_words(container.labels));
    }
    return cells;
}

std::vector<Column> columns_of(bool table, bool json, bool pods) {
    std::vector<Column> columns{{"id"}, {"name"}, {"runtime"}};
    if (!table) columns.push_back({"namespace"});
    if (pods || !table) columns.push_back({"pod"});
    if (!table) columns.push_back({"container"});
    columns.insert(columns.end(), {{"image"}, {"pid", Align::right}, {"state"}, {"started"}});
    if (table) return columns;
    columns.insert(columns.end(), {{"restarts", Align::right}, {"user"}, {"command"}});
    if (json) columns.insert(columns.end(), {{"infra"}, {"labels"}});
    return columns;
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    if (call.target.mode == target::Mode::sidecar) {
        call.complain("a container beside its target sees no runtime; on the node it works");
        return 1;
    }
    const auto format = call.options.value('o').value_or("table");
    if (format != "table" && format != "json" && format != "wide") {
        return call.misused("-o is table, wide or json");
    }
    const bool table = format == "table";
    const bool json = format == "json";
    const bool all = call.options.has('a');
    auto found = runtimes::list(runtimes::this_node());
    const bool none = found.containers.empty();
    std::erase_if(found.containers, [&](const auto& one) { return !is_shown(one, all); });
    const bool pods =
        std::ranges::any_of(found.containers, [](const auto& one) { return !one.pod.empty(); });

    Table rows(call, columns_of(table, json, pods));
    for (const auto& container : found.containers) {
        rows.row(table ? short_row(container, pods) : whole_row(container, json));
    }
    rows.finish();

    for (const auto& warning : found.warnings) call.complain(visible(warning));
    if (none && found.warnings.empty() && !found.looked_in.empty()) {
        std::string places;
        for (const auto& place : found.looked_in) places += (places.empty() ? "" : ", ") + place;
        call.error.write("no container runtime on this machine (looked in " + places +
                         "); pid:N names a process\n");
    }
    return call.status;
}

constexpr Option options[]{
    {'a', "all", "", "also those that do not run, and pods' infra containers"},
    {'o', "output", "FORMAT", "table (default), wide (whole ids, more columns) or json"},
};

constexpr Command containers{
    .name = "containers",
    .usage = "[-a] [-o json|wide]",
    .summary = "list the containers of every runtime on this node",
    .theme = "container",
    .promise = Promise::none,
    .run = run,
    .options = option_table<options>,
    .help =
        "Docker, podman (of root and of users), CRI-O, containerd (all its namespaces), LXC,\n"
        "systemd-nspawn, runc and crun, from their own files: no daemon need run. What no file "
        "tells\n"
        "of is found by its namespaces; its name, then, is its main process: [NAME]. A container\n"
        "whose recorded process is gone, or is another one by now, counts as not running.\n"
        "JSON fields: id, name (or null), runtime (docker, podman, crio, containerd, lxc, nspawn, "
        "runc,\n"
        "crun, other), namespace (containerd's), pod (NAMESPACE/NAME), container (its name in the "
        "pod),\n"
        "image, pid (null when not running), state (running, paused, exited, created, stopped),\n"
        "started (RFC 3339), restarts, user (uid of the user whose it is, null for root), command\n"
        "(of the main process), infra (true or false), labels (list of NAME=VALUE).\n"
        "\nExample:\n  containers -a\n",
};
const Register registered{containers};

}  // namespace
}  // namespace limpet::commands
