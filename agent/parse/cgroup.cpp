// parse/cgroup.cpp - /proc/PID/cgroup, cgroups(7).
#include "parse/cgroup.h"

#include "parse/number.h"

#include "parse/lines.h"

#include <array>

namespace limpet::parse {
namespace {

// A part of the path that names its runtime: before, and maybe after, the id.
struct Form {
    std::string_view before, after, runtime;
    bool hexadecimal;
};
constexpr std::array forms{
    Form{"docker-", ".scope", "docker", true},
    Form{"cri-containerd-", ".scope", "containerd", true},
    Form{"crio-", ".scope", "crio", true},
    Form{"crio-", "", "crio", true},
    Form{"libpod-", ".scope", "podman", true},
    Form{"libpod-", "", "podman", true},
    Form{"lxc.payload.", "", "lxc", false},
    Form{"machine-", ".scope", "nspawn", false},
    Form{"systemd-nspawn@", ".service", "nspawn", false},
    Form{"", "", "", true},
};

bool is_id(std::string_view word) {
    return word.size() == 64 && word.find_first_not_of("0123456789abcdef") == word.npos;
}

}  // namespace

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

std::optional<CgroupContainer> cgroup_container(std::string_view path) {
    std::optional<CgroupContainer> found;
    std::string_view previous;
    while (!path.empty()) {
        const auto part = take(path, '/');
        for (const auto& form : forms) {
            if (part.size() <= form.before.size() + form.after.size()) continue;
            if (!part.starts_with(form.before) || !part.ends_with(form.after)) continue;
            const auto id = part.substr(form.before.size(),
                                        part.size() - form.before.size() - form.after.size());
            if (form.hexadecimal && !is_id(id)) continue;
            auto runtime = form.runtime;
            // cgroupfs: the folder above says it.
            if (runtime.empty() && previous == "docker") runtime = "docker";
            if (runtime.empty() && previous.starts_with("pod")) runtime = "containerd";
            found = CgroupContainer{runtime, id};
            break;
        }
        if (previous == "lxc" && !part.empty()) found = CgroupContainer{"lxc", part};
        previous = part;
    }
    return found;
}

}  // namespace limpet::parse
