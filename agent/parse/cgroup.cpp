// parse/cgroup.cpp - /proc/PID/cgroup, cgroups(7).
#include "parse/cgroup.h"

#include "parse/number.h"

namespace limpet::parse {

std::vector<CgroupLine> cgroup(std::string_view text) {
    std::vector<CgroupLine> lines;
    while (!text.empty()) {
        const auto end = text.find('\n');
        const auto line = text.substr(0, end);
        text = end == text.npos ? std::string_view{} : text.substr(end + 1);
        const auto first = line.find(':');
        const auto second = first == line.npos ? first : line.find(':', first + 1);
        if (second == line.npos) continue;
        const auto hierarchy = number<unsigned>(line.substr(0, first));
        if (!hierarchy) continue;
        CgroupLine entry{*hierarchy, {}, std::string(line.substr(second + 1))};
        auto names = line.substr(first + 1, second - first - 1);
        while (!names.empty()) {
            const auto comma = names.find(',');
            entry.controllers.emplace_back(names.substr(0, comma));
            names = comma == names.npos ? std::string_view{} : names.substr(comma + 1);
        }
        lines.push_back(std::move(entry));
    }
    return lines;
}

std::optional<std::string_view> container_id(std::string_view path) {
    std::optional<std::string_view> found;
    std::size_t run = 0;
    for (std::size_t i = 0; i <= path.size(); ++i) {
        const char byte = i < path.size() ? path[i] : '/';
        if ((byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'f')) {
            ++run;
            continue;
        }
        if (run == 64) found = path.substr(i - 64, 64);
        run = 0;
    }
    return found;
}

}  // namespace limpet::parse
