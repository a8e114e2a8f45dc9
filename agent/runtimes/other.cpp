// runtimes/other.cpp - what no state file tells of: processes in namespaces of their own.
#include "runtimes/other.h"

#include "parse/cgroup.h"
#include "parse/mountinfo.h"
#include "runtimes/docker_socket.h"

#include <unistd.h>

#include <map>
#include <set>

namespace limpet::runtimes::other {
namespace {

constexpr std::uint32_t kernel_thread = 0x00200000;  // PF_KTHREAD of stat's flags

// What is mounted on "/": device and folder of it. Text of the kernel: nothing is asked of the file
// system itself, which may hang.
std::string root_of(const Node& node, pid_t pid) {
    std::string root;
    for (const auto& mount : parse::mountinfo(proc_text(node, pid, "mountinfo"))) {
        if (mount.point != "/") continue;
        root = std::to_string(mount.major) + ":" + std::to_string(mount.minor) + mount.root;
    }
    return root;
}

struct Cgroup {
    std::string runtime, id;
};

Cgroup cgroup_of(const Node& node, pid_t pid) {
    const auto text = proc_text(node, pid, "cgroup");
    for (const auto& line : parse::cgroup(text)) {
        if (const auto who = parse::cgroup_container(line.path)) {
            return {std::string(who->runtime), std::string(who->id)};
        }
    }
    return {};
}

// A service of systemd has a mount namespace of its own as well, with the same root.
bool is_container(const Node& node, pid_t pid, const Namespaces& own, const Namespaces& init,
                  const std::string& init_root) {
    if (own.pid != init.pid) return true;
    if (own.mount == init.mount) return false;
    const auto root = root_of(node, pid);
    return !cgroup_of(node, pid).id.empty() || (!root.empty() && root != init_root);
}

// The oldest process of every pid namespace, or where that is the node's, of every mount namespace,
// that holds no known container.
std::vector<const parse::Stat*> leaders(const Survey& survey, const std::set<std::string>& taken) {
    const auto& node = survey.node();
    const auto init = init_namespaces(node);
    std::map<std::string, const parse::Stat*> oldest;
    if (init.pid.empty() || init.mount.empty()) return {};
    auto init_root = root_of(node, 1);
    if (init_root.empty()) init_root = root_of(node, ::getpid());
    for (const auto& stat : survey.all()) {
        if ((stat.flags & kernel_thread) != 0) continue;
        const auto own = namespaces_of(node, stat.pid);
        if (own.pid.empty() || own.mount.empty()) continue;
        if (own.pid == init.pid && own.mount == init.mount) continue;
        const auto& key = own.pid != init.pid ? own.pid : own.mount;
        if (taken.contains(own.pid) || taken.contains(own.mount)) continue;
        auto& leader = oldest[key];
        if (!leader && !is_container(node, stat.pid, own, init, init_root)) continue;
        if (!leader || stat.starttime < leader->starttime) leader = &stat;
    }
    std::vector<const parse::Stat*> list;
    for (const auto& [key, stat] : oldest) {
        if (stat) list.push_back(stat);
    }
    return list;
}

}  // namespace

void list(const Survey& survey, const std::vector<Container>& known, Found& found) {
    const auto& node = survey.node();
    const auto init = init_namespaces(node);
    std::set<std::string> taken, ids;
    for (const auto& container : known) {
        ids.insert(container.id);
        if (container.pid == 0) continue;
        const auto own = namespaces_of(node, container.pid);
        if (own.pid != init.pid) taken.insert(own.pid);
        if (own.mount != init.mount) taken.insert(own.mount);
    }
    bool ask_docker = false;
    for (const auto* stat : leaders(survey, taken)) {
        Container container;
        auto cgroup = cgroup_of(node, stat->pid);
        // In a known container's cgroup: a sandbox that the application made.
        container.infra = ids.contains(cgroup.id);
        const bool told = !cgroup.id.empty() && !container.infra && !cgroup.runtime.empty();
        container.runtime = told ? cgroup.runtime : "other";
        container.id =
            cgroup.id.empty() || container.infra ? "pid:" + std::to_string(stat->pid) : cgroup.id;
        if (told && container.id.size() != 64) container.name = container.id;
        container.pid = stat->pid;
        container.start_time = stat->starttime;
        container.state = "running";
        ids.insert(container.id);
        ask_docker = ask_docker || container.runtime == "docker";
        found.containers.push_back(std::move(container));
    }
    // Docker's files are out of reach (another root, another mount namespace); its socket may not
    // be.
    if (ask_docker) docker::add_names(node, found.containers);
}

}  // namespace limpet::runtimes::other
