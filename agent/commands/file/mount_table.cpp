// mount_table.cpp - mounts of the target.
#include "commands/file/mount_table.h"

#include "limpet/limits.h"

#include <algorithm>

namespace limpet::commands {

Result<std::vector<parse::Mount>> mount_table(const Invocation& call) {
    // In mode here the process that asks is as good as any; its own /proc/self needs no magic.
    const auto path = std::to_string(call.target.inner_pid) + "/mountinfo";
    const auto text = TRY(call.target.procfs.read(path, limits::large_procfs_file));
    return parse::mountinfo(text);
}

bool TypeFilter::takes(std::string_view type) const {
    if (types.empty()) return true;
    return (std::ranges::find(types, type) != types.end()) != negated;
}

TypeFilter type_filter(const Options& options) {
    TypeFilter filter;
    auto list = options.value('t').value_or(std::string_view{});
    filter.negated = list.starts_with("no");
    if (filter.negated) list.remove_prefix(2);
    while (!list.empty()) {
        const auto comma = list.find(',');
        filter.types.emplace_back(list.substr(0, comma));
        list = comma == list.npos ? std::string_view{} : list.substr(comma + 1);
    }
    return filter;
}

std::string all_options(const parse::Mount& mount) {
    auto options = mount.options;
    std::string_view rest = mount.super_options;
    while (!rest.empty()) {
        const auto comma = rest.find(',');
        const auto word = rest.substr(0, comma);
        rest = comma == rest.npos ? std::string_view{} : rest.substr(comma + 1);
        if (word != "rw" && word != "ro") options += "," + std::string(word);
    }
    return options;
}

const parse::Mount* mount_of(const std::vector<parse::Mount>& mounts, std::string_view path) {
    const parse::Mount* best = nullptr;
    for (const auto& mount : mounts) {
        const std::string_view point = mount.point;
        const bool below =
            path.starts_with(point) &&
            (point == "/" || path.size() == point.size() || path[point.size()] == '/');
        if (below && (!best || point.size() >= best->point.size())) best = &mount;
    }
    return best;
}

}  // namespace limpet::commands
