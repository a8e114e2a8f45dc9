// runtimes/node.cpp - the node's files and processes, as the runtimes' readers see them.
#include "runtimes/node.h"

#include "limpet/limits.h"
#include "parse/cgroup.h"
#include "parse/lines.h"
#include "parse/number.h"
#include "sys/file.h"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>

namespace limpet::runtimes {
namespace {

// A node with more processes has other worries; pid_max is 4 million.
constexpr std::size_t processes_limit = 200'000;

}  // namespace

// Links in the node's files lead to the node's files.
Result<Fd> open_in(const Node& node, const std::string& path, int flags) {
    const BorrowedFd here(AT_FDCWD);
    if (node.prefix.empty() && node.links) return sys::openat(here, path, flags);
    const auto prefix = node.prefix.empty() ? "/" : node.prefix;
    const Fd root = TRY(sys::openat(here, prefix, O_PATH | O_DIRECTORY));
    auto opened =
        sys::openat2(root, path, flags, RESOLVE_IN_ROOT | (node.links ? 0 : RESOLVE_NO_SYMLINKS));
    if (opened || opened.error().code != ENOSYS || !node.links) return opened;
    return sys::openat(here, node.prefix + path, flags);
}

Result<std::string> read_state(const Node& node, const std::string& path, std::size_t limit) {
    // Looked at first: opening a FIFO or a device can do something.
    const Fd place = TRY(open_in(node, path, O_PATH));
    const auto status = TRY(sys::statx(place, "", 0));
    if (!S_ISREG(status.stx_mode)) return refused("read", path + " is no regular file");
    auto text = sys::read_file("/proc/self/fd/" + std::to_string(place.get()), limit);
    if (!text) text.error().subject() = path;
    return text;
}

Result<std::vector<std::string>> entries(const Node& node, const std::string& folder) {
    const Fd place = TRY(open_in(node, folder, O_PATH));
    const auto path = "/proc/self/fd/" + std::to_string(place.get());
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir(path.c_str()), ::closedir);
    if (!stream) return failed("read", folder);
    std::vector<std::string> names;
    while (const auto* entry = ::readdir(stream.get())) {
        if (entry->d_name[0] == '.') continue;
        if (names.size() >= entries_limit) break;
        names.emplace_back(entry->d_name);
    }
    std::ranges::sort(names);
    return names;
}

std::string proc_text(const Node& node, pid_t pid, std::string_view file) {
    const auto path = node.prefix + "/proc/" + std::to_string(pid) + "/" + std::string(file);
    return sys::read_file(path, limits::small_file).value_or("");
}

std::string proc_link(const Node& node, pid_t pid, std::string_view link) {
    const auto path = node.prefix + "/proc/" + std::to_string(pid) + "/" + std::string(link);
    return sys::readlinkat(BorrowedFd(AT_FDCWD), path).value_or("");
}

Namespaces namespaces_of(const Node& node, pid_t pid) {
    return {.pid = proc_link(node, pid, "ns/pid"), .mount = proc_link(node, pid, "ns/mnt")};
}

Home home_of(const Node& node) {
    const auto init = namespaces_of(node, 1);
    // In a test the fixtures have no process of ours.
    const auto own = node.prefix.empty() ? namespaces_of(node, ::getpid()) : init;
    // Where init does not let itself be looked at, we stand beside it.
    return {.pid = init.pid.empty() ? own.pid : init.pid, .mounts = {init.mount, own.mount}};
}

bool Home::has(const Namespaces& namespaces) const {
    return namespaces.pid == pid && has_mount(namespaces.mount);
}

bool Home::has_mount(std::string_view mount) const {
    return !mount.empty() && (mount == mounts[0] || mount == mounts[1]);
}

Node this_node() {
    Node here;
    const Node node{"/proc/1/root"};
    const auto has_runtime = [](const Node& where) {
        constexpr std::array folders{"/run/containerd", "/run/docker",         "/run/crio",
                                     "/run/podman",     "/var/lib/containerd", "/var/lib/docker",
                                     "/var/lib/lxc",    "/var/lib/containers", "/var/lib/machines"};
        return std::ranges::any_of(folders, [&](const char* folder) {
            return open_in(where, folder, O_PATH).has_value();
        });
    };
    return !has_runtime(here) && has_runtime(node) ? node : here;
}

Survey::Survey(const Node& node) : node_(node) {
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir((node.prefix + "/proc").c_str()),
                                                     ::closedir);
    if (!stream) return;
    while (const auto* entry = ::readdir(stream.get())) {
        const auto pid = parse::number<pid_t>(entry->d_name);
        if (!pid || all_.size() >= processes_limit) continue;
        auto stat = parse::stat(proc_text(node, *pid, "stat"));
        // What has ended and only waits for its parent is no container any more.
        if (stat && stat->state != 'Z' && stat->state != 'X') all_.push_back(*std::move(stat));
    }
    std::ranges::sort(all_, {}, &parse::Stat::pid);
}

const parse::Stat* Survey::find(pid_t pid) const {
    const auto place = std::ranges::lower_bound(all_, pid, {}, &parse::Stat::pid);
    return place != all_.end() && place->pid == pid ? &*place : nullptr;
}

const parse::Stat* Survey::first_child(pid_t pid) const {
    const parse::Stat* first = nullptr;
    for (const auto& stat : all_) {
        if (stat.ppid == pid && (!first || stat.starttime < first->starttime)) first = &stat;
    }
    return first;
}

std::vector<std::string> Survey::words(pid_t pid) const {
    const auto line = proc_text(node_, pid, "cmdline");
    std::vector<std::string> list;
    std::string_view rest = line;
    while (!rest.empty()) list.emplace_back(parse::take(rest, '\0'));
    return list;
}

uid_t Survey::uid(pid_t pid) const {
    const auto status = proc_text(node_, pid, "status");
    const auto at = status.find("\nUid:\t");
    if (at == status.npos) return static_cast<uid_t>(-1);
    auto rest = std::string_view(status).substr(at + 6);
    // Real, effective: the second.
    parse::take(rest, '\t');
    return parse::number<uid_t>(parse::take(rest, '\t')).value_or(static_cast<uid_t>(-1));
}

bool Survey::trusted(pid_t pid) const {
    return uid(pid) == 0 && home_of(node_).has_mount(namespaces_of(node_, pid).mount);
}

std::vector<pid_t> Survey::daemons(std::string_view comm) const {
    std::vector<pid_t> list;
    for (const auto& stat : all_) {
        if (stat.comm == comm && trusted(stat.pid)) list.push_back(stat.pid);
    }
    return list;
}

std::string option_value(const std::vector<std::string>& words,
                         std::initializer_list<std::string_view> names) {
    std::string value;
    for (std::size_t i = 1; i < words.size(); ++i) {
        const std::string_view word = words[i];
        for (const auto name : names) {
            if (word == name && i + 1 < words.size()) value = words[i + 1];
            if (word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=') {
                value = word.substr(name.size() + 1);
            }
        }
    }
    return value;
}

std::optional<std::uint64_t> verified(const Survey& survey, const Claim& claim) {
    const auto* stat = survey.find(claim.pid);
    if (!stat) return std::nullopt;
    if (claim.start) {
        return *claim.start == stat->starttime ? std::optional(stat->starttime) : std::nullopt;
    }
    const auto text = proc_text(survey.node(), claim.pid, "cgroup");
    for (const auto& line : parse::cgroup(text)) {
        const std::string_view path = line.path;
        const auto last = path.substr(path.rfind('/') + 1);
        if (claim.cgroup.empty() ? false : last == claim.cgroup) return stat->starttime;
        const auto id = parse::container_id(path);
        if (id && *id == claim.cgroup) return stat->starttime;
    }
    return std::nullopt;
}

}  // namespace limpet::runtimes
