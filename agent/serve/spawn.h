// serve/spawn.h - start a session's process with its streams.
#pragma once

#include "limpet/fd.h"
#include "limpet/message.h"
#include "limpet/result.h"
#include "serve/program.h"

#include <sys/types.h>

namespace limpet::serve {

// Our ends; all but a `control` that nothing comes back on are non-blocking. With a terminal `in`
// and `out` are both the pty's master, and there is no `error`.
struct Child {
    pid_t pid = -1;
    Fd in;
    Fd out;
    Fd error;
    Fd control;  // the other end is the session's descriptor 3
};

// Executes `program` with an empty environment, signals at their defaults and no descriptors but
// 0, 1, 2 and 3. It is killed when we die.
Result<Child> spawn(const Program& program, const Open& open);

Result<> resize(BorrowedFd master, std::uint16_t rows, std::uint16_t columns);

}  // namespace limpet::serve
