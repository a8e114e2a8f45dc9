// target/signaller.cpp - the one process of a session that may signal the target's.
#include "target/signaller.h"

#include "parse/number.h"
#include "sys/file.h"
#include "sys/process.h"
#include "target/confine.h"

#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstring>
#include <utility>

namespace limpet::target {
namespace {

// NS_GET_TGID_FROM_PIDNS of linux/nsfs.h since 6.11: a number there as one of ours.
constexpr unsigned long tgid_from_namespace = _IOR(0xb7, 0x7, int);

struct Request {
    std::int32_t sets_priority = 0;
    std::int32_t value = 0;  // the signal, or the priority
    std::int32_t pid = 0;
};
// With each come the process's directory and a pipe for the answer, an errno.
constexpr std::size_t passed = 2;

int signal_through(int directory, int signal) {
    return ::syscall(SYS_pidfd_send_signal, directory, signal, nullptr, 0) == 0 ? 0 : errno;
}

// The number is the process's for as long as it lives, and it still lives when the number has been
// looked up. That it ends right then, and the number is another's at once, no call could rule out.
int priority_of(int directory, pid_t pid, int priority, const Fd& space) {
    if (space) pid = ::ioctl(space.get(), tgid_from_namespace, pid);
    if (pid <= 0) return errno;
    if (const int gone = signal_through(directory, 0); gone != 0) return gone;
    return ::setpriority(PRIO_PROCESS, static_cast<id_t>(pid), priority) == 0 ? 0 : errno;
}

int perform(const Request& request, int directory, const Fd& space) {
    return request.sets_priority ? priority_of(directory, request.pid, request.value, space)
                                 : signal_through(directory, request.value);
}

union Control {
    cmsghdr header;
    char bytes[CMSG_SPACE(passed * sizeof(int))];
};

// One request with its descriptors; false at the end.
bool receive(int socket, Request& request, std::array<int, passed>& fds) {
    iovec part{&request, sizeof request};
    Control control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    fds.fill(-1);
    const auto got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (got <= 0) return false;
    const auto* header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        const auto size = std::min(header->cmsg_len - CMSG_LEN(0), sizeof fds);
        std::memcpy(fds.data(), CMSG_DATA(header), size);
    }
    if (got != sizeof request) request = {.value = -1};
    return true;
}

[[noreturn]] void serve(const Fd& socket, const Fd& space, std::uint64_t procfs) {
    const auto device = [](int fd) -> std::uint64_t {
        const auto status = sys::statx(BorrowedFd(fd), "", 0);
        return status ? (std::uint64_t{status->stx_dev_major} << 32 | status->stx_dev_minor) : 0;
    };
    Request request;
    std::array<int, passed> fds{};
    while (receive(socket.get(), request, fds)) {
        // Of the target's own procfs, and of no other.
        const std::int32_t result =
            device(fds[0]) == procfs && procfs != 0 ? perform(request, fds[0], space) : EPERM;
        if (::write(fds[1], &result, sizeof result) < 0) {
            // Who asked has gone.
        }
        for (const int fd : fds) {
            if (fd >= 0) ::close(fd);
        }
    }
    ::_exit(0);
}

Result<> ask(const Target& target, const Directory& process, const Request& request) {
    auto [reading, writing] = TRY(sys::pipe());
    Request sent = request;
    iovec part{&sent, sizeof sent};
    Control control{};
    const int fds[passed]{process.fd.get(), writing.get()};
    control.header.cmsg_level = SOL_SOCKET;
    control.header.cmsg_type = SCM_RIGHTS;
    control.header.cmsg_len = CMSG_LEN(sizeof fds);
    std::memcpy(CMSG_DATA(&control.header), fds, sizeof fds);
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = &control;
    message.msg_controllen = sizeof control;
    if (::sendmsg(target.signaller.get(), &message, MSG_NOSIGNAL) < 0) {
        return failed("ask for it", process.name);
    }
    writing.reset();
    std::int32_t result = 0;
    const auto got = TRY(sys::read(reading, &result, sizeof result));
    if (got != sizeof result) return refused("signal", "the session's signaller has ended");
    if (result != 0) {
        return failed(request.sets_priority ? "set the priority of" : "signal",
                      std::to_string(request.pid), result);
    }
    return {};
}

Result<> confined_signaller() {
    sigset_t all;
    ::sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    return confine_signaller();
}

}  // namespace

Result<pid_t> start_signaller(Target& target) {
    auto [ours, its] = TRY(sys::socketpair());
    const auto status = TRY(sys::statx(target.procfs.fd, "", 0));
    const auto procfs = std::uint64_t{status.stx_dev_major} << 32 | status.stx_dev_minor;
    // Beside the target its numbers are ours; before Linux 6.11 there is no way to ask.
    Fd space;
    if (target.mode == Mode::node) {
        if (auto found = sys::pidfd_namespace(target.pidfd, sys::pid_namespace)) {
            space = *std::move(found);
        }
    }
    const pid_t parent = ::getpid();
    const pid_t child = TRY(sys::fork());
    if (child > 0) {
        target.signaller = std::move(ours);
        return child;
    }
    // Nothing of the session stays with it but the socket and the namespace.
    constexpr int out_of_the_way = 64;
    const int high = ::fcntl(its.get(), F_DUPFD_CLOEXEC, out_of_the_way);
    const int higher = space ? ::fcntl(space.get(), F_DUPFD_CLOEXEC, out_of_the_way) : -1;
    ::dup2(high, 0);
    if (higher >= 0) ::dup2(higher, 1);
    ::close_range(higher >= 0 ? 2 : 1, ~0U, 0);
    const Fd socket(0), names(higher >= 0 ? 1 : -1);
    if (!confined_signaller()) ::_exit(125);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(125);
    serve(socket, names, procfs);
}

Result<> send_signal(const Target& target, const Directory& process, int signal) {
    const auto name = process.name.substr(process.name.rfind('/') + 1);
    if (target.signaller) {
        return ask(target, process,
                   {.value = signal, .pid = parse::number<pid_t>(name).value_or(0)});
    }
    const int code = signal_through(process.fd.get(), signal);
    if (code != 0) return failed("signal", name, code);
    return {};
}

Result<> set_priority(const Target& target, const Directory& process, pid_t pid, int priority) {
    if (target.signaller) {
        auto done = ask(target, process, {.sets_priority = 1, .value = priority, .pid = pid});
        if (!done && done.error().code == ENOTTY) done.error().hint() = "needs Linux 6.11";
        return done;
    }
    const int code = priority_of(process.fd.get(), pid, priority, {});
    if (code != 0) return failed("set the priority of", std::to_string(pid), code);
    return {};
}

}  // namespace limpet::target
