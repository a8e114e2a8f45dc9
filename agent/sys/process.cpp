// sys/process.cpp - processes: pidfd, fork, wait, namespaces.
#include "sys/process.h"

#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

namespace limpet::sys {

const NamespaceKind mount_namespace{"mnt", CLONE_NEWNS, _IO(0xFF, 3)};
const NamespaceKind network_namespace{"net", CLONE_NEWNET, _IO(0xFF, 4)};
const NamespaceKind pid_namespace{"pid", CLONE_NEWPID, _IO(0xFF, 5)};
const NamespaceKind user_namespace{"user", CLONE_NEWUSER, _IO(0xFF, 9)};
const NamespaceKind uts_namespace{"uts", CLONE_NEWUTS, _IO(0xFF, 10)};

Result<Fd> pidfd_open(pid_t pid) {
    const long fd = ::syscall(SYS_pidfd_open, pid, 0);
    if (fd < 0) return failed("pidfd_open", std::to_string(pid));
    return Fd(static_cast<int>(fd));
}

Result<> pidfd_send_signal(BorrowedFd pidfd, int signal) {
    if (::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0) != 0) {
        return failed("pidfd_send_signal", std::to_string(signal));
    }
    return {};
}

Result<Fd> pidfd_namespace(BorrowedFd pidfd, const NamespaceKind& kind) {
    const int fd = ::ioctl(pidfd.get(), kind.request, 0);
    if (fd < 0) return failed("PIDFD_GET_NAMESPACE", kind.name);
    return Fd(fd);
}

Result<> setns(BorrowedFd fd, int flag) {
    if (::setns(fd.get(), flag) != 0) return failed("setns", std::to_string(flag));
    return {};
}

Result<> unshare(int flags) {
    if (::unshare(flags) != 0) return failed("unshare", std::to_string(flags));
    return {};
}

Result<pid_t> fork() {
    const pid_t child = ::fork();
    if (child < 0) return failed("fork", "");
    return child;
}

Result<int> wait(pid_t pid) {
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) return failed("wait", std::to_string(pid));
    }
    return status;
}

Result<> prctl(int option, unsigned long argument, const char* name) {
    if (::prctl(option, argument, 0, 0, 0) != 0) return failed("prctl", name);
    return {};
}

Result<std::pair<Fd, Fd>> socketpair() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        return failed("socketpair", "");
    }
    return std::pair(Fd(ends[0]), Fd(ends[1]));
}

Result<> send_message(BorrowedFd socket, const std::string& bytes, BorrowedFd fd) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (fd.get() >= 0) {
        message.msg_control = control;
        message.msg_controllen = sizeof control;
        cmsghdr* header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(int));
        const int number = fd.get();
        std::memcpy(CMSG_DATA(header), &number, sizeof number);
    }
    for (;;) {
        if (::sendmsg(socket.get(), &message, MSG_NOSIGNAL) >= 0) return {};
        if (errno != EINTR) return failed("sendmsg", "");
    }
}

Result<Message> receive_message(BorrowedFd socket, int seconds) {
    pollfd waiting{socket.get(), POLLIN, 0};
    for (;;) {
        const int ready = ::poll(&waiting, 1, seconds * 1000);
        if (ready > 0) break;
        if (ready == 0) return failed("recvmsg", "", EAGAIN);
        if (errno != EINTR) return failed("poll", "");
    }
    char bytes[4096];
    iovec part{bytes, sizeof bytes};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const auto size = ::recvmsg(socket.get(), &message, MSG_CMSG_CLOEXEC);
    if (size < 0) return failed("recvmsg", "");
    Message received{std::string(bytes, static_cast<std::size_t>(size)), Fd()};
    const cmsghdr* header = CMSG_FIRSTHDR(&message);
    if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
        int number = -1;
        std::memcpy(&number, CMSG_DATA(header), sizeof number);
        received.fd.reset(number);
    }
    return received;
}

}  // namespace limpet::sys
