// target/confine.cpp - give up everything that is not needed, for good.
#include "target/confine.h"

#include "sys/capability.h"
#include "sys/landlock.h"
#include "sys/mount.h"
#include "sys/process.h"
#include "target/filter.h"
#include "target/trace.h"

#include <grp.h>
#include <linux/landlock.h>
#include <sched.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <initializer_list>

namespace limpet::target {
namespace {

// Of linux/prctl.h since 6.3: a mapping can never gain PROT_EXEC.
constexpr int set_mdwe = 65;
constexpr unsigned long refuse_exec_gain = 1;

// A uid of its own for every session, out of the range that systemd's UIDS-GIDS.md leaves to
// nobody: no process of the node or of another session has it, so none may signal or trace ours.
constexpr uid_t first_session_uid = 0x70000000;

std::uint64_t capabilities_for(Grant promise) {
    std::uint64_t set = 0;
    // The target's files belong to its users; the tree is read-only, so only reading is lent.
    if (any(promise & (Grant::files | Grant::processes | Grant::network))) {
        set |= sys::bit(CAP_DAC_READ_SEARCH);
    }
    // proc(5): environ, maps, fd and their like ask ptrace_may_access().
    if (any(promise & (Grant::processes | Grant::trace))) set |= sys::bit(CAP_SYS_PTRACE);
    // The target's files are of any user, and so are those that are made there.
    if (any(promise & Grant::modify)) {
        set |= sys::bit(CAP_DAC_OVERRIDE) | sys::bit(CAP_CHOWN) | sys::bit(CAP_FOWNER) |
               sys::bit(CAP_FSETID);
    }
    // A socket's mode asks for the right to write, which its file system, being read-only, is not
    // asked for. Writing elsewhere is what the clone, Landlock and the filter refuse.
    if (any(promise & Grant::sockets)) set |= sys::bit(CAP_DAC_OVERRIDE);
    // Raw ICMP and packet sockets in the target's network namespace.
    if (any(promise & Grant::network)) set |= sys::bit(CAP_NET_RAW);
    return set;
}

// What a runtime gives beside the target has CAP_DAC_OVERRIDE, and seldom CAP_DAC_READ_SEARCH: it
// is lent for reading, since writing is what Landlock and the filter refuse.
std::uint64_t sidecar_capabilities(Grant promise, const Target& target) {
    auto set = capabilities_for(promise);
    if (any(promise)) set |= sys::bit(CAP_DAC_OVERRIDE);
    if (any(promise & Grant::processes)) set |= target.kept_capabilities;
    return set;
}

// What a session's commands may need at most.
Grant all_of(const Target& target) {
    const auto writes = may_write(target) ? Grant::modify : Grant::none;
    const auto sockets = any(target.grants & Grant::network) ? Grant::sockets : Grant::none;
    return (target.grants & ~(Grant::modify | Grant::scratch)) | writes | sockets;
}

// A tree that is no read-only clone is read-only by the filter; or by Landlock, for who may write
// to a scratch directory. The shell, which no domain may hold, leaves that to its children.
Opens opens_of(const Target& target, Confined who, Grant promise) {
    if (target.mode != Mode::sidecar || target.rung == 'A') return Opens::any;
    if (any(promise & Grant::modify) && may_write(target)) return Opens::any;
    const bool held = who == Confined::shell || !any(promise & Grant::processes);
    return target.scratch.fd && held ? Opens::written_by_landlock : Opens::reading;
}

Result<> limit(int resource, rlim_t most, const char* name) {
    rlimit now{};
    if (::getrlimit(static_cast<__rlimit_resource>(resource), &now) != 0) {
        return failed("getrlimit", name);
    }
    const rlimit set{std::min(now.rlim_cur, most), std::min(now.rlim_max, most)};
    if (::setrlimit(static_cast<__rlimit_resource>(resource), &set) != 0) {
        return failed("setrlimit", name);
    }
    return {};
}

// chroot(2) into a file system that is mounted nowhere: what a library opens by path is not there.
Result<> empty_root() {
    const Fd empty = TRY(sys::new_filesystem(
        "tmpfs", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC));
    if (::fchdir(empty.get()) != 0) return failed("fchdir", "to the empty root");
    if (::chroot(".") != 0) return failed("chroot", "to the empty root");
    return {};
}

Result<> own_identity() {
    const uid_t uid = first_session_uid + static_cast<uid_t>(::getpid());
    TRY(sys::prctl(PR_SET_KEEPCAPS, 1, "PR_SET_KEEPCAPS"));
    if (::setgroups(0, nullptr) != 0) return failed("setgroups", "");
    if (::setresgid(uid, uid, uid) != 0) return failed("setresgid", std::to_string(uid));
    if (::setresuid(uid, uid, uid) != 0) return failed("setresuid", std::to_string(uid));
    return {};
}

Result<> no_new_privileges() {
    TRY(sys::prctl(PR_SET_NO_NEW_PRIVS, 1, "PR_SET_NO_NEW_PRIVS"));
    TRY(sys::prctl(PR_SET_DUMPABLE, 0, "PR_SET_DUMPABLE"));
    // Linux 6.3; where it is missing the filter alone refuses PROT_EXEC.
    (void)sys::prctl(set_mdwe, refuse_exec_gain, "PR_SET_MDWE");
    return {};
}

// A process that modifies works as root of the target's user namespace does, for files alone:
// nobody else may signal or trace it still. Its tree is the writable one, under the descriptor of
// the other, so that nothing in it can reach for the wrong one of the two.
Result<> take_writable(const Target& target) {
    const auto held = TRY(sys::capget());
    constexpr auto changing = sys::bit(CAP_SETUID) | sys::bit(CAP_SETGID);
    if (target.mode == Mode::node) {
        const auto raised = held.effective | (held.permitted & changing);
        TRY(sys::capset({.effective = raised, .permitted = held.permitted}));
        ::setfsgid(target.group);
        ::setfsuid(target.owner);
        // They return what was before, and say nothing of a failure: asked again, they tell.
        if (static_cast<uid_t>(::setfsuid(static_cast<uid_t>(-1))) != target.owner) {
            return failed("setfsuid", std::to_string(target.owner), EPERM);
        }
    }
    if (!target.writable) return {};
    if (::dup3(target.writable.get(), target.root.fd.get(), O_CLOEXEC) < 0) {
        return failed("dup3", "the writable tree");
    }
    return {};
}

Result<> deny_writes(Grant promise, const Target& target) {
    // A landlocked process may not read what ptrace_may_access() guards of processes outside its
    // domain: a promise of processes goes without, and relies on the clone and the filter.
    if (any(promise & Grant::processes)) return {};
    const int abi = sys::landlock_abi();
    if (abi == 0) return {};
    sys::LandlockRights rights;
    // ABI 1 has the bits 0 to 12; READ_FILE (2) and READ_DIR (3) stay.
    rights.files =
        0x1fff & ~std::uint64_t{LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR};
    if (abi >= 2) rights.files |= std::uint64_t{1} << 13;  // REFER
    // Not TRUNCATE (14) and IOCTL_DEV (15): the kernel asks for both at every open, and to find
    // that no rule allows them it climbs to the root each time, which makes a walk square in its
    // depth. The clone is read-only and nodev; and what truncates by path is in no filter.
    if (abi >= 4 && !any(promise & Grant::network)) rights.network = 3;   // BIND_TCP, CONNECT_TCP
    if (abi >= 6) rights.scoped = any(promise & Grant::network) ? 2 : 3;  // ABSTRACT_UNIX, SIGNAL
    constexpr auto devices =
        std::uint64_t{LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_BLOCK};
    constexpr auto write_files =
        std::uint64_t{LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_MAKE_REG};
    const bool modifies = any(promise & Grant::modify);
    // ABI 1 lets nothing be moved or linked from one directory to another, whatever its rules say.
    if (modifies && abi < 2) return {};
    std::array<BorrowedFd, 2> writable{BorrowedFd(-1), BorrowedFd(-1)};
    if (target.scratch.fd && any(promise & Grant::files)) writable[0] = target.scratch.fd;
    if (modifies && may_write(target)) writable[1] = target.root.fd;
    return sys::landlock_deny(rights, modifies ? rights.files & ~devices : write_files, writable);
}

// A command without a use for a descriptor does not hold it.
void close_unneeded(Grant promise, const Target& target) {
    const auto drop = [](const Fd& fd) {
        if (fd) ::close(fd.get());
    };
    // This process ends in _exit: nothing closes these a second time.
    drop(target.network);
    drop(target.pidfd);
    if (!any(promise & (Grant::processes | Grant::network))) drop(target.procfs.fd);
    if (!any(promise & Grant::processes)) drop(target.cgroups.fd);
    if (!any(promise & Grant::files)) drop(target.scratch.fd);
    if (!any(promise & Grant::trace)) drop_trace();
    drop(target.null);
    drop(target.writable);
    if (!any(promise & Grant::signal)) drop(target.signaller);
    if (!any(promise & Grant::files)) {
        drop(target.below.fd);
        drop(target.changed.fd);
        drop(target.plain.fd);
        drop(target.image.fd);
        drop(target.written.fd);
    }
}

// What is raised for the length of one question and given up before the answer is read
// (commands/collect.h). Netfilter's rules are told only to who might change them, and so only in a
// session that may change something; the kernel's stacks, its log and the filters of processes to
// who may stop these as well.
std::uint64_t collecting(const Target& target) {
    constexpr auto both = Grant::network | Grant::modify;
    std::uint64_t set = 0;
    if ((target.grants & both) == both) set |= sys::bit(CAP_NET_ADMIN);
    if (any(target.grants & Grant::trace)) set |= sys::bit(CAP_SYS_ADMIN) | sys::bit(CAP_SYSLOG);
    return set;
}

// There is no uid to spare, and what has no CAP_SYS_ADMIN keeps the image's root: one program.
Result<> confine_beside(const Target& target, bool forks) {
    if (target.rung == 'A') TRY(empty_root());
    TRY(limit(RLIMIT_CORE, 0, "RLIMIT_CORE"));
    TRY(limit(RLIMIT_NOFILE, 4096, "RLIMIT_NOFILE"));
    const auto held = TRY(sys::capget());
    auto permitted = sidecar_capabilities(all_of(target), target);
    if (target.network) permitted |= sys::bit(CAP_SYS_ADMIN);
    permitted |= collecting(target);
    permitted &= held.permitted;
    if (held.effective & sys::bit(CAP_SETPCAP)) TRY(sys::drop_bounding(permitted));
    constexpr auto reading = sys::bit(CAP_DAC_READ_SEARCH) | sys::bit(CAP_DAC_OVERRIDE);
    TRY(sys::capset({.effective = permitted & reading, .permitted = permitted, .inheritable = 0}));
    TRY(no_new_privileges());
    if (!forks) return {};
    return load_filter(Confined::shell, all_of(target),
                       opens_of(target, Confined::shell, all_of(target)));
}

}  // namespace

Result<> confine_session(const Target& target, bool forks) {
    if (target.mode == Mode::here) return {};
    if (target.mode == Mode::sidecar) return confine_beside(target, forks);
    if (target.mode == Mode::node) TRY(empty_root());
    TRY(limit(RLIMIT_CORE, 0, "RLIMIT_CORE"));
    TRY(limit(RLIMIT_NOFILE, 4096, "RLIMIT_NOFILE"));

    // The network commands' setns(2) wants CAP_SYS_ADMIN; it is raised in the child that joins, and
    // given up before it reads anything.
    std::uint64_t permitted = capabilities_for(
        all_of(target) |
        (target.mode == Mode::none ? Grant::files | Grant::processes : Grant::none));
    // For setfsuid(2) alone: no filter of a session has setuid(2).
    if (may_write(target)) permitted |= sys::bit(CAP_SETUID) | sys::bit(CAP_SETGID);
    if (any(target.grants & Grant::network)) permitted |= sys::bit(CAP_SYS_ADMIN);
    permitted |= collecting(target);
    const auto held = TRY(sys::capget());
    permitted &= held.permitted;
    if (held.effective & sys::bit(CAP_SETPCAP)) TRY(sys::drop_bounding(permitted));
    if (target.mode == Mode::node) TRY(own_identity());
    TRY(sys::capset({.effective = permitted & sys::bit(CAP_DAC_READ_SEARCH),
                     .permitted = permitted,
                     .inheritable = 0}));
    TRY(no_new_privileges());
    if (!forks || target.mode == Mode::none) return {};
    return load_filter(Confined::shell, all_of(target));
}

Result<> confine(Grant promise, const Target& target, std::uint64_t capabilities,
                 const std::function<void()>& collect) {
    if (target.mode == Mode::here) {
        if (collect) collect();
        close_unneeded(promise, target);
        return {};
    }
    const auto held = TRY(sys::capget());
    if (target.network && any(promise & Grant::network)) {
        const auto join = held.permitted & sys::bit(CAP_SYS_ADMIN);
        TRY(sys::capset({.effective = held.effective | join, .permitted = held.permitted}));
        TRY(sys::setns(target.network, CLONE_NEWNET));
    }
    if (collect) {
        const auto raised = held.effective | (held.permitted & capabilities);
        TRY(sys::capset({.effective = raised, .permitted = held.permitted}));
        collect();
    }
    if (target.mode == Mode::none) promise = promise | Grant::files | Grant::processes;
    const bool writes = any(promise & Grant::modify) && may_write(target);
    if (writes) TRY(take_writable(target));
    const auto keep =
        held.permitted & (target.mode == Mode::sidecar ? sidecar_capabilities(promise, target)
                                                       : capabilities_for(promise));
    TRY(sys::capset({.effective = keep, .permitted = keep}));
    if (target.mode == Mode::none) return {};
    close_unneeded(promise, target);
    TRY(deny_writes(promise, target));
    return load_filter(Confined::command, promise, opens_of(target, Confined::command, promise));
}

Result<> confine_supervisor(bool removes_scratch) {
    TRY(limit(RLIMIT_CORE, 0, "RLIMIT_CORE"));
    const auto held = TRY(sys::capget());
    // It opens nothing any more, and a working directory would keep its file system mounted.
    constexpr auto mounting = sys::bit(CAP_SYS_ADMIN) | sys::bit(CAP_SYS_CHROOT);
    // Beside a target a profile may still forbid it: then it keeps the root of its own image.
    if ((held.effective & mounting) == mounting) (void)empty_root();
    const auto keep = held.permitted & sys::bit(CAP_KILL);
    TRY(sys::capset({.effective = keep, .permitted = keep}));
    TRY(no_new_privileges());
    return load_filter(removes_scratch ? Confined::remover : Confined::supervisor, Grant::none,
                       Opens::reading);
}

Result<> confine_signaller() {
    TRY(limit(RLIMIT_CORE, 0, "RLIMIT_CORE"));
    const auto held = TRY(sys::capget());
    constexpr auto mounting = sys::bit(CAP_SYS_ADMIN) | sys::bit(CAP_SYS_CHROOT);
    if ((held.effective & mounting) == mounting) (void)empty_root();
    const auto keep = held.permitted & (sys::bit(CAP_KILL) | sys::bit(CAP_SYS_NICE));
    TRY(sys::capset({.effective = keep, .permitted = keep}));
    TRY(no_new_privileges());
    return load_filter(Confined::signaller, Grant::none, Opens::reading);
}

}  // namespace limpet::target
