// target/pod.cpp - the containers whose processes share our pid namespace.
#include "target/pod.h"

#include "limpet/limits.h"
#include "parse/cgroup.h"
#include "parse/mountinfo.h"
#include "parse/number.h"
#include "parse/stat.h"
#include "target/procfs.h"

#include <algorithm>
#include <functional>

namespace limpet::target {
namespace {

// include/linux/proc_ns.h: the inode of the machine's first pid namespace.
constexpr std::uint64_t first_pid_namespace = 0xEFFFFFFC;

struct Look {
    std::uint32_t root = 0;
    std::string name, id, pod;
};

// "…/pods/UID/containers/NAME/HASH" is the kubelet's termination log, "…/<id>/hostname" Docker's
// and containerd's; "…/sandboxes/<id>/…" is the pod's and no container's.
void read_source(const std::string& source, Look& look) {
    constexpr std::string_view pods = "/pods/", containers = "/containers/";
    if (const auto at = source.find(pods); at != source.npos) {
        const auto begin = at + pods.size();
        const auto end = source.find('/', begin);
        if (end == source.npos) return;
        look.pod = source.substr(begin, end - begin);
        if (source.compare(end, containers.size(), containers) != 0) return;
        const auto first = end + containers.size();
        look.name = source.substr(first, source.find('/', first) - first);
        return;
    }
    if (!look.id.empty() || source.find("/sandboxes/") != source.npos) return;
    if (const auto id = parse::container_id(source)) look.id = *id;
}

Look look_at(const Directory& procfs, const std::string& pid) {
    Look look;
    const auto text = procfs.read(pid + "/mountinfo", limits::large_procfs_file);
    if (!text) return look;
    if (const auto cgroup = procfs.read(pid + "/cgroup", limits::small_file)) {
        for (const auto& line : parse::cgroup(*cgroup)) {
            const auto id = parse::container_id(line.path);
            if (id && look.id.empty()) look.id = *id;
        }
    }
    for (const auto& mount : parse::mountinfo(*text)) {
        // The last one at "/" lies over those before.
        if (mount.point == "/") look.root = mount.id;
        if (mount.type != "overlay") read_source(mount.root, look);
    }
    return look;
}

Member& member_of(std::vector<Member>& list, Look look) {
    for (auto& member : list) {
        if (member.root == look.root) return member;
    }
    return list.emplace_back(Member{.root = look.root,
                                    .pid = 0,
                                    .comm = {},
                                    .name = std::move(look.name),
                                    .id = std::move(look.id),
                                    .pod = std::move(look.pod),
                                    .processes = {}});
}

// By a runtime: it is outside of the namespace, where what it starts has no parent, or in that of
// the node (hostPID), where the parent is in no container or in another one. What is left is a
// sandbox that a process of some container has made for itself.
bool is_started(const Directory& procfs, const Member& member, pid_t parent) {
    if (parent == 0) return true;
    const auto& known = member.processes;
    if (member.name.empty() || std::ranges::find(known, parent) != known.end()) return false;
    const auto look = look_at(procfs, std::to_string(parent));
    return look.name != member.name || look.pod != member.pod;
}

bool is_pause(const Member& member) {
    return member.processes.size() == 1 && (member.comm == "pause" || member.comm == "catatonit");
}

bool matches(const Member& member, std::string_view word) {
    if (word.starts_with("pid:")) {
        const auto pid = parse::number<pid_t>(word.substr(4));
        return pid && std::ranges::find(member.processes, *pid) != member.processes.end();
    }
    return member.name == word || member.comm == word ||
           (word.size() >= 4 && member.id.starts_with(word));
}

std::string listed(const std::vector<const Member*>& members) {
    std::string text;
    for (const auto* member : members) {
        text += (text.empty() ? "" : ", ") + member->shown() + " (pid " +
                std::to_string(member->pid) + ", " + member->comm + ")";
    }
    return text;
}

}  // namespace

std::string Member::shown() const {
    if (!name.empty()) return name;
    return id.empty() ? comm : id.substr(0, 12);
}

Result<std::vector<Member>> members(const Directory& procfs) {
    std::vector<Member> all;
    const auto own = look_at(procfs, "self");
    const auto open = TRY(procfs.open_directory("."));
    Listing listing(open.fd, procfs.name);
    while (const auto entry = TRY(listing.next())) {
        const auto pid = parse::number<pid_t>(entry->name);
        if (!pid) continue;
        const std::string number(entry->name);
        auto look = look_at(procfs, number);
        // A zombie, a process that has gone, or ours.
        if (look.root == 0 || look.root == own.root) continue;
        const auto text = procfs.read(number + "/stat", limits::small_file);
        if (!text) continue;
        const auto parsed = parse::stat(*text);
        if (!parsed) continue;
        auto& member = member_of(all, std::move(look));
        const bool first = !member.started && is_started(procfs, member, parsed->ppid);
        member.processes.push_back(*pid);
        if (member.pid == 0 || first) {
            member.pid = *pid;
            member.comm = parsed->comm;
        }
        member.started = member.started || first;
    }
    // With hostPID the node's other pods are there, too.
    const auto strange = [&](const Member& member) {
        return !own.pod.empty() && !member.pod.empty() && member.pod != own.pod;
    };
    std::erase_if(all, [&](const Member& member) { return !member.started || strange(member); });
    return all;
}

Result<const Member*> choose(const std::vector<Member>& all, std::string_view word) {
    std::vector<const Member*> found;
    for (const auto& member : all) {
        if (!word.empty()) {
            if (matches(member, word)) found.push_back(&member);
            continue;
        }
        if (member.pid == 1 && (!is_pause(member) || all.size() == 1)) return &member;
        // Another debugger is not what one has come for.
        if (member.pid != 1 && member.comm != "limpet-agent") found.push_back(&member);
    }
    // The kubelet's name is the container's own; its program may be that of its neighbours, too.
    const auto other = [&](const Member* member) { return member->name != word; };
    if (!word.empty() && std::ranges::count_if(found, std::not_fn(other)) == 1) {
        std::erase_if(found, other);
    }
    if (found.size() == 1) return found.front();
    if (found.empty() && word.empty()) return nullptr;
    std::vector<const Member*> everybody;
    for (const auto& member : all) everybody.push_back(&member);
    if (found.empty()) {
        return refused("target", "no container '" + std::string(word) +
                                     "' in this pid namespace; there is " +
                                     (all.empty() ? "none" : listed(everybody)));
    }
    return refused("target", "several containers share this pid namespace: " + listed(found),
                   "choose with --target NAME or LIMPET_TARGET=NAME");
}

bool in_first_pid_namespace() {
    const auto own = sys::openat(BorrowedFd(AT_FDCWD), "/proc/self/ns/pid", O_RDONLY);
    const auto status = own ? sys::statx(*own, "", 0) : std::unexpected(own.error());
    return status && status->stx_ino == first_pid_namespace;
}

bool shares_pid_namespace() {
    auto fd = own_procfs();
    if (!fd || in_first_pid_namespace()) return false;
    const Directory procfs{*std::move(fd), "/proc"};
    const auto cgroup = procfs.read("self/cgroup", limits::small_file);
    const auto other = procfs.read("1/cgroup", limits::small_file);
    // Both: a process that has merely unshared its mounts is still at home.
    return cgroup && other && *cgroup != *other &&
           look_at(procfs, "self").root != look_at(procfs, "1").root;
}

}  // namespace limpet::target
