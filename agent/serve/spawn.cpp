// serve/spawn.cpp - pipes or a pty, then vfork and exec.
#include "serve/spawn.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace limpet::serve {
namespace {

// The child's ends, in the order of its descriptors 0 to 3.
struct Ends {
    Fd in;
    Fd out;
    Fd error;
    Fd control;
};

// dup2 onto 0..3 must not hit an end that is still to be moved.
Result<Fd> above_three(Fd fd) {
    if (fd.get() > 3) return fd;
    const int moved = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 4);
    if (moved < 0) return failed("dup", "");
    return Fd(moved);
}

Result<> make_nonblocking(BorrowedFd fd) {
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0) {
        return failed("fcntl", "O_NONBLOCK");
    }
    return {};
}

// 1 MiB, the most that an unprivileged user may ask for; when refused the pipe stays at 64 KiB.
Result<std::pair<Fd, Fd>> wide_pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe", "");
    ::fcntl(ends[0], F_SETPIPE_SZ, 1024 * 1024);
    return std::pair(Fd(ends[0]), Fd(ends[1]));
}

Result<> open_pipes(Child& child, Ends& ends) {
    auto [in_read, in_write] = TRY(wide_pipe());
    auto [out_read, out_write] = TRY(wide_pipe());
    auto [error_read, error_write] = TRY(wide_pipe());
    child.in = std::move(in_write);
    child.out = std::move(out_read);
    child.error = std::move(error_read);
    ends.in = std::move(in_read);
    ends.out = std::move(out_write);
    ends.error = std::move(error_write);
    return make_nonblocking(child.error);
}

// What a login shell finds on a fresh terminal, in UTF-8.
Result<> make_sane(BorrowedFd slave) {
    termios modes{};
    if (::tcgetattr(slave.get(), &modes) != 0) return failed("tcgetattr", "pty");
    modes.c_iflag = ICRNL | IXON | IMAXBEL | IUTF8;
    modes.c_oflag = OPOST | ONLCR;
    modes.c_cflag = CREAD | CS8 | HUPCL;
    modes.c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
    ::cfsetispeed(&modes, B38400);
    ::cfsetospeed(&modes, B38400);
    if (::tcsetattr(slave.get(), TCSANOW, &modes) != 0) return failed("tcsetattr", "pty");
    return {};
}

Result<Fd> open_master() {
    constexpr int flags = O_RDWR | O_NOCTTY | O_CLOEXEC;
    int fd = ::open("/dev/ptmx", flags);
    if (fd < 0) fd = ::open("/dev/pts/ptmx", flags);  // a devpts of its own without the link
    if (fd < 0) return failed("open", "/dev/ptmx");
    return Fd(fd);
}

Result<> open_terminal(Child& child, Ends& ends, const Open& open) {
    child.out = TRY(open_master());
    int locked = 0;
    if (::ioctl(child.out.get(), TIOCSPTLCK, &locked) != 0) return failed("unlock", "pty");
    // By the master's descriptor, not by name: /dev/pts need not be this pty's devpts.
    const int slave = ::ioctl(child.out.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0) return failed("open", "pty");
    ends.in = Fd(slave);
    TRY(make_sane(ends.in));
    TRY(resize(child.out, open.rows, open.columns));
    for (Fd* end : {&ends.out, &ends.error}) {
        const int copy = ::fcntl(slave, F_DUPFD_CLOEXEC, 4);
        if (copy < 0) return failed("dup", "pty");
        *end = Fd(copy);
    }
    const int copy = ::fcntl(child.out.get(), F_DUPFD_CLOEXEC, 4);
    if (copy < 0) return failed("dup", "pty");
    child.in = Fd(copy);
    return {};
}

// In the vfork child: memory is the parent's, so it only makes system calls and stores `failure`.
[[noreturn]] void become(const Program& program, char* const* arguments, const int (&ends)[4],
                         pid_t parent, volatile int& failure) {
    // The parent may have died before prctl: then nobody is left to ask for the session.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    for (int i = 0; i < 4; ++i) {
        if (::dup2(ends[i], i) < 0) {
            failure = errno;
            ::_exit(127);
        }
    }
    // Everything of ours is close-on-exec already; this is for what a library opened without.
    // ENOSYS before 5.9 and EINVAL before 5.11 leave it at that.
    ::syscall(SYS_close_range, 4U, ~0U, CLOSE_RANGE_CLOEXEC);
    // exec(2) resets handlers, but what is ignored stays ignored (SIGPIPE by us, SIGHUP by nohup).
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    if (program.descriptors.rlim_max != 0) ::setrlimit(RLIMIT_NOFILE, &program.descriptors);
    char* const environment[] = {nullptr};
    ::syscall(SYS_execveat, program.fd.get(), "", arguments, environment, AT_EMPTY_PATH);
    failure = errno;
    ::_exit(127);
}

// vfork, not fork: the parent's pages need no copying, and an exec that fails leaves its errno in
// our memory.
__attribute__((noinline)) Result<pid_t> launch(const Program& program, const int (&ends)[4]) {
    std::vector<char*> arguments;
    for (const auto& argument : program.arguments) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    char* const* const words = arguments.data();
    const pid_t parent = ::getpid();
    volatile int failure = 0;
    // No handler of ours may run in the child, on our memory.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, &before);
    const pid_t pid = ::vfork();
    if (pid == 0) become(program, words, ends, parent, failure);
    const int fork_failure = errno;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    if (pid < 0) return failed("fork", "session", fork_failure);
    // The dead child is reaped like every other; nobody waits for this one.
    if (failure != 0) return failed("execute", "session", failure);
    return pid;
}

}  // namespace

Result<> resize(BorrowedFd master, std::uint16_t rows, std::uint16_t columns) {
    winsize size{};
    size.ws_row = rows;
    size.ws_col = columns;
    if (::ioctl(master.get(), TIOCSWINSZ, &size) != 0) return failed("resize", "pty");
    return {};
}

Result<Child> spawn(const Program& program, const Open& open) {
    Child child;
    Ends ends;
    TRY(open.tty ? open_terminal(child, ends, open) : open_pipes(child, ends));
    int control[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0) {
        return failed("socketpair", "");
    }
    child.control = Fd(control[0]);
    ends.control = Fd(control[1]);
    TRY(make_nonblocking(child.in));
    TRY(make_nonblocking(child.out));
    if (open.aside) TRY(make_nonblocking(child.control));
    for (Fd* end : {&ends.in, &ends.out, &ends.error, &ends.control}) {
        *end = TRY(above_three(std::move(*end)));
    }
    child.pid =
        TRY(launch(program, {ends.in.get(), ends.out.get(), ends.error.get(), ends.control.get()}));
    return child;
}

}  // namespace limpet::serve
