// target/sidecar.cpp - down the ladder, each rung by trying.
#include "target/sidecar.h"

#include "limpet/limits.h"
#include "parse/cgroup.h"
#include "parse/mountinfo.h"
#include "parse/status.h"
#include "sys/capability.h"
#include "sys/landlock.h"
#include "sys/process.h"
#include "target/own_scratch.h"
#include "target/pod.h"
#include "target/procfs.h"
#include "target/tree.h"

#include <grp.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace limpet::target {
namespace {

struct Identity {
    uid_t uid = 0;
    gid_t gid = 0;
    std::vector<gid_t> groups;

    [[nodiscard]] std::string text() const {
        return std::to_string(uid) + ":" + std::to_string(gid);
    }
    [[nodiscard]] bool same(const Identity& other) const {
        return uid == other.uid && gid == other.gid;
    }
};

struct Climb {
    Target target;
    Directory own;  // /proc, as our container has it
    Identity identity;
    std::uint64_t permitted = 0;  // ours
    std::string reason;           // why it is not a higher rung
    std::string by;               // how it came to this one
};

// File capabilities are permitted and no more: only we know when they are wanted.
std::uint64_t raise_all() {
    const auto held = sys::capget();
    if (!held) return 0;
    (void)sys::capset({.effective = held->permitted, .permitted = held->permitted});
    return held->permitted;
}

Identity identity_of(const parse::Status& status) {
    Identity identity;
    if (status.uid) identity.uid = status.uid->effective;
    if (status.gid) identity.gid = status.gid->effective;
    identity.groups.assign(status.groups.begin(), status.groups.end());
    return identity;
}

Result<> become(const Identity& wanted) {
    TRY(sys::prctl(PR_SET_KEEPCAPS, 1, "PR_SET_KEEPCAPS"));
    if (::setgroups(wanted.groups.size(), wanted.groups.data()) != 0) {
        return failed("setgroups", wanted.text());
    }
    if (::setresgid(wanted.gid, wanted.gid, wanted.gid) != 0) {
        return failed("setresgid", std::to_string(wanted.gid));
    }
    if (::setresuid(wanted.uid, wanted.uid, wanted.uid) != 0) {
        return failed("setresuid", std::to_string(wanted.uid));
    }
    raise_all();
    return {};
}

// The magic link is what is wanted: it leads into the process's mount namespace.
Result<Fd> root_of(const Directory& procfs, pid_t pid) {
    return sys::openat(procfs.fd, std::to_string(pid) + "/root", O_PATH | O_DIRECTORY);
}

// A child tries first, because there is no way back from an identity.
Result<Fd> root_as(const Directory& procfs, pid_t pid, const Identity& identity) {
    auto [ours, theirs] = TRY(sys::socketpair());
    const pid_t child = TRY(sys::fork());
    if (child == 0) {
        ::prctl(PR_SET_DUMPABLE, 0);
        auto taken = become(identity);
        auto root = taken ? root_of(procfs, pid) : std::unexpected(taken.error());
        const auto sent = root ? sys::send_message(theirs, "R", *root)
                               : sys::send_message(theirs, std::to_string(root.error().code) +
                                                               root.error().action());
        ::_exit(sent ? 0 : 1);
    }
    theirs.reset();
    auto answer = sys::receive_message(ours, limits::entry_deadline);
    ::kill(child, SIGKILL);
    (void)sys::wait(child);
    if (!answer || !answer->fd) return failed("take", identity.text(), EPERM);
    return std::move(answer->fd);
}

// Rung A. Our procfs is a read-only copy of the container's own: a new one may not be mounted where
// parts of /proc are masked.
Result<> join(Climb& climb) {
    auto& target = climb.target;
    const auto place = std::to_string(target.pid) + "/ns/";
    const Fd mount = TRY(sys::openat(climb.own.fd, place + "mnt", O_RDONLY));
    const Fd uts = TRY(sys::openat(climb.own.fd, place + "uts", O_RDONLY));
    Fd procfs = TRY(clone_own("/proc"));
    const Fd cover = TRY(clone_own("/proc"));
    auto tree = TRY(clone_namespace(mount, uts, climb.own.fd, cover));
    target.rung = 'A';
    if (auto scratch = memory_scratch()) {
        target.scratch = {*std::move(scratch), std::string(scratch_path)};
    }
    target.root = {std::move(tree.root), "/"};
    if (any(target.grants & Grant::modify)) {
        const Fd second = TRY(clone_own("/proc"));
        auto writing = TRY(clone_namespace(mount, uts, climb.own.fd, second, View::writing));
        target.writable = std::move(writing.root);
    }
    target.procfs = {std::move(procfs), "/proc"};
    target.facts.emplace_back("hostname", std::move(tree.hostname));
    target.facts.emplace_back("tree", tree.locked ? "read-only, locked" : "read-only");
    if (target.other_network) {
        target.network = TRY(sys::openat(climb.own.fd, place + "net", O_RDONLY));
        target.other_network = false;
    }
    return {};
}

// Rungs B and C.
bool look_through(Climb& climb, pid_t pid, const Identity& identity) {
    auto& target = climb.target;
    const bool traces = climb.permitted & sys::bit(CAP_SYS_PTRACE);
    auto root = root_of(climb.own, pid);
    if (root) {
        target.rung = traces ? 'B' : 'C';
        climb.by = traces ? "with CAP_SYS_PTRACE"
                          : "with the same user and group, " + climb.identity.text();
    } else {
        root = root_as(climb.own, pid, identity);
        if (!root || !become(identity)) return false;
        target.rung = 'C';
        climb.by = "after taking its user and group, " + identity.text();
        climb.identity = identity;
    }
    if (pid != target.pid) climb.by += ", through process " + std::to_string(pid);
    target.root = {*std::move(root), "/"};
    return true;
}

Result<parse::Status> status_of(const Directory& procfs, pid_t pid) {
    return parse::status(TRY(procfs.read(std::to_string(pid) + "/status", limits::small_file)));
}

// A main process that has dropped its privileges may be closed to us, and its children not.
bool look_through_any(Climb& climb, const Member& member) {
    constexpr std::size_t at_most = 16;
    std::size_t tried = 0;
    for (const pid_t pid : member.processes) {
        const auto status = status_of(climb.own, pid);
        if (pid == member.pid || !status || ++tried > at_most) continue;
        if (look_through(climb, pid, identity_of(*status))) return true;
    }
    return false;
}

// The kernel's rule, ptrace(2) "Ptrace access mode checking", told for this case.
std::string why_closed(const Climb& climb, const Identity& wanted, const parse::Status& status) {
    constexpr auto taking = sys::bit(CAP_SETUID) | sys::bit(CAP_SETGID);
    if (!climb.identity.same(wanted) && (climb.permitted & taking) != taking) {
        return "its user and group are " + wanted.text() + ", ours " + climb.identity.text() +
               ", and we have neither CAP_SYS_PTRACE nor CAP_SETUID and CAP_SETGID";
    }
    if (status.cap_permitted.value_or(0) & ~climb.permitted) {
        return "it has capabilities that we have not, and we have no CAP_SYS_PTRACE";
    }
    return "it is not dumpable (it changed its user itself, or its program may not be read) or a "
           "security module forbids it, and we have no CAP_SYS_PTRACE";
}

std::string lift_of(char rung, const Identity& target, bool same) {
    switch (rung) {
        case 'A': return {};
        case 'B':
        case 'C':
            return "kubectl debug --profile=sysadmin (docker run --cap-add SYS_ADMIN) gives a "
                   "read-only copy of its files";
        case 'D':
        case 'E': {
            std::string lift =
                "needs kubectl debug --profile=general or sysadmin (docker run --cap-add "
                "SYS_PTRACE)";
            if (same) return lift;
            return lift + ", or runAsUser: " + std::to_string(target.uid) +
                   " and runAsGroup: " + std::to_string(target.gid) + " (docker run --user " +
                   target.text() + ")";
        }
        default:
            return "needs kubectl debug --target=CONTAINER, shareProcessNamespace in the pod, or "
                   "docker run --pid=container:X";
    }
}

std::string guarantee_of(const Target& target) {
    if (target.rung == 'A') return "its files are a read-only copy; Landlock and seccomp beside it";
    const std::string landlock = sys::landlock_abi() > 0 ? "Landlock and " : "";
    if (target.rung == 'B' || target.rung == 'C') {
        return "no read-only copy of its files can be made here: " + landlock +
               "seccomp alone keep every command from writing, and reading may set access times";
    }
    return landlock + "seccomp keep every command from writing";
}

// Every namespace has numbers of its own for its files below /proc/PID/net.
bool same_network(const Directory& procfs, pid_t pid) {
    const auto ours = procfs.stat("self/net/unix", Follow::yes);
    const auto theirs = procfs.stat(std::to_string(pid) + "/net/unix", Follow::yes);
    return !ours || !theirs || ours->stx_ino == theirs->stx_ino;
}

// What is mounted on the target's /sys/fs/cgroup begins at some cgroup, often its own. Paths as we
// see them become paths below that mount; a line without a mount there is left out.
void find_cgroups(Climb& climb) {
    auto& target = climb.target;
    const auto pid = std::to_string(target.pid);
    const auto lines = climb.own.read(pid + "/cgroup", limits::small_file);
    const auto mounts = climb.own.read(pid + "/mountinfo", limits::large_procfs_file);
    if (!lines || !mounts || !target.root.fd) return;
    auto directory = target.root.open_directory("sys/fs/cgroup");
    if (!directory) return;
    target.cgroups = *std::move(directory);
    const auto known = parse::mountinfo(*mounts);
    for (const auto& line : parse::cgroup(*lines)) {
        std::string controllers;
        for (const auto& name : line.controllers) {
            controllers += (controllers.empty() ? "" : ",") + name;
        }
        for (const auto& mount : known) {
            if (!mount.point.starts_with("/sys/fs/cgroup")) continue;
            const bool fits =
                line.hierarchy == 0
                    ? mount.type == "cgroup2"
                    : mount.type == "cgroup" &&
                          ("," + mount.super_options + ",").contains("," + controllers + ",");
            const auto root = mount.root == "/" ? std::string_view{} : std::string_view(mount.root);
            if (!fits || !line.path.starts_with(root)) continue;
            const auto rest = line.path.substr(root.size());
            target.cgroup += std::to_string(line.hierarchy) + ":" + controllers + ":" +
                             (rest.empty() ? "/" : rest) + "\n";
            break;
        }
    }
}

void tell(Climb& climb, const Identity& identity, bool exposed) {
    auto& target = climb.target;
    const auto fact = [&](const char* name, std::string value) {
        if (!value.empty()) target.facts.emplace_back(name, std::move(value));
    };
    const auto lift = lift_of(target.rung, identity, climb.identity.same(identity));
    fact("by", climb.by);
    fact("reason", climb.reason);
    fact("lift", lift);
    fact("guarantee", guarantee_of(target));
    if (exposed && target.rung != 'F') {
        fact("weaker",
             "the agent could be traced as it started, because no_new_privs or its installation "
             "switched the program's set-group-id bit and file capabilities off: a process of the "
             "target that has its user can take it over, so trust what it prints no further than "
             "the "
             "target");
    }
    if (target.root.fd) return;
    target.root.name = "/";
    target.root.missing = target.rung == 'F'
                              ? "no process of the target is in sight here"
                              : "rung " + std::string(1, target.rung) +
                                    ": the target's files are closed to us: " + climb.reason;
    target.root.hint = lift;
}

void climb_down(Climb& climb, const Member& member, const parse::Status& status,
                const Identity& identity) {
    auto& target = climb.target;
    if (climb.permitted & sys::bit(CAP_SYS_ADMIN)) {
        const auto joined = join(climb);
        if (joined) return;
        climb.reason = "joining its mount namespace failed: " + text(joined.error());
    } else {
        climb.reason = "we have no CAP_SYS_ADMIN";
    }
    if (look_through(climb, target.pid, identity) || look_through_any(climb, member)) return;
    climb.reason = why_closed(climb, identity, status);
    const auto executable = climb.own.readlink(std::to_string(target.pid) + "/exe");
    target.rung = executable ? 'D' : 'E';
}

}  // namespace

Result<Target> open_sidecar(const Beside& beside) {
    // A copy-on-write view beside the target would be made here, where the rung allows mounts.
    if (any(beside.grants & Grant::scratch)) {
        return refused("scratch", "there is no copy-on-write view beside the target",
                       "without --scratch there is still $LIMPET_SCRATCH to write to");
    }
    Climb climb;
    auto& target = climb.target;
    target.mode = Mode::sidecar;
    target.grants = beside.grants;
    climb.own = {TRY(own_procfs()), "/proc"};
    climb.permitted = raise_all();
    climb.identity = identity_of(parse::status(TRY(climb.own.read("self/status", 65536))));
    target.null = TRY(sys::openat(BorrowedFd(AT_FDCWD), "/dev/null", O_RDWR));

    const auto all = TRY(members(climb.own));
    const auto* member = TRY(choose(all, beside.container));
    Identity identity = climb.identity;
    if (member) {
        target.name = member->shown();
        target.pid = target.inner_pid = member->pid;
        // Linux before 5.3, or a seccomp profile, has none; its exit is then noticed by ESRCH.
        if (auto pidfd = sys::pidfd_open(member->pid)) target.pidfd = *std::move(pidfd);
        const auto status = TRY(status_of(climb.own, member->pid));
        identity = identity_of(status);
        target.other_network = !same_network(climb.own, member->pid);
        if (!member->id.empty()) target.facts.emplace_back("id", member->id);
        if (!member->pod.empty()) target.facts.emplace_back("pod", member->pod);
        climb_down(climb, *member, status, identity);
        if (!(climb.permitted & sys::bit(CAP_SYS_PTRACE))) {
            target.kept_capabilities = status.cap_permitted.value_or(0) & climb.permitted;
        }
    } else {
        target.name = "pod";
        target.pid = target.inner_pid = ::getpid();
        target.rung = 'F';
    }
    find_cgroups(climb);
    if (!target.procfs.fd) target.procfs = {std::move(climb.own.fd), "/proc"};
    tell(climb, identity, beside.exposed);
    return std::move(target);
}

std::string_view fact(const Target& target, std::string_view name) {
    for (const auto& [known, value] : target.facts) {
        if (known == name) return value;
    }
    return {};
}

std::string_view rung_gives(char rung) {
    switch (rung) {
        case 'A': return "a read-only copy of its files, its processes, its network";
        case 'B':
        case 'C': return "its files, its processes, its network";
        case 'D':
            return "executables, mappings and descriptors of its processes, its network; no files";
        case 'E': return "what everybody may read of its processes, its network; no files";
        default: return "the pod's network only";
    }
}

std::vector<std::string> greeting(const Target& target) {
    const std::string rung = "rung " + std::string(1, target.rung);
    std::string first = target.rung == 'F' ? rung
                                           : "debugging " + target.name + " (pid " +
                                                 std::to_string(target.pid) + ") on " + rung;
    first += ": " + std::string(rung_gives(target.rung));
    if (const auto by = fact(target, "by"); !by.empty()) first += ", " + std::string(by);
    std::vector<std::string> lines{std::move(first)};
    if (target.rung > 'C') {
        auto line = std::string(fact(target, "reason"));
        line += (line.empty() ? "" : "; ") + std::string(fact(target, "lift"));
        lines.push_back(std::move(line));
    }
    if (const auto weaker = fact(target, "weaker"); !weaker.empty()) {
        lines.push_back("weaker: " + std::string(weaker));
    }
    if (target.other_network) {
        lines.emplace_back(std::string("its network namespace is not ours; ") + other_network_hint);
    }
    return lines;
}

}  // namespace limpet::target
