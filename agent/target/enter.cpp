// target/enter.cpp - open a running process's container from outside.
#include "target/enter.h"

#include "limpet/limits.h"
#include "parse/number.h"
#include "sys/mount.h"
#include "sys/process.h"
#include "target/own_scratch.h"
#include "target/procfs.h"
#include "target/trace.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <optional>

namespace limpet::target {
namespace {

// Field 22 of proc_pid_stat(5); comm (field 2) may hold anything, so count from the last ')'.
Result<std::uint64_t> start_time(const Directory& procfs, pid_t pid) {
    const auto text = TRY(procfs.read(std::to_string(pid) + "/stat", 4096));
    std::string_view rest(text);
    rest.remove_prefix(std::min(rest.rfind(')') + 1, rest.size()));
    for (int field = 2; field < 22; ++field) {
        rest.remove_prefix(std::min(rest.find(' ') + 1, rest.size()));
    }
    const auto ticks = parse::number<std::uint64_t>(rest.substr(0, rest.find(' ')));
    if (!ticks) return refused("read /proc/PID/stat", "it has no start time");
    return *ticks;
}

// The line "NSpid:\t4711\t1" of proc_pid_status(5): the last is the pid in its own namespace.
pid_t inner_pid(std::string_view status, pid_t outer) {
    const auto at = status.find("\nNSpid:");
    if (at == status.npos) return outer;
    auto line = status.substr(at + 1);
    line = line.substr(0, line.find('\n'));
    return parse::number<pid_t>(line.substr(line.rfind('\t') + 1)).value_or(outer);
}

// By pidfd where the kernel can (6.11), else through our own /proc.
Result<Fd> namespace_of(BorrowedFd pidfd, const Directory& procfs, pid_t pid,
                        const sys::NamespaceKind& kind) {
    if (pidfd.get() >= 0) {
        auto direct = sys::pidfd_namespace(pidfd, kind);
        if (direct || direct.error().code == ESRCH) return direct;
    }
    // A magic link is what is wanted here: of our own procfs, for a pid that is checked afterwards.
    const auto path = std::to_string(pid) + "/ns/" + kind.name;
    auto opened = sys::openat(procfs.fd, path, O_RDONLY);
    if (!opened && (opened.error().code == EACCES || opened.error().code == EPERM)) {
        opened.error().subject() = "/proc/" + path;
        opened.error().hint() = "run limpet as root";
    }
    return opened;
}

bool same_namespace(BorrowedFd a, BorrowedFd b) {
    struct stat first{}, second{};
    return ::fstat(a.get(), &first) == 0 && ::fstat(b.get(), &second) == 0 &&
           first.st_ino == second.st_ino && first.st_dev == second.st_dev;
}

// After everything was opened: it must still be the process that was asked for.
Result<> verify(const Target& target, const Directory& procfs, std::uint64_t started) {
    if (target.pidfd) {
        if (auto alive = sys::pidfd_send_signal(target.pidfd, 0); !alive) {
            return refused("open " + target.name, "process " + std::to_string(target.pid) +
                                                      " exited while it was being opened");
        }
        return {};
    }
    const auto now = start_time(procfs, target.pid);
    if (!now || *now != started) {
        return refused("open " + target.name, "process " + std::to_string(target.pid) +
                                                  " exited while it was being opened");
    }
    return {};
}

// The node's ids of the target's users; who stands for its root there makes its files.
Result<> own_users(Target& target) {
    const auto pid = std::to_string(target.inner_pid);
    target.uids = parse::idmap(TRY(target.procfs.read(pid + "/uid_map", limits::small_file)));
    target.gids = parse::idmap(TRY(target.procfs.read(pid + "/gid_map", limits::small_file)));
    target.owner = parse::outside(target.uids, 0).value_or(0);
    target.group = parse::outside(target.gids, 0).value_or(0);
    return {};
}

// A second tree beside the one that is read: only commands that promise to modify get to it.
Result<> make_writable(Target& target, BorrowedFd mount, BorrowedFd uts, BorrowedFd own_procfs,
                       BorrowedFd cover) {
    if (any(target.grants & Grant::modify)) {
        auto tree = TRY(clone_namespace(mount, uts, own_procfs, cover, View::writing));
        target.writable = std::move(tree.root);
        return {};
    }
    auto made = overlay_namespace(mount, own_procfs, cover);
    if (!made) {
        // Overlayfs does not take every file system, nor more than two of its own in a stack. What
        // would be written is refused then: the target stays as it is in either case.
        target.grants = target.grants & ~Grant::scratch;
        target.facts.emplace_back("no view", text(made.error()));
        return {};
    }
    auto& view = *made;
    target.below = {std::move(target.root.fd), "/"};
    target.root.fd = std::move(view.root);
    target.writable = std::move(view.writable);
    target.changed = {std::move(view.upper), "scratch"};
    return {};
}

// What is missing is no reason to open nothing.
void set_apart(Target& target, BorrowedFd mount_namespace, const Layers* layers,
               const std::string& without) {
    auto apart = take_apart(mount_namespace, layers);
    const auto reason = !apart ? text(apart.error()) : layers ? apart->reason : without;
    for (auto* part : {&target.plain, &target.image, &target.written}) part->missing = reason;
    if (!apart) return;
    const auto take = [](Directory& part, Fd& fd) {
        if (fd) part = {.fd = std::move(fd), .name = "/"};
    };
    take(target.plain, apart->plain);
    take(target.image, apart->image);
    take(target.written, apart->written);
}

}  // namespace

Result<Target> open_node(const Wanted& wanted) {
    Target target;
    target.mode = Mode::node;
    target.grants = wanted.grants;
    target.name = wanted.name;
    target.pid = wanted.pid;
    target.facts = wanted.facts;
    const Directory procfs{TRY(own_procfs()), "/proc"};
    const auto pid = std::to_string(wanted.pid);

    // The pidfd first: from here on the number cannot come to mean another process unnoticed.
    if (auto pidfd = sys::pidfd_open(wanted.pid)) {
        target.pidfd = *std::move(pidfd);
    } else if (pidfd.error().code != ENOSYS && pidfd.error().code != EPERM) {
        if (pidfd.error().code == ESRCH) {
            return refused("open " + wanted.name, "there is no process " + pid);
        }
        return std::unexpected(pidfd.error());
    }
    auto started = start_time(procfs, wanted.pid);
    if (!started) return refused("open " + wanted.name, "there is no process " + pid);
    if (wanted.start_time != 0 && *started != wanted.start_time) {
        return refused("open " + wanted.name,
                       "pid " + pid + " is another process now: the container has ended");
    }
    target.inner_pid = inner_pid(TRY(procfs.read(pid + "/status", 65536)), wanted.pid);
    target.cgroup = TRY(procfs.read(pid + "/cgroup", 65536));

    const Fd mount = TRY(namespace_of(target.pidfd, procfs, wanted.pid, sys::mount_namespace));
    const Fd pids = TRY(namespace_of(target.pidfd, procfs, wanted.pid, sys::pid_namespace));
    const Fd uts = TRY(namespace_of(target.pidfd, procfs, wanted.pid, sys::uts_namespace));
    target.network = TRY(namespace_of(target.pidfd, procfs, wanted.pid, sys::network_namespace));
    TRY(verify(target, procfs, *started));

    const Fd own_pids = TRY(sys::openat(procfs.fd, "self/ns/pid", O_RDONLY));
    const bool our_pids = same_namespace(pids, own_pids);
    target.procfs = {TRY(new_procfs(pids, our_pids)), "/proc"};
    // One more, because a mount can only be in one place: this one becomes part of the tree.
    const Fd cover = TRY(new_procfs(pids, our_pids));
    auto tree = TRY(clone_namespace(mount, uts, procfs.fd, cover));
    target.root = {std::move(tree.root), "/"};
    target.facts.emplace_back("hostname", std::move(tree.hostname));
    // Whose namespaces the target lives in is `info`'s to say, and ours are out of its sight.
    for (const std::string name : {"cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"}) {
        if (auto own = procfs.readlink("self/ns/" + name)) {
            target.facts.emplace_back("node-" + name, *std::move(own));
        }
    }
    target.facts.emplace_back("tree", tree.locked ? "read-only, locked" : "read-only");

    if (wanted.apart) {
        TRY(own_users(target));
        set_apart(target, mount, wanted.layers ? &*wanted.layers : nullptr, wanted.without_layers);
    }
    if (any(wanted.grants & Grant::trace)) {
        TRY(prepare_trace(target, pids, procfs.fd));
    }
    if (any(wanted.grants & (Grant::modify | Grant::scratch))) {
        TRY(own_users(target));
        const Fd second = TRY(new_procfs(pids, our_pids));
        TRY(make_writable(target, mount, uts, procfs.fd, second));
    }

    // A node without cgroups, or with an unreadable mount, loses `info`'s limits and nothing else.
    if (auto cgroups = clone_own("/sys/fs/cgroup")) {
        target.cgroups = {*std::move(cgroups), "/sys/fs/cgroup"};
    }
    target.null = TRY(sys::openat(BorrowedFd(AT_FDCWD), "/dev/null", O_RDWR));
    target.scratch = {TRY(memory_scratch()), std::string(scratch_path)};
    return target;
}

Result<Target> open_stopped(const Wanted& wanted, const Layers& layers) {
    if (any(wanted.grants & Grant::scratch)) {
        return refused("scratch", "a container that does not run has no copy-on-write view",
                       "without --scratch there is still $LIMPET_SCRATCH to write to");
    }
    Target target;
    target.mode = Mode::node;
    target.grants = wanted.grants & Grant::files;
    target.name = wanted.name;
    target.facts = wanted.facts;
    auto tree = TRY(stack_layers(layers));
    target.root = {std::move(tree.root), "/"};
    target.facts.emplace_back("tree", tree.locked ? "read-only, locked" : "read-only");
    if (wanted.apart) {
        set_apart(target, BorrowedFd(-1), &layers, {});
        target.plain = {.fd = TRY(sys::dup(target.root.fd)), .name = "/"};
    }
    // Nobody runs: what stands for /proc is empty.
    target.procfs = {TRY(sys::new_filesystem("tmpfs", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
                                                          MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)),
                     "/proc"};
    target.scratch = {TRY(memory_scratch()), std::string(scratch_path)};
    target.null = TRY(sys::openat(BorrowedFd(AT_FDCWD), "/dev/null", O_RDWR));
    return target;
}

Result<Target> open_none(Grant grants) {
    Target target;
    target.mode = Mode::none;
    target.grants = grants;
    target.name = "the node";
    target.root = {TRY(sys::openat(BorrowedFd(AT_FDCWD), "/", O_PATH | O_DIRECTORY)), "/"};
    target.procfs = {TRY(own_procfs()), "/proc"};
    target.null = TRY(sys::openat(BorrowedFd(AT_FDCWD), "/dev/null", O_RDWR));
    return target;
}

}  // namespace limpet::target
