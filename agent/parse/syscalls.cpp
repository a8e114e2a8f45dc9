// parse/syscalls.cpp - system calls by number.
#include "parse/syscalls.h"

#include "parse/lines.h"
#include "parse/name_table.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace limpet::parse {
namespace {

struct NamedList {
    char key;
    std::string_view names;
};

constexpr NamedList argument_tables[]{
#if defined(__aarch64__)
    {'a',
     "40=O_CREAT 80=O_EXCL 100=O_NOCTTY 200=O_TRUNC 400=O_APPEND 800=O_NONBLOCK 101000=O_SYNC "
     "1000=O_DSYNC 404000=O_TMPFILE 4000=O_DIRECTORY 8000=O_NOFOLLOW 10000=O_DIRECT "
     "20000=O_LARGEFILE 40000=O_NOATIME 80000=O_CLOEXEC 200000=O_PATH 2000=O_ASYNC"},
#else
    {'a',
     "40=O_CREAT 80=O_EXCL 100=O_NOCTTY 200=O_TRUNC 400=O_APPEND 800=O_NONBLOCK 101000=O_SYNC "
     "1000=O_DSYNC 410000=O_TMPFILE 4000=O_DIRECT 8000=O_LARGEFILE 10000=O_DIRECTORY "
     "20000=O_NOFOLLOW 40000=O_NOATIME 80000=O_CLOEXEC 200000=O_PATH 2000=O_ASYNC"},
#endif
    {'b',
     "100=AT_SYMLINK_NOFOLLOW 200=AT_REMOVEDIR 400=AT_SYMLINK_FOLLOW 800=AT_NO_AUTOMOUNT "
     "1000=AT_EMPTY_PATH 2000=AT_STATX_FORCE_SYNC 4000=AT_STATX_DONT_SYNC 8000=AT_RECURSIVE"},
    {'c', "1=PROT_READ 2=PROT_WRITE 4=PROT_EXEC 1000000=PROT_GROWSDOWN"},
    {'d',
     "3=MAP_SHARED_VALIDATE 1=MAP_SHARED 2=MAP_PRIVATE 10=MAP_FIXED 20=MAP_ANONYMOUS "
     "100=MAP_GROWSDOWN 800=MAP_DENYWRITE 1000=MAP_EXECUTABLE 2000=MAP_LOCKED "
     "4000=MAP_NORESERVE 8000=MAP_POPULATE 10000=MAP_NONBLOCK 20000=MAP_STACK "
     "40000=MAP_HUGETLB 80000=MAP_SYNC 100000=MAP_FIXED_NOREPLACE"},
    {'e',
     "!AF_UNSPEC AF_UNIX AF_INET a=AF_INET6 10=AF_NETLINK AF_PACKET 1d=AF_CAN 1f=AF_BLUETOOTH "
     "26=AF_ALG 28=AF_VSOCK 2c=AF_XDP"},
    {'f',
     "2=SOCK_DGRAM 3=SOCK_RAW 5=SOCK_SEQPACKET 1=SOCK_STREAM 800=SOCK_NONBLOCK "
     "80000=SOCK_CLOEXEC"},
    {'g',
     "100=CLONE_VM 200=CLONE_FS 400=CLONE_FILES 800=CLONE_SIGHAND 1000=CLONE_PIDFD "
     "2000=CLONE_PTRACE 4000=CLONE_VFORK 8000=CLONE_PARENT 10000=CLONE_THREAD "
     "20000=CLONE_NEWNS 40000=CLONE_SYSVSEM 80000=CLONE_SETTLS 100000=CLONE_PARENT_SETTID "
     "200000=CLONE_CHILD_CLEARTID 400000=CLONE_DETACHED 800000=CLONE_UNTRACED "
     "1000000=CLONE_CHILD_SETTID 2000000=CLONE_NEWCGROUP 4000000=CLONE_NEWUTS "
     "8000000=CLONE_NEWIPC 10000000=CLONE_NEWUSER 20000000=CLONE_NEWPID "
     "40000000=CLONE_NEWNET 80000000=CLONE_IO 80=CLONE_NEWTIME 11=SIGCHLD"},
    {'h', "!SEEK_SET SEEK_CUR SEEK_END SEEK_DATA SEEK_HOLE"},
    {'i',
     "!F_DUPFD F_GETFD F_SETFD F_GETFL F_SETFL F_GETLK F_SETLK F_SETLKW F_SETOWN F_GETOWN "
     "F_SETSIG F_GETSIG f=F_SETOWN_EX F_GETOWN_EX 24=F_OFD_GETLK F_OFD_SETLK F_OFD_SETLKW "
     "400=F_SETLEASE F_GETLEASE F_NOTIFY 406=F_DUPFD_CLOEXEC F_SETPIPE_SZ F_GETPIPE_SZ "
     "F_ADD_SEALS F_GET_SEALS"},
    {'j',
     "!MADV_NORMAL MADV_RANDOM MADV_SEQUENTIAL MADV_WILLNEED MADV_DONTNEED 8=MADV_FREE "
     "MADV_REMOVE MADV_DONTFORK MADV_DOFORK MADV_MERGEABLE MADV_UNMERGEABLE MADV_HUGEPAGE "
     "MADV_NOHUGEPAGE MADV_DONTDUMP MADV_DODUMP MADV_WIPEONFORK MADV_KEEPONFORK MADV_COLD "
     "MADV_PAGEOUT MADV_POPULATE_READ MADV_POPULATE_WRITE"},
    {'k', "!SIG_BLOCK SIG_UNBLOCK SIG_SETMASK"},
    {'l', "4=R_OK 2=W_OK 1=X_OK"},
    {'m',
     "1=MSG_OOB 2=MSG_PEEK 4=MSG_DONTROUTE 8=MSG_CTRUNC 20=MSG_TRUNC 40=MSG_DONTWAIT "
     "80=MSG_EOR 100=MSG_WAITALL 800=MSG_CONFIRM 2000=MSG_ERRQUEUE 4000=MSG_NOSIGNAL "
     "8000=MSG_MORE 10000=MSG_WAITFORONE 20000000=MSG_FASTOPEN 40000000=MSG_CMSG_CLOEXEC"},
    {'n', "!SHUT_RD SHUT_WR SHUT_RDWR"},
    {'o',
     "!SOL_IP SOL_SOCKET 6=SOL_TCP 11=SOL_UDP 29=SOL_IPV6 3a=SOL_ICMPV6 ff=SOL_RAW "
     "107=SOL_PACKET 10e=SOL_NETLINK"},
    {'O',
     "!1=SO_DEBUG SO_REUSEADDR SO_TYPE SO_ERROR SO_DONTROUTE SO_BROADCAST SO_SNDBUF SO_RCVBUF "
     "SO_KEEPALIVE SO_OOBINLINE SO_NO_CHECK SO_PRIORITY SO_LINGER SO_BSDCOMPAT SO_REUSEPORT "
     "SO_PASSCRED SO_PEERCRED SO_RCVLOWAT SO_SNDLOWAT SO_RCVTIMEO SO_SNDTIMEO "
     "19=SO_BINDTODEVICE SO_ATTACH_FILTER 1d=SO_TIMESTAMP SO_ACCEPTCONN SO_PEERSEC "
     "20=SO_SNDBUFFORCE SO_RCVBUFFORCE 24=SO_MARK 26=SO_PROTOCOL SO_DOMAIN"},
    {'p',
     "!FUTEX_WAIT FUTEX_WAKE 3=FUTEX_REQUEUE FUTEX_CMP_REQUEUE FUTEX_WAKE_OP FUTEX_LOCK_PI "
     "FUTEX_UNLOCK_PI FUTEX_TRYLOCK_PI FUTEX_WAIT_BITSET FUTEX_WAKE_BITSET "
     "80=FUTEX_WAIT_PRIVATE FUTEX_WAKE_PRIVATE 83=FUTEX_REQUEUE_PRIVATE "
     "FUTEX_CMP_REQUEUE_PRIVATE FUTEX_WAKE_OP_PRIVATE FUTEX_LOCK_PI_PRIVATE "
     "FUTEX_UNLOCK_PI_PRIVATE FUTEX_TRYLOCK_PI_PRIVATE FUTEX_WAIT_BITSET_PRIVATE "
     "FUTEX_WAKE_BITSET_PRIVATE "
     "189=FUTEX_WAIT_BITSET_PRIVATE|FUTEX_CLOCK_REALTIME"},
    {'q',
     "1=WNOHANG 2=WSTOPPED 4=WEXITED 8=WCONTINUED 1000000=WNOWAIT 20000000=__WNOTHREAD "
     "40000000=__WALL 80000000=__WCLONE"},
    {'r',
     "!1=PR_SET_PDEATHSIG PR_GET_PDEATHSIG PR_GET_DUMPABLE PR_SET_DUMPABLE 7=PR_GET_KEEPCAPS "
     "PR_SET_KEEPCAPS f=PR_SET_NAME PR_GET_NAME 15=PR_GET_SECCOMP PR_SET_SECCOMP "
     "PR_CAPBSET_READ PR_CAPBSET_DROP 1d=PR_SET_TIMERSLACK PR_GET_TIMERSLACK "
     "23=PR_SET_MM PR_SET_CHILD_SUBREAPER PR_GET_CHILD_SUBREAPER PR_SET_NO_NEW_PRIVS "
     "PR_GET_NO_NEW_PRIVS 2f=PR_CAP_AMBIENT 41=PR_SET_MDWE 53564d41=PR_SET_VMA"},
    {'s', "!1=EPOLL_CTL_ADD EPOLL_CTL_DEL EPOLL_CTL_MOD"},
    {'S',
     "1=POLLIN 2=POLLPRI 4=POLLOUT 8=POLLERR 10=POLLHUP 20=POLLNVAL 40=POLLRDNORM "
     "80=POLLRDBAND 100=POLLWRNORM 200=POLLWRBAND 2000=POLLRDHUP"},
    {'V',
     "1=EPOLLIN 2=EPOLLPRI 4=EPOLLOUT 8=EPOLLERR 10=EPOLLHUP 40=EPOLLRDNORM 80=EPOLLRDBAND "
     "100=EPOLLWRNORM 200=EPOLLWRBAND 2000=EPOLLRDHUP 10000000=EPOLLEXCLUSIVE "
     "20000000=EPOLLWAKEUP 40000000=EPOLLONESHOT 80000000=EPOLLET"},
    {'t',
     "!CLOCK_REALTIME CLOCK_MONOTONIC CLOCK_PROCESS_CPUTIME_ID CLOCK_THREAD_CPUTIME_ID "
     "CLOCK_MONOTONIC_RAW CLOCK_REALTIME_COARSE CLOCK_MONOTONIC_COARSE CLOCK_BOOTTIME "
     "CLOCK_REALTIME_ALARM CLOCK_BOOTTIME_ALARM b=CLOCK_TAI"},
    {'u',
     "!RLIMIT_CPU RLIMIT_FSIZE RLIMIT_DATA RLIMIT_STACK RLIMIT_CORE RLIMIT_RSS RLIMIT_NPROC "
     "RLIMIT_NOFILE RLIMIT_MEMLOCK RLIMIT_AS RLIMIT_LOCKS RLIMIT_SIGPENDING RLIMIT_MSGQUEUE "
     "RLIMIT_NICE RLIMIT_RTPRIO RLIMIT_RTTIME"},
    {'v',
     "1=MS_RDONLY 2=MS_NOSUID 4=MS_NODEV 8=MS_NOEXEC 10=MS_SYNCHRONOUS 20=MS_REMOUNT "
     "400=MS_NOATIME 1000=MS_BIND 2000=MS_MOVE 4000=MS_REC 8000=MS_SILENT 20000=MS_UNBINDABLE "
     "40000=MS_PRIVATE 80000=MS_SLAVE 100000=MS_SHARED 200000=MS_RELATIME"},
    {'x',
     "!5401=TCGETS TCSETS TCSETSW TCSETSF 540b=TCFLSH 540e=TIOCSCTTY TIOCGPGRP TIOCSPGRP "
     "TIOCOUTQ TIOCSTI TIOCGWINSZ TIOCSWINSZ 541b=FIONREAD 5421=FIONBIO TIOCNOTTY 5429=TIOCGSID "
     "5450=FIONCLEX FIOCLEX FIOASYNC 8910=SIOCGIFNAME 8912=SIOCGIFCONF SIOCGIFFLAGS "
     "80045430=TIOCGPTN 40045431=TIOCSPTLCK 40049409=FICLONE"},
    {'y', "!1001=ARCH_SET_GS ARCH_SET_FS ARCH_GET_FS ARCH_GET_GS 3001=ARCH_CET_STATUS"},
    {'K', "1=LOCK_SH 2=LOCK_EX 4=LOCK_NB 8=LOCK_UN"},
    {'M', "1=MREMAP_MAYMOVE 2=MREMAP_FIXED 4=MREMAP_DONTUNMAP"},
    {'N', "1=MS_ASYNC 2=MS_INVALIDATE 4=MS_SYNC"},
    {'I',
     "!IPPROTO_IP IPPROTO_ICMP 6=IPPROTO_TCP 11=IPPROTO_UDP 3a=IPPROTO_ICMPV6 "
     "84=IPPROTO_SCTP ff=IPPROTO_RAW"},
    {'X',
     "fff=STATX_ALL 7ff=STATX_BASIC_STATS 1=STATX_TYPE 2=STATX_MODE 4=STATX_NLINK 8=STATX_UID "
     "10=STATX_GID 20=STATX_ATIME 40=STATX_MTIME 80=STATX_CTIME 100=STATX_INO 200=STATX_SIZE "
     "400=STATX_BLOCKS 800=STATX_BTIME 1000=STATX_MNT_ID"},
    {'A',
     "1=SA_NOCLDSTOP 2=SA_NOCLDWAIT 4=SA_SIGINFO 400=SA_UNSUPPORTED 4000000=SA_RESTORER "
     "8000000=SA_ONSTACK 10000000=SA_RESTART 40000000=SA_NODEFER 80000000=SA_RESETHAND"},
};

// What no kind of an argument tells. %file and %desc are told by p and f.
constexpr NamedList classes[]{
    {'n',
     "socket connect accept accept4 sendto recvfrom sendmsg recvmsg shutdown bind listen "
     "getsockname getpeername socketpair setsockopt getsockopt sendmmsg recvmmsg"},
    {'p',
     "clone clone3 fork vfork execve execveat exit exit_group wait4 waitid kill tkill tgkill "
     "pidfd_send_signal rt_sigqueueinfo rt_tgsigqueueinfo unshare setns arch_prctl"},
    {'s',
     "rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo "
     "rt_sigsuspend rt_tgsigqueueinfo sigaltstack kill tkill tgkill pause signalfd signalfd4 "
     "pidfd_send_signal"},
    {'m',
     "mmap munmap mprotect mremap brk madvise mincore msync mlock munlock mlockall munlockall "
     "mlock2 remap_file_pages mbind set_mempolicy get_mempolicy migrate_pages move_pages "
     "pkey_mprotect process_madvise mseal map_shadow_stack shmat shmdt "
     "set_mempolicy_home_node"},
    {'i', "shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl"},
    {'c',
     "getuid geteuid getgid getegid setuid setgid setreuid setregid setresuid setresgid "
     "getresuid getresgid setfsuid setfsgid getgroups setgroups capget capset prctl"},
};

bool has_word(std::string_view list, std::string_view word) {
    while (!list.empty()) {
        if (take(list, ' ') == word) return true;
    }
    return false;
}

std::string_view named(std::span<const NamedList> lists, char key) {
    for (const auto& list : lists) {
        if (list.key == key) return list.names;
    }
    return {};
}

std::vector<Syscall> all_of_them() {
    std::vector<Syscall> list(syscalls_limit);
    auto table = syscall_table;
    std::uint64_t number = ~std::uint64_t{0};
    while (!table.empty()) {
        auto word = take_named(table, number);
        number = word.value;
        auto kinds = word.name;
        Syscall call{.name = take(kinds, ':')};
        call.descriptor = kinds.starts_with('^');
        call.address = kinds.starts_with('=');
        if (call.descriptor || call.address) kinds.remove_prefix(1);
        call.kinds = kinds;
        if (number < list.size()) list[number] = call;
    }
    return list;
}

bool in_class(const Syscall& call, std::string_view name) {
    if (name == "file") return call.kinds.find('p') != call.kinds.npos;
    if (name == "desc") return call.descriptor || call.kinds.find('f') != call.kinds.npos;
    return has_word(named(classes, name.empty() ? ' ' : name[0]), call.name);
}

bool is_class(std::string_view name) {
    return has_word("file desc network net process signal memory ipc creds", name);
}

}  // namespace

const std::vector<Syscall>& syscalls() {
    static const auto list = all_of_them();
    return list;
}

std::string_view argument_names(char table) { return named(argument_tables, table); }

SyscallSet syscall_set(std::string_view list) {
    SyscallSet set;
    const bool inverted = list.starts_with('!');
    if (inverted) list.remove_prefix(1);
    const auto& calls = syscalls();
    while (!list.empty()) {
        auto word = take(list, ',');
        const bool percent = word.starts_with('%');
        if (percent) word.remove_prefix(1);
        // Without the sign as well, as it was always typed; no call has the name of a class.
        const bool whole = is_class(word);
        const bool optional = word.starts_with('?');
        if (optional) word.remove_prefix(1);
        bool found = word == "none" || optional;
        for (std::size_t i = 0; i < calls.size(); ++i) {
            if (calls[i].name.empty() && word != "all") continue;
            const bool hit = word == "all" ||
                             (whole ? in_class(calls[i], word) : !percent && calls[i].name == word);
            if (hit) set.numbers[i] = found = true;
        }
        if (!found && set.unknown.empty()) set.unknown = word;
    }
    if (inverted) set.numbers.flip();
    return set;
}

}  // namespace limpet::parse
