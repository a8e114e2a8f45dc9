// target/tree_child.cpp - the child that joins a mount namespace to make a tree of it.
#include "target/tree_child.h"

#include "limpet/limits.h"
#include "parse/number.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/process.h"

#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <vector>

namespace limpet::target {

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
                                                (error.code ? error.action() : error.subject()));
        }
        ::_exit(done ? 0 : 1);
    }
    theirs.reset();
    // More descriptors than one come in messages of their own, before the last one.
    std::vector<Fd> more;
    auto answer = sys::receive_message(ours, limits::entry_deadline);
    while (answer && answer->fd && answer->bytes == "+") {
        more.push_back(std::move(answer->fd));
        answer = sys::receive_message(ours, limits::entry_deadline);
    }
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
    return Tree{std::move(fd), bytes.substr(1), bytes.front() == 'L', std::move(more)};
}

Result<> cover_proc(BorrowedFd cover) {
    const auto place =
        sys::openat2(BorrowedFd(AT_FDCWD), "/proc", O_PATH | O_DIRECTORY | O_NOFOLLOW,
                     RESOLVE_NO_SYMLINKS | RESOLVE_CACHED);
    if (!place) return {};
    return sys::move_mount(cover, *place);
}

bool holds_files(std::string_view type) {
    // An allow-list: what the kernel thinks of next is not among it.
    constexpr std::string_view known[]{
        "overlay", "ext2", "ext3", "ext4",     "xfs",   "btrfs",    "tmpfs", "ramfs",
        "rootfs",  "f2fs", "zfs",  "bcachefs", "vfat",  "exfat",    "ntfs3", "nfs",
        "nfs4",    "cifs", "smb3", "ceph",     "9p",    "virtiofs", "aufs",  "fuse",
        "fuseblk", "jfs",  "gfs2", "ocfs2",    "lustre"};
    return std::ranges::find(known, type) != std::end(known) || type.starts_with("fuse.");
}

}  // namespace limpet::target
