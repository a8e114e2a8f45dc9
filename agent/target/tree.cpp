// target/tree.cpp - a private, read-only clone of a mount namespace's tree.
#include "target/tree.h"

#include "limpet/limits.h"
#include "parse/mountinfo.h"
#include "parse/number.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/process.h"
#include "target/resolve.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <map>
#include <string_view>

namespace limpet::target {
namespace {

constexpr std::uint64_t harmless = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                                   MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME;
constexpr unsigned long harmless_flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME;

// Mount point -> mount options, of the mount that is on top there.
Result<std::map<std::string, std::string>> mount_points(BorrowedFd own_procfs) {
    const Fd file = TRY(sys::openat(own_procfs, "self/mountinfo", O_RDONLY));
    const auto text = TRY(sys::read_all(file, limits::large_procfs_file, "/proc/self/mountinfo"));
    std::map<std::string, std::string> points;
    for (auto& mount : parse::mountinfo(text)) points[mount.point] = std::move(mount.options);
    return points;
}

Result<> make_harmless(BorrowedFd directory, const std::string& path) {
    auto set = sys::mount_setattr(directory, path, harmless, MS_PRIVATE);
    if (set || set.error().code != EPERM) return set;
    // mount_namespaces(7): in a copy of a user namespace's mounts their atime mode is locked, and
    // stays what it is. What is read-only has its atimes left alone whatever the mode.
    return sys::mount_setattr(directory, path, harmless & ~MOUNT_ATTR_NOATIME, MS_PRIVATE);
}

// Before Linux 5.12 there is no mount_setattr: every mount by itself, and then a look whether it
// took, because the paths were resolved while the target could move things about. All of this is in
// a private copy of the namespace.
Result<> harmless_one_by_one(BorrowedFd own_procfs) {
    TRY(sys::mount("", "/", "", MS_REC | MS_PRIVATE));
    for (const auto& [point, options] : TRY(mount_points(own_procfs))) {
        TRY(sys::mount("", point, "", MS_REMOUNT | MS_BIND | harmless_flags));
    }
    for (const auto& [point, options] : TRY(mount_points(own_procfs))) {
        if (!options.starts_with("ro,nosuid,nodev,noexec")) {
            return refused("clone tree", "the mount at " + point + " could not be made read-only");
        }
    }
    return {};
}

// The paths that lead to /proc without being spelled so (/etc/../proc, find / on its way) must not
// meet the target's lies either. A mount point is always in the kernel's cache, so a file system
// that hangs is not asked; what is not cached, or is a link, stays as it is.
Result<> cover_proc(BorrowedFd cover) {
    const auto place =
        sys::openat2(BorrowedFd(AT_FDCWD), "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW,
                     RESOLVE_NO_SYMLINKS | RESOLVE_CACHED);
    if (!place) return {};
    return sys::move_mount(cover, *place);
}

// In the child, which has no other thread (setns(2) of a mount namespace demands it).
Result<> join_and_clone(BorrowedFd mount_namespace, BorrowedFd uts_namespace, BorrowedFd own_procfs,
                        BorrowedFd cover, BorrowedFd answer) {
    utsname names{};
    if (uts_namespace.get() >= 0) TRY(sys::setns(uts_namespace, CLONE_NEWUTS));
    if (::uname(&names) != 0) return failed("uname", "");

    // From here on "/" is the target's root: no library call may load anything.
    TRY(sys::setns(mount_namespace, CLONE_NEWNS));
    // A copy of the namespace that only this child is in: what is set below reaches nobody.
    TRY(sys::unshare(CLONE_NEWNS));
    auto set = make_harmless(BorrowedFd(AT_FDCWD), "/");
    if (!set) {
        if (set.error().code != ENOSYS) return set;
        TRY(harmless_one_by_one(own_procfs));
    }
    TRY(cover_proc(cover));
    // mount_namespaces(7): a copy for a less privileged user namespace has its flags locked, and a
    // clone of it keeps the locks: EPERM for whoever wants to make it writable, host root included.
    const bool locked = sys::unshare(CLONE_NEWUSER | CLONE_NEWNS).has_value();
    const Fd root = TRY(sys::clone_tree(BorrowedFd(AT_FDCWD), "/"));
    return sys::send_message(answer, (locked ? "L" : "U") + std::string(names.nodename), root);
}

// Opened in the namespace that mounts them: overlayfs clones no mount of another one.
Result<std::vector<Fd>> open_layers(const Layers& layers) {
    const BorrowedFd here(AT_FDCWD);
    const Fd base = TRY(sys::openat(here, layers.base, O_PATH | O_DIRECTORY));
    std::vector<Fd> folders;
    for (const auto& layer : layers.layers) {
        // An additional image store of containers/storage lies elsewhere; a user's must not.
        const bool elsewhere = layer.starts_with('/') && !layers.user;
        folders.push_back(TRY(elsewhere ? sys::openat(here, layer, O_PATH | O_DIRECTORY)
                                        : resolve(base, layer, O_PATH | O_DIRECTORY,
                                                  RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS)));
    }
    return folders;
}

// In the child, whose mount namespace is its own: /proc becomes the stack. The layers are named by
// descriptor, relative to where the kernel lists them, because mount(2) takes 4 KiB of text and an
// image may have 125 layers; overlayfs takes descriptors themselves only since Linux 6.13.
Result<> stack_and_clone(const Layers& layers, BorrowedFd answer) {
    TRY(sys::unshare(CLONE_NEWNS));
    TRY(sys::mount("", "/", "", MS_REC | MS_PRIVATE));
    const auto folders = TRY(open_layers(layers));
    if (folders.size() == 1) {
        // Overlayfs wants two.
        const Fd only = TRY(sys::clone_tree(folders.front(), ""));
        const Fd place = TRY(sys::openat(BorrowedFd(AT_FDCWD), "/proc", O_PATH | O_DIRECTORY));
        TRY(sys::move_mount(only, place));
    } else {
        if (::chdir("/proc/self/fd") != 0) return failed("chdir", "/proc/self/fd");
        std::string options = "lowerdir=";
        for (const auto& folder : folders) options += std::to_string(folder.get()) + ":";
        options.pop_back();
        if (layers.user) options += ",userxattr";
        TRY(sys::mount("overlay", "/proc", "overlay", harmless_flags, options));
    }
    // As of a running container's tree: read-only and the like for good, see join_and_clone().
    TRY(sys::mount_setattr(BorrowedFd(AT_FDCWD), "/proc", harmless, MS_PRIVATE));
    const bool locked = sys::unshare(CLONE_NEWUSER | CLONE_NEWNS).has_value();
    const Fd root = TRY(sys::clone_tree(BorrowedFd(AT_FDCWD), "/proc"));
    return sys::send_message(answer, locked ? "L" : "U", root);
}

// Forks the child that `work` runs in and takes the tree that it sends; `where` is for messages.
Result<Tree> from_child(std::string_view where, const std::function<Result<>(BorrowedFd)>& work) {
    auto [ours, theirs] = TRY(sys::socketpair());
    const pid_t parent = ::getpid();
    const pid_t child = TRY(sys::fork());
    if (child == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(1);
        // Not dumpable before it joins: a process of the target that could see it must not trace it
        // (CVE-2016-9962).
        ::prctl(PR_SET_DUMPABLE, 0);
        auto done = work(theirs);
        if (!done) {
            const auto& error = done.error();
            (void)sys::send_message(theirs, "E" + std::to_string(error.code) + " " +
                                                (error.code ? error.action : error.subject));
        }
        ::_exit(done ? 0 : 1);
    }
    theirs.reset();
    auto answer = sys::receive_message(ours, limits::entry_deadline);
    ::kill(child, SIGKILL);
    (void)sys::wait(child);
    if (!answer) return refused("clone tree", "it took too long " + std::string(where));
    auto& [bytes, fd] = *answer;
    if (!fd || bytes.empty()) {
        const auto space = bytes.find(' ');
        if (!bytes.starts_with('E') || space == bytes.npos) {
            return refused("clone tree", "the process that makes it died " + std::string(where));
        }
        const int code =
            parse::number<int>(std::string_view(bytes).substr(1, space - 1)).value_or(0);
        if (code == 0) return refused("clone tree", bytes.substr(space + 1));
        return failed(bytes.substr(space + 1), where, code);
    }
    return Tree{std::move(fd), bytes.substr(1), bytes.front() == 'L'};
}

}  // namespace

Result<Tree> clone_namespace(BorrowedFd mount_namespace, BorrowedFd uts_namespace,
                             BorrowedFd own_procfs, BorrowedFd cover) {
    return from_child("in the target's mount namespace", [&](BorrowedFd answer) {
        return join_and_clone(mount_namespace, uts_namespace, own_procfs, cover, answer);
    });
}

Result<Tree> stack_layers(const Layers& layers) {
    return from_child("of the container's layers",
                      [&](BorrowedFd answer) { return stack_and_clone(layers, answer); });
}

Result<Fd> clone_own(const std::string& path) {
    Fd tree = TRY(sys::clone_tree(BorrowedFd(AT_FDCWD), path));
    TRY(make_harmless(tree, ""));
    return tree;
}

}  // namespace limpet::target
