// time.cpp - run a command and tell how long it took, POSIX time.
#include "commands/run.h"

#include <sys/resource.h>

#include <ctime>

namespace limpet::commands {
namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

int run(Invocation& call) {
    if (call.operands.empty()) return call.misused("which command?");
    const auto* command = find(call.operands.front());
    if (!command) {
        call.complain(call.operands.front() + ": there is no such command");
        return not_found;
    }
    const auto begin = now();
    const auto status = run_child({.command = *command,
                                   .arguments = {call.operands.begin() + 1, call.operands.end()},
                                   .target = call.target,
                                   .directory = call.directory,
                                   .environment = call.environment});
    const auto real = now() - begin;
    if (!status) {
        call.complain(status.error());
        return not_allowed;
    }
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    call.error.print("real %.2f\nuser %.2f\nsys %.2f\n", real, seconds(used.ru_utime),
                     seconds(used.ru_stime));
    return *status;
}

constexpr Option options[]{{'p', "portability", "", "the format of POSIX, which it always is"}};

constexpr Command time{
    .name = "time",
    .usage = "[-p] COMMAND [ARG...]",
    .summary = "run a command and tell how long it took",
    .theme = "session",
    .run = run,
    .options = options,
    .help =
        "COMMAND is one of limpet's; of a pipeline, `time sh -c '... | ...'`. The seconds go to\n"
        "standard error: real, user and sys. Status: the command's own.\n\n"
        "Example:\n  time find / -name core\n",
    .operand_ends_options = true,
    .runs_commands = true,
};
const Register registered{time};

}  // namespace
}  // namespace limpet::commands
