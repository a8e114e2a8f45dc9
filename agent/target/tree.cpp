// target/tree.cpp - a private, read-only clone of a mount namespace's tree.
#include "target/tree.h"

#include "limpet/limits.h"
#include "parse/mountinfo.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/process.h"
#include "target/resolve.h"
#include "target/tree_child.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <string_view>

namespace limpet::target {
namespace {

constexpr unsigned long harmless_flags = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME;

// Mount point -> the mount that is on top there.
Result<std::map<std::string, parse::Mount>> mount_points(BorrowedFd own_procfs) {
    const Fd file = TRY(sys::openat(own_procfs, "self/mountinfo", O_RDONLY));
    const auto text = TRY(sys::read_all(file, limits::large_procfs_file, "/proc/self/mountinfo"));
    std::map<std::string, parse::Mount> points;
    for (auto& mount : parse::mountinfo(text)) points[mount.point] = std::move(mount);
    return points;
}

Result<> make_harmless(BorrowedFd directory, const std::string& path, std::uint64_t attributes) {
    auto set = sys::mount_setattr(directory, path, attributes, MS_PRIVATE);
    if (set || set.error().code != EPERM) return set;
    // mount_namespaces(7): in a copy of a user namespace's mounts their atime mode is locked, and
    // stays what it is. What is read-only has its atimes left alone whatever the mode.
    return sys::mount_setattr(directory, path, attributes & ~MOUNT_ATTR_NOATIME, MS_PRIVATE);
}

// Writing is for files: what is written to the kernel's own file systems (cgroups, sysfs, debugfs)
// acts on the node, and no view of ours reaches that (CVE-2022-0492).
bool stays_read_only(const parse::Mount& mount, View view) {
    return view == View::reading || mount.options.starts_with("ro") || !holds_files(mount.type);
}

// Before Linux 5.12 there is no mount_setattr: every mount by itself. All of this is in a private
// copy of the namespace.
Result<> harmless_one_by_one(BorrowedFd own_procfs, View view) {
    TRY(sys::mount("", "/", "", MS_REC | MS_PRIVATE));
    for (const auto& [point, mount] : TRY(mount_points(own_procfs))) {
        const unsigned long writable = stays_read_only(mount, view) ? 0 : MS_RDONLY;
        TRY(sys::mount("", point, "", MS_REMOUNT | MS_BIND | (harmless_flags & ~writable)));
    }
    return {};
}

// What was set by path is looked at again: the paths were resolved while the target could move
// things about.
Result<> verify(BorrowedFd own_procfs, View view) {
    for (const auto& [point, mount] : TRY(mount_points(own_procfs))) {
        const std::string_view options = mount.options;
        if (!options.substr(std::min<std::size_t>(2, options.size()))
                 .starts_with(",nosuid,nodev,noexec") ||
            (stays_read_only(mount, view) && !options.starts_with("ro"))) {
            return refused("clone tree", "the mount at " + point + " could not be made harmless");
        }
    }
    return {};
}

Result<> make_all_harmless(BorrowedFd own_procfs, View view) {
    const BorrowedFd here(AT_FDCWD);
    const auto attributes = view == View::reading ? harmless : harmless & ~MOUNT_ATTR_RDONLY;
    if (auto set = make_harmless(here, "/", attributes); !set) {
        if (set.error().code != ENOSYS) return set;
        TRY(harmless_one_by_one(own_procfs, view));
        return verify(own_procfs, view);
    }
    if (view == View::reading) return {};
    for (const auto& [point, mount] : TRY(mount_points(own_procfs))) {
        if (stays_read_only(mount, view)) {
            TRY(sys::mount_setattr(here, point, MOUNT_ATTR_RDONLY, 0));
        }
    }
    return verify(own_procfs, view);
}

// In the child, which has no other thread (setns(2) of a mount namespace demands it).
Result<> join_and_clone(BorrowedFd mount_namespace, BorrowedFd uts_namespace, BorrowedFd own_procfs,
                        BorrowedFd cover, View view, BorrowedFd answer) {
    utsname names{};
    if (uts_namespace.get() >= 0) TRY(sys::setns(uts_namespace, CLONE_NEWUTS));
    if (::uname(&names) != 0) return failed("uname", "");

    // From here on "/" is the target's root: no library call may load anything.
    TRY(sys::setns(mount_namespace, CLONE_NEWNS));
    // A copy of the namespace that only this child is in: what is set below reaches nobody.
    TRY(sys::unshare(CLONE_NEWNS));
    TRY(make_all_harmless(own_procfs, view));
    TRY(cover_proc(cover));
    // mount_namespaces(7): a copy for a less privileged user namespace has its flags locked, and a
    // clone of it keeps the locks: EPERM for whoever wants to make it writable, host root included.
    const bool locked = sys::unshare(CLONE_NEWUSER | CLONE_NEWNS).has_value();
    const Fd root = TRY(sys::clone_tree(BorrowedFd(AT_FDCWD), "/"));
    return sys::send_message(answer, (locked ? "L" : "U") + std::string(names.nodename), root);
}

// Opened in the namespace that mounts them: overlayfs clones no mount of another one.
Result<std::vector<Fd>> open_layers(const Layers& layers, const std::string& folder) {
    const BorrowedFd here(AT_FDCWD);
    const Fd base = TRY(sys::openat(here, folder, O_PATH | O_DIRECTORY));
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

// In the child: a mount namespace of its own, in which the layers are open.
Result<std::vector<Fd>> layers_of_own(const Layers& layers) {
    auto base = layers.base;
    // The node's, as a container of it sees them.
    constexpr std::string_view node = "/proc/1/root/";
    if (base.starts_with(node)) {
        const auto space = TRY(sys::openat(BorrowedFd(AT_FDCWD), "/proc/1/ns/mnt", O_RDONLY));
        TRY(sys::setns(space, CLONE_NEWNS));
        base.erase(0, node.size() - 1);
    }
    TRY(sys::unshare(CLONE_NEWNS));
    TRY(sys::mount("", "/", "", MS_REC | MS_PRIVATE));
    return open_layers(layers, base);
}

// A detached mount onto a directory of the child's own namespace, harmless.
Result<> put(BorrowedFd mount, const char* where) {
    const Fd place = TRY(sys::openat(BorrowedFd(AT_FDCWD), where, O_PATH | O_DIRECTORY));
    TRY(sys::move_mount(mount, place));
    return sys::mount_setattr(BorrowedFd(AT_FDCWD), where, harmless, MS_PRIVATE);
}

// /proc becomes the stack. The layers are named by descriptor, relative to where the kernel lists
// them, because mount(2) takes 4 KiB of text and an image may have 125 layers; overlayfs takes
// descriptors themselves only since Linux 6.13.
Result<> stack(std::span<const Fd> folders, bool user) {
    if (folders.size() == 1) {
        // Overlayfs wants two.
        return put(TRY(sys::clone_tree(folders.front(), "")), "/proc");
    }
    if (::chdir("/proc/self/fd") != 0) return failed("chdir", "/proc/self/fd");
    std::string options = "lowerdir=";
    for (const auto& folder : folders) options += std::to_string(folder.get()) + ":";
    options.pop_back();
    if (user) options += ",userxattr";
    TRY(sys::mount("overlay", "/proc", "overlay", harmless_flags, options));
    // As of a running container's tree: read-only and the like for good, see join_and_clone().
    return sys::mount_setattr(BorrowedFd(AT_FDCWD), "/proc", harmless, MS_PRIVATE);
}

Result<> stack_and_clone(const Layers& layers, BorrowedFd answer) {
    TRY(stack(TRY(layers_of_own(layers)), layers.user));
    const bool locked = sys::unshare(CLONE_NEWUSER | CLONE_NEWNS).has_value();
    const Fd root = TRY(sys::clone_tree(BorrowedFd(AT_FDCWD), "/proc"));
    return sys::send_message(answer, locked ? "L" : "U", root);
}

// The container's own layer is a folder as the others are, and its root file system the one mount.
Result<> split_layers(const Layers& layers, BorrowedFd plain) {
    constexpr long overlay_magic = 0x794c7630;
    if (plain.get() >= 0 && TRY(sys::fstatfs(plain)).f_type != overlay_magic) {
        return refused("layers", "its root is no overlay of them");
    }
    const auto folders = TRY(layers_of_own(layers));
    if (folders.size() < 2) return refused("layers", "its files are kept in one folder");
    TRY(put(TRY(sys::clone_mount(folders.front())), "/dev"));
    return stack(std::span(folders).subspan(1), layers.user);
}

Result<> clone_apart(BorrowedFd mount_namespace, const Layers* layers, BorrowedFd answer) {
    const BorrowedFd here(AT_FDCWD);
    Fd plain;
    if (mount_namespace.get() >= 0) {
        // Taken in the target's own namespace, which is not changed by it: in a copy of a user
        // namespace's mounts they are locked together, and none can be had alone.
        const Fd own = TRY(sys::openat(here, "/proc/self/ns/mnt", O_RDONLY));
        TRY(sys::setns(mount_namespace, CLONE_NEWNS));
        plain = TRY(sys::clone_mount(TRY(sys::openat(here, "/", O_PATH | O_DIRECTORY))));
        TRY(make_harmless(plain, "", harmless));
        TRY(sys::setns(own, CLONE_NEWNS));
    }
    const auto split = layers ? split_layers(*layers, plain) : Result<>{};
    if (!layers || !split) {
        TRY(sys::unshare(CLONE_NEWNS));
        TRY(sys::mount("", "/", "", MS_REC | MS_PRIVATE));
    }
    if (plain) TRY(put(plain, "/sys"));
    (void)sys::unshare(CLONE_NEWUSER | CLONE_NEWNS);
    if (layers && split) {
        TRY(sys::send_message(answer, "+", TRY(sys::clone_tree(here, "/proc"))));
        TRY(sys::send_message(answer, "+", TRY(sys::clone_tree(here, "/dev"))));
    }
    const Fd last = TRY(sys::clone_tree(here, plain ? "/sys" : "/proc"));
    return sys::send_message(answer, "L" + (split ? std::string() : text(split.error())), last);
}

}  // namespace

Result<Tree> clone_namespace(BorrowedFd mount_namespace, BorrowedFd uts_namespace,
                             BorrowedFd own_procfs, BorrowedFd cover, View view) {
    return from_child("in the target's mount namespace", [&](BorrowedFd answer) {
        return join_and_clone(mount_namespace, uts_namespace, own_procfs, cover, view, answer);
    });
}

Result<Tree> stack_layers(const Layers& layers) {
    return from_child("of the container's layers",
                      [&](BorrowedFd answer) { return stack_and_clone(layers, answer); });
}

Result<Apart> take_apart(BorrowedFd mount_namespace, const Layers* layers) {
    auto tree = TRY(from_child("of the container's layers", [&](BorrowedFd answer) {
        return clone_apart(mount_namespace, layers, answer);
    }));
    Apart apart{.plain = {}, .image = {}, .written = {}, .reason = std::move(tree.hostname)};
    if (mount_namespace.get() >= 0) apart.plain = std::move(tree.root);
    if (tree.more.size() == 2) {
        apart.image = std::move(tree.more[0]);
        apart.written = std::move(tree.more[1]);
    }
    return apart;
}

Result<Fd> clone_own(const std::string& path) {
    Fd tree = TRY(sys::clone_tree(BorrowedFd(AT_FDCWD), path));
    TRY(make_harmless(tree, "", harmless));
    return tree;
}

}  // namespace limpet::target
