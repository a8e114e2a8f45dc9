// target/overlay.cpp - the copy-on-write view of a mount namespace's tree.
//
// Overlayfs is mounted by the child that has joined, over each file system by itself: an overlay
// shows no submounts of its lower layer. The pieces are put together in a copy of the namespace
// that only the child is in, so that the target's mounts never show any of it.
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
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace limpet::target {
namespace {

// Where the child stands when it mounts overlays. Layers must be mounts of its own namespace, and
// the upper one is ours: so in a copy. But in the copy that a process of the node makes of a user
// namespace's mounts these are locked together, and overlayfs takes none of them; Linux 6.15 takes
// detached ones too, so there it works in the target's own, which is not changed by it.
enum class Stand { copy, original };

constexpr std::uint64_t nowhere_else =
    RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
constexpr unsigned view_attributes =
    MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOATIME;

struct Piece {
    std::string point;
    Fd mount;
};

Result<Fd> make_directory(BorrowedFd directory, const std::string& name) {
    if (::mkdirat(directory.get(), name.c_str(), 0700) != 0) return failed("mkdir", name);
    return sys::openat(directory, name, O_RDONLY | O_DIRECTORY);
}

// The root of an overlay shows what its upper layer's root says of itself.
Result<> dress_as(BorrowedFd upper, const struct statx& lower) {
    if (::fchown(upper.get(), lower.stx_uid, lower.stx_gid) != 0) return failed("chown", "upper");
    if (::fchmod(upper.get(), lower.stx_mode & 07777) != 0) return failed("chmod", "upper");
    const timespec times[]{{lower.stx_atime.tv_sec, lower.stx_atime.tv_nsec},
                           {lower.stx_mtime.tv_sec, lower.stx_mtime.tv_nsec}};
    if (::futimens(upper.get(), times) != 0) return failed("utimens", "upper");
    return {};
}

// An overlay over `lower`, in the folder `number` of the tmpfs. By descriptors' numbers, because
// the working directory is our own /proc/self/fd.
Result<Fd> overlay(BorrowedFd lower, BorrowedFd upper_filesystem, const std::string& number,
                   const std::string& point) {
    const auto status = TRY(sys::statx(lower, "", 0));
    const Fd folder = TRY(make_directory(upper_filesystem, number));
    const Fd upper = TRY(make_directory(folder, "upper"));
    const Fd work = TRY(make_directory(folder, "work"));
    const Fd name = TRY(sys::openat(folder, "point", O_WRONLY | O_CREAT | O_EXCL, 0600));
    TRY(sys::write_all(name, point));
    auto made = sys::new_filesystem("overlay", view_attributes,
                                    {{.name = "lowerdir", .value = std::to_string(lower.get())},
                                     {.name = "upperdir", .value = std::to_string(upper.get())},
                                     {.name = "workdir", .value = std::to_string(work.get())}});
    // After the mount: a mode without x would be in its way.
    if (made) TRY(dress_as(upper, status));
    return made;
}

// The file systems of the tree, each after those that it lies in. What another mount hides is not
// found at its path, nor what the target moves meanwhile: the mount's number tells.
Result<std::vector<Piece>> pieces(BorrowedFd own_procfs, BorrowedFd upper) {
    const Fd file = TRY(sys::openat(own_procfs, "self/mountinfo", O_RDONLY));
    auto mounts = parse::mountinfo(
        TRY(sys::read_all(file, limits::large_procfs_file, "/proc/self/mountinfo")));
    std::ranges::stable_sort(mounts, {}, [](const auto& mount) { return mount.point.size(); });
    std::vector<Piece> found;
    const Fd root = TRY(sys::openat(BorrowedFd(AT_FDCWD), "/", O_PATH | O_DIRECTORY));
    auto whole = overlay(root, upper, "0", "/");
    if (!whole) {
        whole.error().action() = "overlayfs over the target's root:";
        whole.error().subject() = {};
        return std::unexpected(whole.error());
    }
    found.push_back({"/", *std::move(whole)});
    std::size_t overlays = 1;
    for (const auto& mount : mounts) {
        if (mount.point == "/" || mount.point == "/proc" || mount.point.starts_with("/proc/")) {
            continue;
        }
        const auto place = resolve(root, mount.point, O_PATH | O_NOFOLLOW, nowhere_else);
        if (!place) continue;
        const auto status = sys::statx(*place, "", 0);
        if (!status) continue;
        if ((status->stx_mask & STATX_MNT_ID) && status->stx_mnt_id != mount.id) continue;
        // What a runtime puts over parts of sysfs is there to hide them.
        const bool hides = mount.point.starts_with("/sys/");
        if (S_ISDIR(status->stx_mode) && holds_files(mount.type) && !hides &&
            overlays < limits::view_mounts) {
            auto over = overlay(*place, upper, std::to_string(overlays++), mount.point);
            if (over) {
                found.push_back({mount.point, *std::move(over)});
                continue;
            }
        }
        auto plain = sys::clone_mount(*place);
        // EINVAL: it is locked together with what lies in it.
        if (!plain && plain.error().code == EINVAL) plain = sys::clone_tree(*place, "");
        if (!plain) return std::unexpected(plain.error());
        TRY(sys::mount_setattr(*plain, "", harmless & ~MOUNT_ATTR_NOATIME, 0));
        found.push_back({mount.point, *std::move(plain)});
    }
    return found;
}

// The pieces become one tree, the child's root.
Result<> assemble(const std::vector<Piece>& parts, BorrowedFd cover) {
    const Fd bottom = TRY(sys::openat(BorrowedFd(AT_FDCWD), "/", O_PATH | O_DIRECTORY));
    const auto& root = parts.front().mount;
    TRY(sys::move_mount(root, bottom));
    if (::fchdir(root.get()) != 0) return failed("fchdir", "to the view");
    if (::chroot(".") != 0) return failed("chroot", "to the view");
    for (const auto& [point, mount] : parts) {
        if (point == "/") continue;
        const auto place = resolve(root, point, O_PATH | O_NOFOLLOW, nowhere_else);
        // Gone, or something else by now: then the view is without it.
        if (place) (void)sys::move_mount(mount, *place);
    }
    // Not cover_proc(): in a new file system nothing is in the kernel's cache yet.
    const auto proc = resolve(root, "proc", O_PATH | O_DIRECTORY | O_NOFOLLOW, nowhere_else);
    return proc ? sys::move_mount(cover, *proc) : Result<>{};
}

Result<> join_and_overlay(BorrowedFd mount_namespace, BorrowedFd own_procfs, BorrowedFd cover,
                          Stand stand, BorrowedFd answer) {
    const Fd upper =
        TRY(sys::new_filesystem("tmpfs", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
                                {{.name = "size", .value = std::to_string(limits::view_size)},
                                 {.name = "nr_inodes", .value = std::to_string(limits::view_files)},
                                 {.name = "mode", .value = "0700"}}));
    TRY(sys::setns(mount_namespace, CLONE_NEWNS));
    const auto leave = []() -> Result<> {
        TRY(sys::unshare(CLONE_NEWNS));
        return sys::mount("", "/", "", MS_REC | MS_PRIVATE);
    };
    if (stand == Stand::copy) {
        TRY(leave());
        const Fd place = TRY(sys::openat(BorrowedFd(AT_FDCWD), "/", O_PATH | O_DIRECTORY));
        TRY(sys::move_mount(upper, place));
    }
    const Fd shown = TRY(sys::clone_mount(upper));
    TRY(sys::mount_setattr(shown, "", MOUNT_ATTR_RDONLY, 0));
    const Fd descriptors = TRY(sys::openat(own_procfs, "self/fd", O_RDONLY | O_DIRECTORY));
    if (::fchdir(descriptors.get()) != 0) return failed("fchdir", "/proc/self/fd");
    const auto parts = TRY(pieces(own_procfs, upper));
    if (stand == Stand::original) TRY(leave());
    TRY(assemble(parts, cover));
    // As of every tree of ours, see join_and_clone().
    const bool locked = sys::unshare(CLONE_NEWUSER | CLONE_NEWNS).has_value();
    const Fd writable = TRY(sys::clone_tree(BorrowedFd(AT_FDCWD), "/"));
    const Fd root = TRY(sys::clone_tree(BorrowedFd(AT_FDCWD), "/"));
    TRY(sys::mount_setattr(root, "", MOUNT_ATTR_RDONLY, 0));
    TRY(sys::send_message(answer, "+", writable));
    TRY(sys::send_message(answer, "+", shown));
    return sys::send_message(answer, locked ? "L" : "U", root);
}

}  // namespace

Result<Scratch> overlay_namespace(BorrowedFd mount_namespace, BorrowedFd own_procfs,
                                  BorrowedFd cover) {
    Result<Tree> tree = Tree{};
    for (const auto stand : {Stand::copy, Stand::original}) {
        tree = from_child("in the target's mount namespace", [&](BorrowedFd answer) {
            return join_and_overlay(mount_namespace, own_procfs, cover, stand, answer);
        });
        if (tree || tree.error().code != EINVAL) break;
    }
    if (!tree) return std::unexpected(tree.error());
    if (tree->more.size() != 2) return refused("scratch", "the view is not whole");
    return Scratch{std::move(tree->root), std::move(tree->more[0]), std::move(tree->more[1])};
}

}  // namespace limpet::target
