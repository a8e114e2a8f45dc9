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
    bool nested = false;  // below the cgroup of a known container
};

Cgroup cgroup_of(const Node& node, pid_t pid, const std::set<std::string>& known) {
    const auto text = proc_text(node, pid, "cgroup");
    for (const auto& line : parse::cgroup(text)) {
        const std::string_view path = line.path;
        const auto last = parse::cgroup_container(path);
        if (!last) continue;
        Cgroup found{std::string(last->runtime), std::string(last->id)};
        // A container may make cgroups of any name below its own.
        for (auto slash = path.find('/', 1); slash != path.npos;
             slash = path.find('/', slash + 1)) {
            const auto part = parse::cgroup_container(path.substr(0, slash));
            found.nested = found.nested || (part && known.contains(std::string(part->id)));
        }
        found.nested = found.nested || known.contains(found.id);
        return found;
    }
    return {};
}

// A service of systemd has a mount namespace of its own as well, with the same root.
bool is_container(const Node& node, pid_t pid, const Namespaces& own, const Home& home,
                  const std::string& init_root) {
    if (own.pid != home.pid) return true;
    if (home.has_mount(own.mount)) return false;
    const auto root = root_of(node, pid);
    return !cgroup_of(node, pid, {}).id.empty() || (!root.empty() && root != init_root);
}

// The oldest process of every pid namespace, or where that is the node's, of every mount namespace,
// that holds no known container.
std::vector<const parse::Stat*> leaders(const Survey& survey, const std::set<std::string>& taken) {
    const auto& node = survey.node();
    const auto home = home_of(node);
    std::map<std::string, const parse::Stat*> oldest;
    if (home.pid.empty()) return {};
    auto init_root = root_of(node, 1);
    if (init_root.empty()) init_root = root_of(node, ::getpid());
    for (const auto& stat : survey.all()) {
        if ((stat.flags & kernel_thread) != 0) continue;
        const auto own = namespaces_of(node, stat.pid);
        if (own.pid.empty() || own.mount.empty()) continue;
        if (home.has(own)) continue;
        const auto& key = own.pid != home.pid ? own.pid : own.mount;
        if (taken.contains(own.pid) || taken.contains(own.mount)) continue;
        auto& leader = oldest[key];
        if (!leader && !is_container(node, stat.pid, own, home, init_root)) continue;
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
    const auto home = home_of(node);
    std::set<std::string> taken, ids;
    for (const auto& container : known) {
        ids.insert(container.id);
        if (container.pid == 0) continue;
        const auto own = namespaces_of(node, container.pid);
        if (own.pid != home.pid) taken.insert(own.pid);
        if (!home.has_mount(own.mount)) taken.insert(own.mount);
    }
    bool ask_docker = false;
    for (const auto* stat : leaders(survey, taken)) {
        Container container;
        const auto cgroup = cgroup_of(node, stat->pid, ids);
        // A sandbox that an application made, or a container in a container.
        container.infra = cgroup.nested;
        const bool told = !cgroup.id.empty() && !cgroup.nested;
        container.runtime = told && !cgroup.runtime.empty() ? cgroup.runtime : "other";
        container.id = told ? cgroup.id : "pid:" + std::to_string(stat->pid);
        // LXC and systemd-nspawn have no ids, but names.
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
