// box.cpp - a container made by the test itself.
#include "kernel/box.h"

#include <catch2/catch.hpp>

#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <string_view>

namespace limpet::testing {
namespace {

void check(bool done, const char* step) {
    if (done) return;
    ::dprintf(2, "box: %s: %s\n", step, std::strerror(errno));
    ::_exit(1);
}

void put(const char* path, const char* text, mode_t mode) {
    const int fd = ::open(path, O_CREAT | O_WRONLY | O_TRUNC, mode);
    check(fd >= 0 && ::write(fd, text, std::strlen(text)) >= 0, path);
    ::close(fd);
}

void furnish() {
    for (const char* folder : {"etc", "proc", "sub", "old"}) {
        check(::mkdir(folder, 0755) == 0, folder);
    }
    put("etc/hostname", "box\n", 0644);
    put("secret", "secret\n", 0600);
    check(::chown("secret", 1000, 1000) == 0, "chown");
    check(::symlink("/etc/hostname", "link") == 0, "symlink");
    check(::symlink("../../../../etc/hostname", "escape") == 0, "symlink");
    check(::mkfifo("fifo", 0666) == 0, "mkfifo");
    sockaddr_un address{.sun_family = AF_UNIX, .sun_path = "socket"};
    const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
    check(::bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0, "bind");
    check(::mount("none", "sub", "tmpfs", 0, nullptr) == 0, "mount sub");
    put("sub/below", "below\n", 0644);
}

// Runs as pid 1 of its namespace until it is killed.
[[noreturn]] void live(int ready) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    check(::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0, "private");
    // On top of /tmp, in this namespace only.
    check(::mount("none", "/tmp", "tmpfs", 0, nullptr) == 0, "tmpfs");
    check(::chdir("/tmp") == 0, "chdir");
    furnish();
    check(::syscall(SYS_pivot_root, ".", "old") == 0, "pivot_root");
    check(::chdir("/") == 0, "chdir");
    check(::mount("proc", "/proc", "proc", 0, nullptr) == 0, "proc");
    check(::umount2("/old", MNT_DETACH) == 0, "umount");
    check(::sethostname("boxed", 5) == 0, "sethostname");
    check(::setresgid(1000, 1000, 1000) == 0 && ::setresuid(1000, 1000, 1000) == 0, "setuid");
    check(::write(ready, "r", 1) == 1, "ready");
    ::close(ready);
    for (;;) ::pause();
}

void answer_enosys(const std::initializer_list<const char*>& calls) {
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_ALLOW);
    for (const std::string_view special : calls) {
        if (special == "pidns=") {
            // FSCONFIG_SET_FD (5): EINVAL is what a procfs before 6.17 says of that option.
            check(seccomp_rule_add(context, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(fsconfig), 1,
                                   SCMP_A1(SCMP_CMP_EQ, 5)) == 0,
                  "pidns=");
        } else if (special == "PIDFD_GET_NAMESPACE") {
            // ioctl(2) of type 0xFF: ENOTTY is what a pidfd before 6.11 says.
            check(seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1,
                                   SCMP_A1(SCMP_CMP_MASKED_EQ, 0xff00, 0xff00)) == 0,
                  "PIDFD_GET_NAMESPACE");
        } else if (special == "NS_GET_PID_FROM_PIDNS") {
            // Of type 0xB7: what a namespace before 6.11 says of it.
            check(seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1,
                                   SCMP_A1(SCMP_CMP_MASKED_EQ, 0xff00, 0xb700)) == 0,
                  "NS_GET_PID_FROM_PIDNS");
        }
    }
    for (const char* name : calls) {
        const std::string_view word(name);
        if (word == "pidns=" || word.find("_GET_") != word.npos) continue;
        const int call = seccomp_syscall_resolve_name(name);
        check(call != __NR_SCMP_ERROR, name);
        check(seccomp_rule_add(context, SCMP_ACT_ERRNO(ENOSYS), call, 0) == 0, name);
    }
    check(seccomp_load(context) == 0, "seccomp");
    seccomp_release(context);
}

}  // namespace

Box::Box() {
    int ready[2];
    REQUIRE(::pipe2(ready, O_CLOEXEC) == 0);
    constexpr int flags =
        CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | SIGCHLD;
    pid_ = static_cast<pid_t>(::syscall(SYS_clone, flags, nullptr, nullptr, nullptr, nullptr));
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) live(ready[1]);
    ::close(ready[1]);
    char byte = 0;
    const auto got = ::read(ready[0], &byte, 1);
    ::close(ready[0]);
    REQUIRE(got == 1);
}

void Box::kill() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
}

Box::~Box() { kill(); }

std::string in_child(const std::function<std::string()>& body,
                     const std::initializer_list<const char*>& missing_calls) {
    int answer[2];
    REQUIRE(::pipe2(answer, O_CLOEXEC) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::alarm(60);
        if (missing_calls.size() > 0) answer_enosys(missing_calls);
        const auto reason = body();
        (void)!::write(answer[1], reason.data(), reason.size());
        ::_exit(0);
    }
    ::close(answer[1]);
    std::string reason;
    char bytes[4096];
    for (;;) {
        const auto got = ::read(answer[0], bytes, sizeof bytes);
        if (got <= 0) break;
        reason.append(bytes, static_cast<std::size_t>(got));
    }
    ::close(answer[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status)) reason += " (died of signal " + std::to_string(WTERMSIG(status)) + ")";
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) reason += " (exited)";
    return reason;
}

}  // namespace limpet::testing
