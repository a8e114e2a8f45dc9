// target/procfs.cpp - our own procfs of a pid namespace.
#include "target/procfs.h"

#include "limpet/limits.h"
#include "sys/file.h"
#include "sys/mount.h"
#include "sys/process.h"

#include <linux/magic.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <csignal>

namespace limpet::target {
namespace {

constexpr unsigned harmless =
    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

// fsopen("proc") shows the pid namespace of its caller, and setns(2) changes only that of children.
Result<Fd> from_inside(BorrowedFd pid_namespace) {
    auto [ours, theirs] = TRY(sys::socketpair());
    const pid_t child = TRY(sys::fork());
    if (child == 0) {
        ::prctl(PR_SET_DUMPABLE, 0);
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (!sys::setns(pid_namespace, CLONE_NEWPID)) ::_exit(1);
        const auto grandchild = sys::fork();
        if (!grandchild) ::_exit(1);
        if (*grandchild == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            const auto procfs = sys::new_filesystem("proc", harmless);
            ::_exit(procfs && sys::send_message(theirs, "P", *procfs) ? 0 : 1);
        }
        (void)sys::wait(*grandchild);
        ::_exit(0);
    }
    theirs.reset();
    auto answer = sys::receive_message(ours, limits::entry_deadline);
    ::kill(child, SIGKILL);
    (void)sys::wait(child);
    if (!answer || !answer->fd) {
        return refused("mount procfs", "no procfs of the target's pid namespace could be made");
    }
    return std::move(answer->fd);
}

}  // namespace

Result<Fd> new_procfs(BorrowedFd pid_namespace, bool ours) {
    if (ours) return sys::new_filesystem("proc", harmless);
    auto made = sys::new_filesystem("proc", harmless, {{"pidns", pid_namespace.get()}});
    // EINVAL: an unknown mount option. ENOSYS: no fsconfig, which from_inside() will name.
    if (made || (made.error().code != EINVAL && made.error().code != ENOSYS)) return made;
    return from_inside(pid_namespace);
}

Result<Fd> own_procfs() {
    Fd procfs = TRY(sys::openat(BorrowedFd(AT_FDCWD), "/proc", O_PATH | O_DIRECTORY));
    const auto status = TRY(sys::fstatfs(procfs));
    if (status.f_type != PROC_SUPER_MAGIC) {
        return refused("open /proc", "what is mounted on the agent's own /proc is no procfs");
    }
    return procfs;
}

}  // namespace limpet::target
