// target/deadline.h - a bound on one file operation on the target.
//
// A FUSE or network mount of the target can keep a system call for ever, and only a fatal signal
// ends it (a handler does not run there: security.md E7). So the process arms ITIMER_REAL with
// SIGALRM's default action, death, before it touches the target's files, and its parent turns that
// death into the message. Arming costs a system call only when the state changes or every second.
//
// Not every system call can be ended even so: a request that a FUSE server has taken and never
// answers keeps its asker until the server dies, SIGKILL or not. Who waits for a child therefore
// looks at overdue() as well, and leaves such a child to the kernel.
#pragma once

#include "limpet/error.h"
#include "limpet/fd.h"

#include <sys/types.h>

namespace limpet::target {
struct Target;
}

namespace limpet::target::deadline {

// Only a process whose parent reports the timeout turns the guard on (a forked command).
void enable();
// For a process that waits for people or for others, and guards its looks one by one.
void disable();
[[nodiscard]] bool enabled();

// Once, before the first fork: from then on parents see how long their children have been at it.
void share();
[[nodiscard]] bool shared();
// A child that still lives though its deadline killed it a second ago.
[[nodiscard]] bool overdue(pid_t child);
// Before a read(2) that waits for other processes: poll(2) until there is something to read. 0 when
// nothing will come, because whoever writes into this pipe is such a child and keeps it open; -1
// with errno EINTR.
[[nodiscard]] int await_input(BorrowedFd fd);
// The error of a read for which await_input() gave 0.
Error writer_hangs();

// Before an operation on the target's files / before blocking on anything else (pipes, terminals).
void enter();
void leave();

// One look at the target's files by a process that otherwise waits for people: the shell. Nothing
// in mode here, where the files are the caller's own.
class Guard {
public:
    explicit Guard(const Target& target);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

private:
    bool ours_ = false;  // nobody had turned it on before
};

}  // namespace limpet::target::deadline
