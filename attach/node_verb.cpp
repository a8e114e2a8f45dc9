// node_verb.cpp - kubectl limpet node: a session on a node, or near one of its containers.
#include "attach/start.h"

namespace limpet::attach {
namespace {

int run(const Arguments& arguments) {
    const auto& operands = arguments.operands;
    if (operands.empty()) return misused(node_verb, "NODE is missing");
    if (operands.size() > 2) return misused(node_verb, "NODE, one TARGET on it, and no more");
    auto on_node = arguments;
    on_node.operands = {"node:" + operands[0] + (operands.size() > 1 ? '/' + operands[1] : "")};
    return attach_verb.run(on_node);
}

constexpr Option options[] = {allow_option, allow_only_option};

}  // namespace

constexpr Verb node_verb{
    .name = "node",
    .usage = "[--allow GRANTS] [--allow-only GRANTS] NODE [TARGET]",
    .summary = "an interactive shell on a node, or near one of its containers",
    .options = options,
    .help =
        "The DaemonSet's pod on the node is used where there is one (deploy/kubernetes), else a\n"
        "privileged pod is made, and deleted afterwards. TARGET is what `limpet` takes on the "
        "node\n"
        "itself: a container's name or id, pod:NS/POD/CONTAINER, pid:N; pid:1, the node, without\n"
        "it. Other verbs reach the same by node:NODE/TARGET:\n"
        "\n"
        "  kubectl limpet exec node:worker-1/pid:1 -- ss -ltn\n",
    .in_cluster = true,
    .run = run,
};

}  // namespace limpet::attach
