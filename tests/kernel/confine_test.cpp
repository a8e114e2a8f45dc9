// confine_test.cpp - a confined process keeps its promise and nothing else.
#include "target/confine.h"
#include "kernel/box.h"
#include "sys/file.h"
#include "target/enter.h"
#include "target/trace.h"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <elf.h>

#include <csignal>

using namespace limpet;
using limpet::testing::Box;
using limpet::testing::in_child;

namespace {

#define SAY_UNLESS(condition)                             \
    do {                                                  \
        if (!(condition)) return std::string(#condition); \
    } while (false)

bool refused_call(long result) { return result < 0 && (errno == EPERM || errno == EACCES); }

// What no promise of looking ever needs.
std::string attack(const target::Target& box) {
    const int root = box.root.fd.get();
    SAY_UNLESS(refused_call(::openat(root, "etc/hostname", O_RDONLY)));
    SAY_UNLESS(refused_call(::syscall(SYS_open, "/", O_RDONLY)));
    SAY_UNLESS(refused_call(::syscall(SYS_creat, "/x", 0600)));
    SAY_UNLESS(refused_call(::mkdirat(root, "x", 0755)));
    SAY_UNLESS(refused_call(::unlinkat(root, "etc/hostname", 0)));
    SAY_UNLESS(refused_call(::renameat(root, "link", root, "x")));
    SAY_UNLESS(refused_call(::fchmodat(root, "etc/hostname", 0600, 0)));
    SAY_UNLESS(refused_call(::fchownat(root, "etc/hostname", 0, 0, 0)));
    SAY_UNLESS(refused_call(::utimensat(root, "etc/hostname", nullptr, 0)));
    SAY_UNLESS(refused_call(::syscall(452, root, "etc/hostname", 0600, 0)));
    SAY_UNLESS(refused_call(::syscall(463, root, "etc/hostname", 0, "user.x", nullptr, 0)));
    SAY_UNLESS(refused_call(::syscall(SYS_open_by_handle_at, root, nullptr, 0)));
    SAY_UNLESS(refused_call(::syscall(SYS_io_uring_setup, 1, nullptr)));
    SAY_UNLESS(refused_call(::syscall(SYS_execve, "/x", nullptr, nullptr)));
    SAY_UNLESS(refused_call(::syscall(SYS_execveat, root, "x", nullptr, nullptr, 0)));
    SAY_UNLESS(refused_call(::syscall(SYS_fork)));
    SAY_UNLESS(refused_call(::ptrace(PTRACE_SEIZE, box.pid, nullptr, nullptr)));
    SAY_UNLESS(refused_call(::syscall(SYS_process_vm_readv, box.pid, nullptr, 0, nullptr, 0, 0)));
    SAY_UNLESS(refused_call(::kill(box.pid, 0)));
    // Ctrl-Z stops the own job: no other signal, and nobody else.
    SAY_UNLESS(refused_call(::kill(box.pid, SIGTSTP)));
    SAY_UNLESS(refused_call(::kill(-1, SIGTSTP)));
    SAY_UNLESS(refused_call(::kill(0, SIGSTOP)));
    SAY_UNLESS(refused_call(::kill(0, SIGTERM)));
    SAY_UNLESS(refused_call(::unshare(CLONE_NEWUSER)));
    SAY_UNLESS(refused_call(::setns(root, 0)));
    SAY_UNLESS(refused_call(::chroot(".")));
    SAY_UNLESS(refused_call(::mount(nullptr, "/", nullptr, MS_REMOUNT, nullptr)));
    SAY_UNLESS(refused_call(::open_tree(root, "", AT_EMPTY_PATH | OPEN_TREE_CLONE)));
    SAY_UNLESS(refused_call(::prctl(PR_SET_DUMPABLE, 1)));
    SAY_UNLESS(refused_call(::syscall(SYS_bpf, 0, nullptr, 0)));
    SAY_UNLESS(refused_call(::syscall(SYS_perf_event_open, nullptr, 0, 0, 0, 0)));
    SAY_UNLESS(refused_call(::syscall(SYS_memfd_create, "x", 0)));
    SAY_UNLESS(refused_call(::ioctl(0, TIOCSTI, "x")));
    SAY_UNLESS(::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
               MAP_FAILED);
    void* page = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    SAY_UNLESS(page != MAP_FAILED && ::mprotect(page, 4096, PROT_READ | PROT_EXEC) != 0);
    SAY_UNLESS(::getuid() != 0 && ::getgid() != 0);
    return {};
}

std::string confined(const Box& box, Grant promise, std::string (*body)(const target::Target& box),
                     Grant grants = default_grants,
                     const std::initializer_list<const char*>& without = {}) {
    const auto work = [&]() -> std::string {
        auto opened = target::open_node({.pid = box.pid(), .name = "box", .grants = grants});
        if (!opened) return text(opened.error());
        if (auto done = target::confine_session(*opened, false); !done) return text(done.error());
        if (auto done = target::confine(promise, *opened); !done) return text(done.error());
        return body(*opened);
    };
    return in_child(work, without);
}

}  // namespace

TEST_CASE("every promise refuses what it does not need") {
    Box box;
    for (const auto promise :
         {Grant::none, Grant::files, Grant::processes, Grant::files | Grant::processes}) {
        CAPTURE(grant_list(promise));
        CHECK(confined(box, promise, attack) == "");
        CHECK(confined(box, promise, [](const target::Target&) -> std::string {
                  SAY_UNLESS(refused_call(::socket(AF_INET, SOCK_STREAM, 0)));
                  SAY_UNLESS(refused_call(::socket(AF_UNIX, SOCK_STREAM, 0)));
                  return {};
              }) == "");
    }
    CHECK(confined(box, Grant::network, attack) == "");
    CHECK(confined(box, Grant::network | Grant::sockets, attack) == "");
}

TEST_CASE("a promise to connect to any unix socket writes no file") {
    Box box;
    CHECK(confined(box, Grant::network | Grant::sockets, [](const target::Target& target) {
              for (const auto* path : {"/secret", "/etc/hostname", "/sub/below",
                                       "/proc/sys/net/ipv4/ip_forward", "/proc/1/oom_score_adj"}) {
                  if (target.root.create(path, O_WRONLY, 0).has_value()) return std::string(path);
                  if (target.root.create(path, O_RDWR, 0).has_value()) return std::string(path);
              }
              SAY_UNLESS(!target.root.create("/made", O_WRONLY | O_CREAT, 0644).has_value());
              SAY_UNLESS(!target.procfs.create("sys/net/ipv4/ip_forward", O_WRONLY, 0).has_value());
              // The control: what it is for.
              SAY_UNLESS(target::read(target, "/secret", 100) == "secret\n");
              return std::string();
          }) == "");
}

TEST_CASE("every promise is enough for its work") {
    Box box;
    CHECK(confined(box, Grant::files, [](const target::Target& target) -> std::string {
              SAY_UNLESS(target::read(target, "/secret", 100) == "secret\n");
              // Without CAP_SYS_PTRACE; the promise of processes, below, is the control.
              SAY_UNLESS(!target.root.read("proc/1/environ", 1 << 20));
              return {};
          }) == "");
    CHECK(confined(box, Grant::processes, [](const target::Target& target) -> std::string {
              SAY_UNLESS(target::read(target, "/proc/1/maps", 1 << 20).has_value());
              SAY_UNLESS(target.procfs.read("1/environ", 1 << 20).has_value());
              SAY_UNLESS(target.root.read("proc/1/environ", 1 << 20).has_value());
              return {};
          }) == "");
    CHECK(confined(box, Grant::network, [](const target::Target&) -> std::string {
              SAY_UNLESS(::socket(AF_NETLINK, SOCK_RAW, 0) >= 0);
              SAY_UNLESS(::socket(AF_INET, SOCK_RAW, 1) >= 0);
              SAY_UNLESS(refused_call(::socket(AF_VSOCK, SOCK_STREAM, 0)));
              return {};
          }) == "");
}

namespace {

// In the tree that a process which promises to modify has.
std::string change(const target::Target& target) {
    const int root = target.root.fd.get();
    SAY_UNLESS(target.root.create("/made", O_WRONLY | O_CREAT, 0644).has_value());
    struct stat status{};
    SAY_UNLESS(::fstatat(root, "made", &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_uid == 0);
    SAY_UNLESS(::fchownat(root, "made", 5, 6, AT_SYMLINK_NOFOLLOW) == 0);
    SAY_UNLESS(::mkdirat(root, "folder", 0755) == 0);
    SAY_UNLESS(::renameat(root, "made", root, "folder/moved") == 0);
    SAY_UNLESS(::unlinkat(root, "folder/moved", 0) == 0);
    SAY_UNLESS(::unlinkat(root, "folder", AT_REMOVEDIR) == 0);
    SAY_UNLESS(::mknodat(root, "made", S_IFIFO | 0600, 0) == 0);
    SAY_UNLESS(::unlinkat(root, "made", 0) == 0);
    SAY_UNLESS(refused_call(::mknodat(root, "device", S_IFBLK | 0600, 0)));
    SAY_UNLESS(refused_call(::mknodat(root, "device", S_IFCHR | 0600, 0x103)));
    SAY_UNLESS(!target.root.create("/proc/sys/kernel/sysrq", O_WRONLY, 0).has_value());
    SAY_UNLESS(refused_call(::socket(AF_UNIX, SOCK_STREAM, 0)));
    // Attributes, of what is open and no more.
    const auto open = target.root.create("/made", O_WRONLY | O_CREAT, 0644);
    SAY_UNLESS(open.has_value());
    char names[100];
    SAY_UNLESS(::fsetxattr(open->get(), "user.x", "x", 1, 0) == 0 || errno == EOPNOTSUPP);
    SAY_UNLESS(::flistxattr(open->get(), names, sizeof names) >= 0 || errno == EOPNOTSUPP);
    SAY_UNLESS(::fsetxattr(open->get(), "security.capability", "x", 1, 0) < 0);
    SAY_UNLESS(::fsetxattr(open->get(), "trusted.x", "x", 1, 0) < 0);
    SAY_UNLESS(refused_call(::fremovexattr(open->get(), "user.x")));
    SAY_UNLESS(refused_call(::setxattr("/made", "user.x", "", 0, 0)));
    SAY_UNLESS(::unlinkat(root, "made", 0) == 0);
    SAY_UNLESS(refused_call(::kill(target.pid, 0)));
    SAY_UNLESS(refused_call(::syscall(SYS_execve, "/x", nullptr, nullptr)));
    SAY_UNLESS(refused_call(::syscall(SYS_setresuid, 0, 0, 0)));
    SAY_UNLESS(refused_call(::syscall(SYS_mount, nullptr, "/", nullptr, MS_REMOUNT, nullptr)));
    SAY_UNLESS(refused_call(::chroot(".")));
    return {};
}

}  // namespace

TEST_CASE("a promise to modify changes files and nothing else") {
    Box box;
    constexpr auto promise = Grant::files | Grant::modify;
    CHECK(confined(box, promise, change, default_grants | Grant::modify) == "");
    CHECK(confined(box, promise, change, default_grants | Grant::scratch) == "");
    // The control: who reads in such a session is held as in any other, and so is who would
    // modify in a session that may not.
    CHECK(confined(box, Grant::files, attack, default_grants | Grant::modify) == "");
    CHECK(confined(box, Grant::files, attack, default_grants | Grant::scratch) == "");
    CHECK(confined(box, promise, [](const target::Target& target) -> std::string {
              SAY_UNLESS(!target.root.create("/made", O_WRONLY | O_CREAT, 0644).has_value());
              SAY_UNLESS(::mkdirat(target.root.fd.get(), "folder", 0755) < 0);
              return {};
          }) == "");
}

TEST_CASE("the root of a session is empty") {
    Box box;
    CHECK(confined(box, Grant::files, [](const target::Target&) -> std::string {
              open_how how{};
              for (const char* path : {"/etc", "/proc", "etc", "../etc/passwd"}) {
                  const long fd = ::syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);
                  SAY_UNLESS(fd < 0 && errno == ENOENT);
              }
              return {};
          }) == "");
}

TEST_CASE("a call of another architecture kills") {
    Box box;
    CHECK(confined(box, Grant::files, [](const target::Target&) -> std::string {
              ::syscall(0x40000000 | SYS_getpid);  // the x32 table
              return "it survived";
          }).find("died of signal " + std::to_string(SIGSYS)) != std::string::npos);
}

namespace {

// Of the box's main process, by a process that promises to trace.
std::string trace(const target::Target& box) {
    const auto outer = target::outer_id(box, box.inner_pid);
    SAY_UNLESS(outer && *outer == box.pid && target::inner_id(box, *outer) == box.inner_pid);
    SAY_UNLESS(target::inner_id(box, *outer, true) == box.inner_pid);
    SAY_UNLESS(!target::outer_id(box, 4194303));
    const auto request = [&](int what, unsigned long data) {
        return ::syscall(SYS_ptrace, what, *outer, 0UL, data);
    };
    SAY_UNLESS(refused_call(request(PTRACE_ATTACH, 0)));
    SAY_UNLESS(refused_call(request(PTRACE_SEIZE, PTRACE_O_EXITKILL)));
    SAY_UNLESS(refused_call(request(PTRACE_SEIZE, PTRACE_O_SUSPEND_SECCOMP)));
    SAY_UNLESS(request(PTRACE_SEIZE, PTRACE_O_TRACESYSGOOD) == 0);
    SAY_UNLESS(request(PTRACE_INTERRUPT, 0) == 0);
    int status = 0;
    SAY_UNLESS(::wait4(*outer, &status, __WALL, nullptr) == *outer && WIFSTOPPED(status));
    user_regs_struct registers{};
    iovec place{&registers, sizeof registers};
    SAY_UNLESS(::syscall(SYS_ptrace, PTRACE_GETREGSET, *outer, NT_PRSTATUS, &place) == 0);
    SAY_UNLESS(refused_call(::syscall(SYS_ptrace, PTRACE_SETREGSET, *outer, NT_PRSTATUS, &place)));
    for (const int what : {PTRACE_POKEDATA, PTRACE_POKETEXT, PTRACE_POKEUSER, PTRACE_SETREGS,
                           PTRACE_SETFPREGS, PTRACE_SETSIGINFO, PTRACE_SETOPTIONS, PTRACE_KILL,
                           PTRACE_TRACEME, PTRACE_SETSIGMASK, PTRACE_SINGLESTEP}) {
        if (!refused_call(request(what, 0))) return "ptrace request " + std::to_string(what);
    }
    char byte = 0;
    iovec here{&byte, 1}, there{&byte, 1};
    SAY_UNLESS(refused_call(::syscall(SYS_process_vm_writev, *outer, &here, 1, &there, 1, 0)));
    SAY_UNLESS(refused_call(::syscall(SYS_process_vm_readv, *outer, &here, 1, &there, 1, 0)));
    SAY_UNLESS(refused_call(::kill(*outer, 0)));
    SAY_UNLESS(refused_call(::syscall(SYS_tgkill, *outer, *outer, SIGCONT)));
    SAY_UNLESS(refused_call(::syscall(SYS_fork)));
    SAY_UNLESS(refused_call(::syscall(SYS_execve, "/x", nullptr, nullptr)));
    SAY_UNLESS(refused_call(::socket(AF_UNIX, SOCK_STREAM, 0)));
    SAY_UNLESS(box.procfs.open(std::to_string(box.inner_pid) + "/mem", O_RDONLY).has_value());
    SAY_UNLESS(!box.procfs.open(std::to_string(box.inner_pid) + "/mem", O_RDWR).has_value());
    SAY_UNLESS(refused_call(request(PTRACE_DETACH, SIGKILL)));
    SAY_UNLESS(request(PTRACE_DETACH, 0) == 0);
    SAY_UNLESS(target::no_more_tracees(box).has_value());
    SAY_UNLESS(refused_call(request(PTRACE_SEIZE, 0)));
    return {};
}

}  // namespace

TEST_CASE("a promise to trace stops and reads processes and changes nothing") {
    Box box;
    constexpr auto grants = default_grants | Grant::trace;
    CHECK(confined(box, Grant::processes | Grant::trace, trace, grants) == "");
    // Before Linux 6.11: the ids are looked up in the node's procfs.
    CHECK(confined(box, Grant::processes | Grant::trace, trace, grants,
                   {"NS_GET_PID_FROM_PIDNS"}) == "");
    CHECK(::kill(box.pid(), 0) == 0);
    // The control: who promises less is held in such a session as in any other.
    CHECK(confined(box, Grant::processes, attack, grants) == "");
    CHECK(confined(box, Grant::files, attack, grants) == "");
}
