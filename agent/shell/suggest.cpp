// shell/suggest.cpp - "did you mean".
#include "shell/suggest.h"

#include "commands/command.h"
#include "shell/builtins.h"
#include "shell/shell.h"

#include <algorithm>

namespace limpet::shell {
namespace {

// Optimal string alignment: a changed, missing, extra or swapped letter counts one.
std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> rows(a.size() + 1,
                                               std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) rows[i][0] = i;
    for (std::size_t j = 0; j <= b.size(); ++j) rows[0][j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t differs = a[i - 1] == b[j - 1] ? 0 : 1;
            auto best =
                std::min({rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + differs});
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
                best = std::min(best, rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    return rows[a.size()][b.size()];
}

}  // namespace

std::vector<std::string> command_names(const Shell& shell) {
    std::vector<std::string> names;
    for (const auto* command : commands::all()) names.emplace_back(command->name);
    for (const auto& builtin : all_builtins()) names.emplace_back(builtin.name);
    for (const auto& [name, definition] : shell.functions) names.push_back(name);
    for (const auto& [name, value] : shell.aliases) names.push_back(name);
    std::ranges::sort(names);
    names.erase(std::ranges::unique(names).begin(), names.end());
    return names;
}

std::string suggest(const Shell& shell, std::string_view name) {
    constexpr std::size_t longest = 32;
    if (name.size() < 2 || name.size() > longest) return {};
    std::string best;
    std::size_t least = name.size() > 3 ? 3 : 2;
    for (auto& candidate : command_names(shell)) {
        const auto far = candidate.size() > longest ? least : distance(name, candidate);
        if (far >= least) continue;
        least = far;
        best = std::move(candidate);
    }
    return best;
}

}  // namespace limpet::shell
