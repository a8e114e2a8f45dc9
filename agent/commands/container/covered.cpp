// container/covered.cpp - what a target has mounted over its own /proc.
#include "commands/container/covered.h"

namespace limpet::commands {

std::string covered_proc(std::span<const parse::Mount> mounts) {
    constexpr std::string_view proc = "/proc";
    std::string found;
    for (const auto& mount : mounts) {
        if (!mount.point.starts_with(proc)) continue;
        const auto rest = std::string_view(mount.point).substr(proc.size());
        const bool whole = rest.empty() && (mount.type != "proc" || mount.root != "/");
        const bool process = rest.size() > 1 && rest[0] == '/' &&
                             ((rest[1] >= '0' && rest[1] <= '9') || rest.starts_with("/self") ||
                              rest.starts_with("/thread-self"));
        // The last one mounted there is what is seen.
        if (rest.empty() && !whole) found.clear();
        if (!whole && !process) continue;
        if (!found.empty()) found += ", ";
        found += mount.point;
        found += " is covered by ";
        found += mount.type;
    }
    return found;
}

}  // namespace limpet::commands
