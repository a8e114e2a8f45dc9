// runtimes/lxc.cpp - the containers of LXC and of systemd-nspawn: whole systems by a name.
#include "runtimes/lxc.h"

#include "parse/cgroup.h"

#include <algorithm>

namespace limpet::runtimes::lxc {
namespace {

constexpr std::string_view monitor = "[lxc monitor] ";
constexpr std::string_view lxc_root = "/var/lib/lxc";
constexpr std::string_view machines = "/var/lib/machines";

bool is_known(const Found& found, std::string_view runtime, const std::string& store,
              const std::string& name) {
    return std::ranges::any_of(found.containers, [&](const Container& container) {
        return container.runtime == runtime && container.name == name && container.store == store;
    });
}

Container named(std::string_view runtime, const std::string& name, std::string store) {
    Container container;
    container.runtime = runtime;
    container.id = container.name = name;
    container.store = std::move(store);
    container.driver = "directory";
    container.layer = name;
    container.state = "stopped";
    return container;
}

void run(Container& container, const parse::Stat& stat) {
    container.pid = stat.pid;
    container.start_time = stat.starttime;
    container.state = "running";
}

// "[lxc monitor] /var/lib/lxc web": the container's init is its child, its folder wherever it says.
void list_monitors(const Survey& survey, Found& found) {
    for (const auto& stat : survey.all()) {
        if (stat.comm != "lxc-start" && !stat.comm.starts_with("[lxc monitor")) continue;
        const auto words = survey.words(stat.pid);
        if (words.empty() || !words[0].starts_with(monitor)) continue;
        const auto uid = survey.uid(stat.pid);
        if (uid == 0 && !survey.trusted(stat.pid)) continue;
        const auto rest = words[0].substr(monitor.size());
        const auto space = rest.rfind(' ');
        const auto* init = survey.first_child(stat.pid);
        if (space == rest.npos || !init) continue;
        auto container = named("lxc", rest.substr(space + 1), rest.substr(0, space));
        if (uid != 0) container.user = std::to_string(uid);
        run(container, *init);
        found.containers.push_back(std::move(container));
    }
}

void list_stopped(const Node& node, Found& found) {
    const auto names = entries(node, std::string(lxc_root));
    for (const auto& name : names.value_or(std::vector<std::string>{})) {
        if (is_known(found, "lxc", std::string(lxc_root), name)) continue;
        if (!read_state(node, std::string(lxc_root) + "/" + name + "/config", state_limit)) {
            continue;
        }
        found.containers.push_back(named("lxc", name, std::string(lxc_root)));
    }
}

// The name that systemd-nspawn was told, or else that of the folder it was given.
std::string machine_name(const std::vector<std::string>& words) {
    if (auto name = option_value(words, {"--machine", "-M"}); !name.empty()) return name;
    auto folder = option_value(words, {"--directory", "-D", "--image", "-i"});
    while (folder.size() > 1 && folder.ends_with('/')) folder.pop_back();
    return folder.substr(folder.rfind('/') + 1);
}

void list_machines(const Survey& survey, Found& found) {
    // comm is cut to 15 bytes.
    for (const pid_t pid : survey.daemons("systemd-nspawn")) {
        const auto* leader = survey.first_child(pid);
        auto name = machine_name(survey.words(pid));
        if (!leader || name.empty()) continue;
        // It forks helpers first; the container is the one in another pid namespace.
        for (const auto& stat : survey.all()) {
            if (stat.ppid != pid) continue;
            if (proc_link(survey.node(), stat.pid, "ns/pid") !=
                proc_link(survey.node(), pid, "ns/pid")) {
                leader = &stat;
            }
        }
        auto container = named("nspawn", name, std::string(machines));
        run(container, *leader);
        found.containers.push_back(std::move(container));
    }
    const auto names = entries(survey.node(), std::string(machines));
    for (const auto& name : names.value_or(std::vector<std::string>{})) {
        if (is_known(found, "nspawn", std::string(machines), name)) continue;
        if (entries(survey.node(), std::string(machines) + "/" + name)) {
            found.containers.push_back(named("nspawn", name, std::string(machines)));
        }
    }
}

}  // namespace

void list(const Survey& survey, const std::vector<Container>& /*known*/, Found& found) {
    list_monitors(survey, found);
    list_stopped(survey.node(), found);
    list_machines(survey, found);
}

}  // namespace limpet::runtimes::lxc
