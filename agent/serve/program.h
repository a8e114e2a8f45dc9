// serve/program.h - what every session executes: this program itself, from a sealed copy.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <sys/resource.h>

#include <string>
#include <vector>

namespace limpet::serve {

struct Program {
    Fd fd;
    std::vector<std::string> arguments;  // argv, its name included
    rlimit descriptors{};                // RLIMIT_NOFILE that it gets back; zero: ours
};

// A memfd copy of /proc/self/exe that nobody can change any more. A process that a target gets
// hold of (its /proc/PID/exe reopened for writing, CVE-2019-5736) then leads to a file which
// refuses writes, and never to the program on the node's disk.
Result<Program> seal_own_program();

// The file itself. In a container of its own it is nobody else's program, a copy would be charged
// to the pod's memory, and only from there does exec(2) give its file capabilities.
Result<Program> own_program();

}  // namespace limpet::serve
