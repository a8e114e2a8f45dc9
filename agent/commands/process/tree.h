// process/tree.h - processes in the order of their ancestry.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <span>
#include <vector>

namespace limpet::commands {

struct TreeNode {
    pid_t pid;
    pid_t parent;
};

struct TreePlace {
    std::size_t index;  // in what was given
    // Per level below a root: is this branch the last of its parent's? Empty for a root.
    std::vector<bool> last;
};

// Depth first, children in the order given; whoever's parent is not among the nodes is a root.
// Nodes with the same pid (threads) stay together. A cycle, which a snapshot taken while pids are
// reused can show, is broken: every node comes once.
std::vector<TreePlace> tree_order(std::span<const TreeNode> nodes);

}  // namespace limpet::commands
