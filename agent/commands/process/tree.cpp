// process/tree.cpp - processes in the order of their ancestry.
#include "commands/process/tree.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace limpet::commands {
namespace {

// Deeper ones are drawn at this depth: a chain of 10^5 forks would cost 10^10 bits.
constexpr std::size_t deepest = 256;

}  // namespace

std::vector<TreePlace> tree_order(std::span<const TreeNode> nodes) {
    std::unordered_map<pid_t, std::size_t> first;
    first.reserve(nodes.size());
    for (std::size_t i = 0; i < nodes.size(); ++i) first.emplace(nodes[i].pid, i);

    std::unordered_map<pid_t, std::vector<std::size_t>> children;
    std::vector<std::size_t> roots;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        const bool orphan = nodes[i].parent == nodes[i].pid || !first.contains(nodes[i].parent);
        if (orphan) {
            roots.push_back(i);
        } else {
            children[nodes[i].parent].push_back(i);
        }
    }

    std::vector<TreePlace> order;
    order.reserve(nodes.size());
    std::vector<bool> seen(nodes.size());
    // A stack of our own: a chain of 10^5 forks must not take ours.
    std::vector<TreePlace> stack;
    const auto descend = [&](std::size_t root) {
        stack.push_back({root, {}});
        while (!stack.empty()) {
            TreePlace place = std::move(stack.back());
            stack.pop_back();
            if (seen[place.index]) continue;
            seen[place.index] = true;
            const auto pid = nodes[place.index].pid;
            // Only the first of a process's threads leads to its children.
            const auto below = first[pid] == place.index ? children.find(pid) : children.end();
            if (below != children.end()) {
                auto level = place.last;
                if (level.size() < deepest) level.push_back(true);
                level.back() = true;
                for (auto child = below->second.rbegin(); child != below->second.rend(); ++child) {
                    stack.push_back({*child, level});
                    level.back() = false;
                }
            }
            order.push_back(std::move(place));
        }
    };
    for (const auto root : roots) descend(root);
    for (std::size_t i = 0; i < nodes.size(); ++i) {
        if (!seen[i]) descend(i);
    }
    return order;
}

}  // namespace limpet::commands
