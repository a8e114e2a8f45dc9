// target/filter.cpp - the seccomp allow-list of every promise.
//
// EPERM rather than death for a call that is not listed: the same privilege, and a command that
// meets one says so instead of vanishing. Deny-lists were tried and fell to open(2), creat(2),
// accmode 3, io_uring and every new system call: only allow-lists.
#include "target/filter.h"

#include "sys/file.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>

#include <csignal>
#include <span>

namespace limpet::target {
namespace {

// Memory, time, signals of one's own, bytes through descriptors that are there.
constexpr int base[]{
    SYS_read,
    SYS_readv,
    SYS_pread64,
    SYS_preadv,
    SYS_write,
    SYS_writev,
    SYS_pwrite64,
    SYS_lseek,
    SYS_close,
    SYS_close_range,
    SYS_fstat,
    SYS_dup,
    SYS_dup3,
    SYS_pipe2,
    SYS_splice,
    SYS_tee,
    SYS_sendfile,
    SYS_ppoll,
    SYS_pselect6,
    SYS_brk,
    SYS_munmap,
    SYS_mremap,
    SYS_madvise,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_rt_sigreturn,
    SYS_rt_sigsuspend,
    SYS_rt_sigpending,
    SYS_rt_sigtimedwait,
    SYS_sigaltstack,
    SYS_setitimer,
    SYS_getitimer,
    SYS_restart_syscall,
    SYS_nanosleep,
    SYS_clock_nanosleep,
    SYS_clock_gettime,
    SYS_clock_getres,
    SYS_gettimeofday,
    SYS_times,
    SYS_getrusage,
    SYS_getpid,
    SYS_gettid,
    SYS_getppid,
    SYS_getpgid,
    SYS_getsid,
    SYS_getuid,
    SYS_geteuid,
    SYS_getgid,
    SYS_getegid,
    SYS_getgroups,
    SYS_uname,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_getrandom,
    SYS_futex,
    SYS_sysinfo,
    SYS_umask,
    SYS_exit,
    SYS_exit_group,
#ifdef __x86_64__  // the names of before; newer architectures have one name for each
    SYS_dup2,
    SYS_poll,
    SYS_select,
    SYS_alarm,
    SYS_pause,
    SYS_time,
    SYS_getpgrp,
#endif
};

// The target's tree through descriptors of it. Paths are openat2's alone: its structure cannot be
// filtered, the read-only clone holds what it asks for.
constexpr int files[]{
    SYS_fgetxattr,  SYS_flistxattr, SYS_getdents64, SYS_statx,
    SYS_newfstatat, SYS_readlinkat, SYS_fstatfs,    SYS_fadvise64,
};

// Changing files through descriptors of the tree, or of the session's scratch directory: what they
// may be is up to the tree and to Landlock. sendmsg(2) hands an opened file to the shell; a process
// that modifies has no call that makes a socket, but for curl -o and wget, which write what they
// got.
constexpr int changing[]{
    SYS_mkdirat,   SYS_unlinkat,  SYS_renameat,        SYS_renameat2, SYS_linkat,
    SYS_symlinkat, SYS_fchmod,    SYS_fchmodat,        SYS_fchown,    SYS_fchownat,
    SYS_utimensat, SYS_ftruncate, SYS_fallocate,       SYS_fsync,     SYS_fdatasync,
    SYS_syncfs,    SYS_sendmsg,   SYS_copy_file_range, SYS_fsetxattr, sys::fchmodat2,
};

// fchdir(2): a unix socket is reached from its directory, because connect(2) takes a path and our
// root has nothing in it. It leads only to where a descriptor of the tree is already.
constexpr int network[]{
    SYS_bind,       SYS_connect,    SYS_listen,   SYS_accept4, SYS_getsockname, SYS_getpeername,
    SYS_getsockopt, SYS_setsockopt, SYS_shutdown, SYS_sendto,  SYS_sendmsg,     SYS_sendmmsg,
    SYS_recvfrom,   SYS_recvmsg,    SYS_recvmmsg, SYS_fchdir,
};

// Forks commands and narrows them: setns for the network ones, then capset, Landlock, seccomp.
constexpr int shell[]{
    SYS_wait4,
    SYS_waitid,
    SYS_kill,
    SYS_tgkill,
    SYS_setpgid,
    SYS_memfd_create,
    SYS_capget,
    SYS_capset,
    SYS_setfsuid,
    SYS_setfsgid,
    SYS_prlimit64,
    SYS_getrlimit,
    SYS_setrlimit,
    SYS_seccomp,
    SYS_set_robust_list,
    SYS_set_tid_address,
    SYS_rseq,
    SYS_landlock_create_ruleset,
    SYS_landlock_add_rule,
    SYS_landlock_restrict_self,
#ifdef __x86_64__  // the names of before; newer architectures have one name for each
    SYS_fork,
    SYS_vfork,
#endif
};

// Terminal requests that a shell and its commands make; TIOCSTI and TIOCLINUX are not among them.
const std::vector<std::uint32_t> requests{TCGETS,    TCSETS,    TCSETSW,  TCSETSF,  TIOCGWINSZ,
                                          TIOCGPGRP, TIOCSPGRP, FIONREAD, TIOCGSID, TIOCSWINSZ};

// clone(2) makes a process, never a namespace: a user namespace would give every capability back.
constexpr std::uint32_t namespace_flags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                          CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |
                                          CLONE_NEWNET;

// Tracing must end with the tracer, and leave the tracee with what it had.
constexpr std::uint32_t lasting_options = PTRACE_O_EXITKILL | PTRACE_O_SUSPEND_SECCOMP;
// Looking at what is traced: no request that writes memory or registers is here, and detaching
// never carries a signal. Letting a tracee go on does, because the signal that it stopped for is
// its own. The ids of the target are NS_GET_PID_FROM_PIDNS, NS_GET_PID_IN_PIDNS and
// NS_GET_TGID_IN_PIDNS.
void add_trace(Rules& rules) {
    for (const int call : {SYS_wait4, SYS_seccomp}) rules.allow(call);
    rules.allow_when(
        SYS_ptrace, 0,
        {PTRACE_CONT, PTRACE_SYSCALL, PTRACE_INTERRUPT, PTRACE_LISTEN, PTRACE_GETEVENTMSG,
         PTRACE_GETSIGINFO, PTRACE_GETREGSET, PTRACE_GET_SYSCALL_INFO});
    rules.by_argument.push_back({SYS_ptrace, 0, ~0U, {PTRACE_SEIZE}, 3, lasting_options});
    rules.by_argument.push_back({SYS_ptrace, 0, ~0U, {PTRACE_DETACH}, 3, ~0U});
    rules.allow_when(SYS_ioctl, 1, {0x8004b706, 0x8004b708, 0x8004b709});
}

void add_files(Rules& rules, Opens opens) {
    rules.allow(files);
    if (opens == Opens::any) {
        rules.allow(SYS_openat2);
        return;
    }
    rules.without_openat2 = true;
    rules.allow_masked(SYS_openat, 2, O_ACCMODE | O_CREAT | O_TRUNC, {0});
    if (opens == Opens::reading) return;
    rules.allow_masked(SYS_openat, 2, O_ACCMODE, {O_WRONLY, O_RDWR});
}

// Processes are named by descriptors that were handed over; setpriority(2) takes a number, which
// NS_GET_TGID_FROM_PIDNS gives.
void add_signaller(Rules& rules) {
    for (const int call : {SYS_recvmsg, SYS_pidfd_send_signal, SYS_setpriority, SYS_statx}) {
        rules.allow(call);
    }
    rules.allow_when(SYS_ioctl, 1, {0x8004b707});
}

void add_shell(Rules& rules) {
    rules.allow(shell);
    rules.allow_masked(SYS_clone, 0, namespace_flags, {0});
    rules.allow_when(SYS_setns, 1, {CLONE_NEWNET});
    rules.allow_when(SYS_prctl, 0, {PR_SET_PDEATHSIG});
    rules.allow_when(SYS_socketpair, 0, {AF_UNIX});
    // nice: of itself alone, which is process 0.
    for (const int call : {SYS_getpriority, SYS_setpriority}) {
        rules.by_argument.push_back({call, 0, ~0U, {PRIO_PROCESS}, 1, ~0U});
    }
}

}  // namespace

void Rules::allow(std::span<const int> numbers) {
    for (const int number : numbers) allow(number);
}

void Rules::allow(int number) {
    const auto bit = static_cast<unsigned>(number);
    calls.at(bit / 32) |= 1U << bit % 32;
}

void Rules::allow_when(int number, unsigned argument, std::vector<std::uint32_t> values) {
    allow_masked(number, argument, 0xffffffff, std::move(values));
}

void Rules::allow_masked(int number, unsigned argument, std::uint32_t mask,
                         std::vector<std::uint32_t> values) {
    by_argument.push_back({number, argument, mask, std::move(values), 0, 0});
}

Rules rules_of(Confined who, Grant promise, Opens opens) {
    Rules rules;
    rules.allow(base);
    // No page ever becomes executable: with that, a static glibc that finds a library of the
    // target cannot load it (CVE-2019-14271).
    rules.allow_masked(SYS_mmap, 2, PROT_EXEC, {0});
    rules.allow_masked(SYS_mprotect, 2, PROT_EXEC, {0});
    rules.allow_when(SYS_ioctl, 1, requests);
    rules.allow_when(
        SYS_fcntl, 1,
        {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC, F_GETPIPE_SZ, F_SETPIPE_SZ});
    if (who == Confined::shell) add_shell(rules);
    if (who == Confined::command) {
        // What has the screen stops its job at Ctrl-Z, as the terminal would: its own and no other.
        rules.by_argument.push_back({SYS_kill, 1, ~0U, {SIGTSTP}, 0, ~0U});
    }
    if (who == Confined::signaller) add_signaller(rules);
    // The kernel's log is read, and its size asked for; nothing is cleared or switched.
    if (who == Confined::shell || any(promise & Grant::processes)) {
        rules.allow_when(SYS_syslog, 0, {3, 10});
    }
    if (any(promise & Grant::signal)) rules.allow(SYS_sendmsg);
    if (who == Confined::remover) {
        rules.allow(SYS_unlinkat);
        add_files(rules, opens);
    }
    if (who == Confined::supervisor || who == Confined::remover) {
        for (const int call : {SYS_wait4, SYS_waitid, SYS_kill, SYS_tgkill}) rules.allow(call);
    }
    if (any(promise & Grant::trace)) add_trace(rules);
    constexpr auto reading = Grant::files | Grant::processes | Grant::network;
    if (who == Confined::shell || any(promise & reading)) add_files(rules, opens);
    if (opens != Opens::reading && (who == Confined::shell || any(promise & Grant::modify))) {
        rules.allow(changing);
        // FIFOs and sockets, which cp -a makes anew; no device.
        rules.allow_masked(SYS_mknodat, 2, S_IFMT, {S_IFIFO, S_IFSOCK, S_IFREG});
    }
    if (who == Confined::shell || any(promise & Grant::network)) {
        rules.allow(network);
        rules.allow_when(SYS_socket, 0, {AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET});
    }
#ifdef LIMPET_SANITIZE
    // What the sanitizers' runtimes need at exit; such a build is for tests only.
    for (const int call : {SYS_open, SYS_openat, SYS_clone, SYS_wait4, SYS_ptrace, SYS_readlink,
                           SYS_prctl, SYS_tgkill, SYS_kill, SYS_sched_getaffinity}) {
        rules.allow(call);
    }
#endif
    return rules;
}

}  // namespace limpet::target
