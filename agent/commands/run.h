// commands/run.h - a command as a process: grants checked, confined to its promise, run.
#pragma once

#include "commands/command.h"

#include <sys/types.h>

#include <string>
#include <vector>

namespace limpet::commands {

struct Call {
    const Command& command;
    std::vector<std::string> arguments;  // without the name
    const target::Target& target;
    std::string directory = "/";
    std::vector<std::string> environment = {};
    Aside aside = {};
};

// Whether this call may start other commands, and so must stay as wide as the shell is.
bool runs_commands(const Call& call);

// Exit statuses as shells count them.
inline constexpr int misuse = 2;
inline constexpr int not_allowed = 126;
inline constexpr int not_found = 127;

// For a child that was forked for this command: descriptors 0, 1 and 2 are its own. Checks the
// grants (126), confines the process for good, parses the options (2), runs, flushes.
int run_confined(const Call& call);

// In the calling process, unconfined, on these descriptors: for commands that are `builtin`.
int run_builtin(const Call& call, BorrowedFd in, BorrowedFd out, BorrowedFd error);

// What a child has as its descriptors 0 and 1 instead of ours, and those of ours that it must not
// keep: the ends of other pipes, whose readers would wait for it. There is no exec(2) to close
// them.
struct Ends {
    int in = 0;
    int out = 1;
    std::vector<int> close = {};
};

// fork(2) with `call` in the child, which never returns. The child dies with its parent.
Result<pid_t> start(const Call& call, const Ends& ends = {});
// start, wait: for xargs, find -exec, timeout. The status as shells count it.
Result<int> run_child(const Call& call);

// waitpid(2) with a bound: a child that hangs in the kernel beyond its deadline is left there.
Result<int> wait_for(pid_t child, std::string_view name);

// A wait status as shells count it: the exit status, or 128 + signal.
int shell_status(int wait_status);
// What the parent has to say of a child that died: the file deadline has no other voice. Empty
// when there is nothing to say. "ls: the target's file system did not answer for 10 s …"
std::string epitaph(std::string_view name, int wait_status);

}  // namespace limpet::commands
