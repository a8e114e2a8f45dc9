// pstree.cpp - processes as a tree of their ancestry.
#include "commands/process/process.h"
#include "commands/process/tree.h"
#include "commands/table.h"
#include "parse/number.h"

namespace limpet::commands {
namespace {

struct Node {
    pid_t pid = 0;
    pid_t parent = 0;
    std::uint64_t threads = 0;
    std::string comm;
    std::vector<std::string> arguments;
};

Result<std::vector<Node>> read_nodes(const target::Target& target) {
    std::vector<Node> nodes;
    TRY(each_process(target, [&](Process& process) {
        const auto text = read_small(process, "stat");
        if (!text) return;
        const auto stat = parse::stat(*text);
        if (!stat) return;
        nodes.push_back({process.pid, stat->ppid, stat->num_threads, stat->comm,
                         split_words(read_small(process, "cmdline").value_or(""))});
    }));
    return nodes;
}

// `root` and what is below it.
std::vector<Node> below(const std::vector<Node>& nodes, const std::vector<TreePlace>& order,
                        pid_t root) {
    std::vector<Node> chosen;
    std::size_t depth = 0;
    bool inside = false;
    for (const auto& place : order) {
        const auto& node = nodes[place.index];
        if (inside && place.last.size() <= depth) break;
        if (node.pid == root && !inside) {
            inside = true;
            depth = place.last.size();
        }
        if (inside) chosen.push_back(node);
    }
    return chosen;
}

std::string label(const Invocation& call, const Node& node) {
    std::string text = visible(node.comm);
    if (call.options.has('p')) text += "(" + std::to_string(node.pid) + ")";
    if (call.options.has('a')) {
        for (std::size_t i = 1; i < node.arguments.size(); ++i) {
            text += ' ' + visible(node.arguments[i]);
        }
    }
    // The main thread is the process itself.
    if (call.options.has('t') && node.threads > 1) {
        text += " {" + std::to_string(node.threads - 1) + " threads}";
    }
    return text;
}

int run(Invocation& call) {
    auto nodes = read_nodes(call.target);
    if (!nodes) {
        call.complain(nodes.error());
        return 1;
    }
    const auto order_of = [](const std::vector<Node>& list) {
        std::vector<TreeNode> plain;
        for (const auto& node : list) plain.push_back({node.pid, node.parent});
        return tree_order(plain);
    };
    if (call.operands.size() > 1) return call.misused("at most one process id");
    if (!call.operands.empty()) {
        const auto pid = parse::number<pid_t>(call.operands[0]);
        if (!pid) return call.misused("'" + call.operands[0] + "' is not a process id");
        nodes = below(*nodes, order_of(*nodes), *pid);
        if (nodes->empty()) {
            call.complain("process " + call.operands[0] + ": there is none in the target");
            return 1;
        }
    }
    Table rows(call, {{"pid"}, {"ppid"}, {"depth"}, {"threads"}, {"comm"}, {"argv"}});
    for (const auto& place : order_of(*nodes)) {
        const auto& node = (*nodes)[place.index];
        if (call.json()) {
            std::vector<Cell> cells;
            cells.emplace_back(std::int64_t{node.pid});
            cells.emplace_back(std::int64_t{node.parent});
            cells.emplace_back(static_cast<std::uint64_t>(place.last.size()));
            cells.emplace_back(node.threads);
            cells.emplace_back(node.comm);
            cells.emplace_back(node.arguments);
            rows.row(std::move(cells));
            continue;
        }
        std::string line;
        for (std::size_t depth = 0; depth + 1 < place.last.size(); ++depth) {
            line += place.last[depth] ? "    " : "|   ";
        }
        if (!place.last.empty()) line += place.last.back() ? "`-- " : "|-- ";
        call.out.write(line + label(call, node) + '\n');
    }
    return call.status;
}

constexpr Option options[]{
    {'p', "show-pids", "", "process ids"},
    {'a', "arguments", "", "arguments of the command lines"},
    {'t', "threads", "", "how many threads each has beside its first"},
    json_option,
};

constexpr Command pstree{
    .name = "pstree",
    .usage = "[-pat] [-o json] [PID]",
    .summary = "show processes as a tree of their ancestry",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "With PID, that process and what is below it. A process whose parent is outside the\n"
        "target's pid namespace is a root.\n"
        "JSON fields: pid, ppid, depth, threads, comm, argv (a list); parents come first.\n"
        "\nExample:\n  pstree -p\n",
};
const Register registered{pstree};

}  // namespace
}  // namespace limpet::commands
