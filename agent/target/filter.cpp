// target/filter.cpp - the seccomp allow-list of every promise.
//
// EPERM rather than death for a call that is not listed: the same privilege, and a command that
// meets one says so instead of vanishing. Deny-lists were tried and fell to open(2), creat(2),
// accmode 3, io_uring and every new system call: only allow-lists.
#include "target/filter.h"

#include "sys/file.h"

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>

#include <memory>
#include <span>

namespace limpet::target {
namespace {

// Memory, time, signals of one's own, bytes through descriptors that are there.
constexpr int base[]{
    SCMP_SYS(read),          SCMP_SYS(readv),
    SCMP_SYS(pread64),       SCMP_SYS(preadv),
    SCMP_SYS(write),         SCMP_SYS(writev),
    SCMP_SYS(pwrite64),      SCMP_SYS(lseek),
    SCMP_SYS(close),         SCMP_SYS(close_range),
    SCMP_SYS(fstat),         SCMP_SYS(dup),
    SCMP_SYS(dup2),          SCMP_SYS(dup3),
    SCMP_SYS(pipe2),         SCMP_SYS(splice),
    SCMP_SYS(tee),           SCMP_SYS(sendfile),
    SCMP_SYS(poll),          SCMP_SYS(ppoll),
    SCMP_SYS(select),        SCMP_SYS(pselect6),
    SCMP_SYS(brk),           SCMP_SYS(munmap),
    SCMP_SYS(mremap),        SCMP_SYS(madvise),
    SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),  SCMP_SYS(rt_sigsuspend),
    SCMP_SYS(rt_sigpending), SCMP_SYS(rt_sigtimedwait),
    SCMP_SYS(sigaltstack),   SCMP_SYS(setitimer),
    SCMP_SYS(getitimer),     SCMP_SYS(alarm),
    SCMP_SYS(pause),         SCMP_SYS(restart_syscall),
    SCMP_SYS(nanosleep),     SCMP_SYS(clock_nanosleep),
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres),
    SCMP_SYS(gettimeofday),  SCMP_SYS(time),
    SCMP_SYS(times),         SCMP_SYS(getrusage),
    SCMP_SYS(getpid),        SCMP_SYS(gettid),
    SCMP_SYS(getppid),       SCMP_SYS(getpgrp),
    SCMP_SYS(getpgid),       SCMP_SYS(getsid),
    SCMP_SYS(getuid),        SCMP_SYS(geteuid),
    SCMP_SYS(getgid),        SCMP_SYS(getegid),
    SCMP_SYS(getgroups),     SCMP_SYS(uname),
    SCMP_SYS(sched_yield),   SCMP_SYS(sched_getaffinity),
    SCMP_SYS(getrandom),     SCMP_SYS(futex),
    SCMP_SYS(sysinfo),       SCMP_SYS(umask),
    SCMP_SYS(exit),          SCMP_SYS(exit_group),
};

// The target's tree through descriptors of it. Paths are openat2's alone: its structure cannot be
// filtered, the read-only clone holds what it asks for.
constexpr int files[]{
    SCMP_SYS(getdents64), SCMP_SYS(statx),   SCMP_SYS(newfstatat),
    SCMP_SYS(readlinkat), SCMP_SYS(fstatfs), SCMP_SYS(fadvise64),
};

// Changing files through descriptors of the tree, or of the session's scratch directory: what they
// may be is up to the tree and to Landlock. sendmsg(2) hands an opened file to the shell; a process
// that modifies has no call that makes a socket.
constexpr int changing[]{
    SCMP_SYS(mkdirat),   SCMP_SYS(unlinkat),        SCMP_SYS(renameat),  SCMP_SYS(renameat2),
    SCMP_SYS(linkat),    SCMP_SYS(symlinkat),       SCMP_SYS(fchmod),    SCMP_SYS(fchmodat),
    SCMP_SYS(fchown),    SCMP_SYS(fchownat),        SCMP_SYS(utimensat), SCMP_SYS(ftruncate),
    SCMP_SYS(fallocate), SCMP_SYS(fsync),           SCMP_SYS(fdatasync), SCMP_SYS(syncfs),
    SCMP_SYS(sendmsg),   SCMP_SYS(copy_file_range), sys::fchmodat2,
};

constexpr int network[]{
    SCMP_SYS(bind),        SCMP_SYS(connect),     SCMP_SYS(listen),     SCMP_SYS(accept4),
    SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
    SCMP_SYS(shutdown),    SCMP_SYS(sendto),      SCMP_SYS(sendmsg),    SCMP_SYS(sendmmsg),
    SCMP_SYS(recvfrom),    SCMP_SYS(recvmsg),     SCMP_SYS(recvmmsg),
};

// Forks commands and narrows them: setns for the network ones, then capset, Landlock, seccomp.
constexpr int shell[]{
    SCMP_SYS(fork),
    SCMP_SYS(vfork),
    SCMP_SYS(wait4),
    SCMP_SYS(waitid),
    SCMP_SYS(kill),
    SCMP_SYS(tgkill),
    SCMP_SYS(setpgid),
    SCMP_SYS(memfd_create),
    SCMP_SYS(capget),
    SCMP_SYS(capset),
    SCMP_SYS(setfsuid),
    SCMP_SYS(setfsgid),
    SCMP_SYS(prlimit64),
    SCMP_SYS(getrlimit),
    SCMP_SYS(setrlimit),
    SCMP_SYS(seccomp),
    SCMP_SYS(set_robust_list),
    SCMP_SYS(set_tid_address),
    SCMP_SYS(rseq),
    SCMP_SYS(landlock_create_ruleset),
    SCMP_SYS(landlock_add_rule),
    SCMP_SYS(landlock_restrict_self),
};

// Terminal requests that a shell and its commands make; TIOCSTI and TIOCLINUX are not among them.
constexpr unsigned long requests[]{TCGETS,    TCSETS,    TCSETSW,  TCSETSF,  TIOCGWINSZ,
                                   TIOCGPGRP, TIOCSPGRP, FIONREAD, TIOCGSID, TIOCSWINSZ};

constexpr int socket_families[]{AF_UNIX, AF_INET, AF_INET6, AF_NETLINK, AF_PACKET};

// clone(2) makes a process, never a namespace: a user namespace would give every capability back.
constexpr scmp_datum_t namespace_flags = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS |
                                         CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;

struct Builder {
    scmp_filter_ctx context;
    int problem = 0;

    void allow(std::span<const int> calls) {
        for (const int call : calls) note(seccomp_rule_add(context, SCMP_ACT_ALLOW, call, 0));
    }
    void allow(int call, const scmp_arg_cmp& condition) {
        note(seccomp_rule_add_array(context, SCMP_ACT_ALLOW, call, 1, &condition));
    }
    void note(int result) {
        if (problem == 0 && result < 0) problem = -result;
    }
};

void add_files(Builder& rules, Opens opens) {
    rules.allow(files);
    if (opens == Opens::any) {
        constexpr int by_structure[]{SCMP_SYS(openat2)};
        rules.allow(by_structure);
        return;
    }
    rules.note(seccomp_rule_add(rules.context, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(openat2), 0));
    constexpr scmp_datum_t writes = O_ACCMODE | O_CREAT | O_TRUNC;
    rules.allow(SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, writes, 0));
    if (opens == Opens::reading) return;
    for (const scmp_datum_t mode : {O_WRONLY, O_RDWR}) {
        rules.allow(SCMP_SYS(openat), SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE, mode));
    }
}

void add_rules(Builder& rules, Confined who, Grant promise, Opens opens) {
    rules.allow(base);
    // No page ever becomes executable: with that, a static glibc that finds a library of the
    // target cannot load it (CVE-2019-14271).
    rules.allow(SCMP_SYS(mmap), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    rules.allow(SCMP_SYS(mprotect), SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    for (const auto request : requests) {
        rules.allow(SCMP_SYS(ioctl), SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, request));
    }
    for (const int command : {F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD, F_DUPFD_CLOEXEC,
                              F_GETPIPE_SZ, F_SETPIPE_SZ}) {
        rules.allow(SCMP_SYS(fcntl),
                    SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffff, static_cast<scmp_datum_t>(command)));
    }
    if (who == Confined::shell) {
        rules.allow(shell);
        rules.allow(SCMP_SYS(clone), SCMP_A0(SCMP_CMP_MASKED_EQ, namespace_flags, 0));
        rules.allow(SCMP_SYS(setns), SCMP_A1(SCMP_CMP_EQ, CLONE_NEWNET));
        rules.allow(SCMP_SYS(prctl), SCMP_A0(SCMP_CMP_EQ, PR_SET_PDEATHSIG));
        rules.allow(SCMP_SYS(socketpair), SCMP_A0(SCMP_CMP_EQ, AF_UNIX));
    }
    if (who == Confined::remover) {
        constexpr int removing[]{SCMP_SYS(unlinkat)};
        rules.allow(removing);
        add_files(rules, opens);
    }
    if (who == Confined::supervisor || who == Confined::remover) {
        constexpr int waiting[]{SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(kill),
                                SCMP_SYS(tgkill)};
        rules.allow(waiting);
    }
    constexpr auto reading = Grant::files | Grant::processes | Grant::network;
    if (who == Confined::shell || any(promise & reading)) add_files(rules, opens);
    if (opens != Opens::reading && (who == Confined::shell || any(promise & Grant::modify))) {
        rules.allow(changing);
        // FIFOs and sockets, which cp -a makes anew; no device.
        for (const scmp_datum_t type : {S_IFIFO, S_IFSOCK, S_IFREG}) {
            rules.allow(SCMP_SYS(mknodat), SCMP_A2(SCMP_CMP_MASKED_EQ, S_IFMT, type));
        }
    }
    if (who == Confined::shell || any(promise & Grant::network)) {
        rules.allow(network);
        for (const int family : socket_families) {
            rules.allow(SCMP_SYS(socket),
                        SCMP_A0(SCMP_CMP_MASKED_EQ, 0xffffffff, static_cast<scmp_datum_t>(family)));
        }
    }
#ifdef LIMPET_SANITIZE
    // What the sanitizers' runtimes need at exit; such a build is for tests only.
    constexpr int sanitizers[]{
        SCMP_SYS(open),   SCMP_SYS(openat),           SCMP_SYS(clone), SCMP_SYS(wait4),
        SCMP_SYS(ptrace), SCMP_SYS(readlink),         SCMP_SYS(prctl), SCMP_SYS(tgkill),
        SCMP_SYS(kill),   SCMP_SYS(sched_getaffinity)};
    rules.allow(sanitizers);
#endif
}

}  // namespace

Result<> load_filter(Confined who, Grant promise, Opens opens) {
    const std::unique_ptr<void, decltype(&seccomp_release)> context(
        seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
    if (!context) return refused("seccomp", "out of memory");
    Builder rules{context.get()};
    rules.note(seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS));
    // We set it ourselves, before the capabilities go.
    rules.note(seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_NNP, 0));
    rules.note(seccomp_attr_set(context.get(), SCMP_FLTATR_CTL_TSYNC, 1));
    add_rules(rules, who, promise, opens);
    if (rules.problem == 0) rules.note(seccomp_load(context.get()));
    if (rules.problem != 0) return failed("seccomp", "load the filter", rules.problem);
    return {};
}

}  // namespace limpet::target
