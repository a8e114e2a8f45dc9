// sys/process.h - processes: pidfd, fork, wait, namespaces, identity.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace limpet::sys {

// pidfd_open(2); ESRCH when there is no such process, ENOSYS before Linux 5.3.
Result<Fd> pidfd_open(pid_t pid);
// pidfd_send_signal(2); signal 0 asks whether the process still exists (ESRCH: it does not).
Result<> pidfd_send_signal(BorrowedFd pidfd, int signal);

// The kinds of namespaces by their names below /proc/PID/ns, their CLONE_NEW* flag and their
// PIDFD_GET_*_NAMESPACE request (linux/pidfd.h of Linux 6.11; Debian 12's headers are older).
struct NamespaceKind {
    const char* name;
    int flag;
    unsigned long request;
};
extern const NamespaceKind mount_namespace;
extern const NamespaceKind network_namespace;
extern const NamespaceKind pid_namespace;
extern const NamespaceKind uts_namespace;
extern const NamespaceKind user_namespace;

// The namespace of the process behind a pidfd. ENOTTY or EINVAL before Linux 6.11.
Result<Fd> pidfd_namespace(BorrowedFd pidfd, const NamespaceKind& kind);

Result<> setns(BorrowedFd fd, int flag);
Result<> unshare(int flags);

// fork(2).
Result<pid_t> fork();
// waitpid(2), retried on EINTR; the wait status.
Result<int> wait(pid_t pid);
Result<> prctl(int option, unsigned long argument, const char* name);

// A pair of connected SOCK_SEQPACKET sockets: a message is whole or not there.
Result<std::pair<Fd, Fd>> socketpair();
// One message of at most 4 KiB with at most one descriptor (SCM_RIGHTS, unix(7)).
Result<> send_message(BorrowedFd socket, const std::string& bytes, BorrowedFd fd = BorrowedFd(-1));
struct Message {
    std::string bytes;
    Fd fd;
};
// An empty message without a descriptor is the end of file. EAGAIN after `seconds`.
Result<Message> receive_message(BorrowedFd socket, int seconds);

}  // namespace limpet::sys
