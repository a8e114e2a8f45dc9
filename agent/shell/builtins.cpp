// shell/builtins.cpp - the table of commands that run in the shell itself.
#include "shell/builtins.h"

#include "shell/beginnings.h"
#include "shell/shell.h"

#include <array>

namespace limpet::shell {
namespace {

// Sorted by name.
constexpr std::array builtins{
    Builtin{".", "FILE [ARG...]", "run a script in this shell", run_dot, true},
    Builtin{":", "[ARG...]", "do nothing", run_colon, true},
    Builtin{"[", "EXPRESSION ]", "test files, texts and numbers", run_test},
    Builtin{"[[", "EXPRESSION ]]", "the same, with patterns, && and ||", run_test},
    Builtin{"alias", "[NAME[=TEXT]...]", "name a command line", run_alias},
    Builtin{"bg", "[JOB...]", "let stopped jobs run in the background", run_bg},
    Builtin{"break", "[N]", "leave N loops", run_break, true},
    Builtin{"cd", "[-LP] [DIRECTORY|-]", "change the working directory", run_cd},
    Builtin{"command", "[-pvV] NAME [ARG...]", "run a command and no function of that name",
            run_command},
    Builtin{"continue", "[N]", "start the next round of a loop", run_break, true},
    Builtin{"echo", "[-neE] [WORD...]", "print words", run_echo, false, true},
    Builtin{"eval", "[WORD...]", "run words as a script", run_eval, true},
    Builtin{"exec", "[COMMAND [ARG...]]", "become a command, or keep redirections", run_exec, true},
    Builtin{"exit", "[STATUS]", "end the shell", run_exit, true},
    Builtin{"export", "[-p] [NAME[=VALUE]...]", "give variables to commands", run_export, true},
    Builtin{"false", "", "fail", run_false, false, true},
    Builtin{"fg", "[JOB]", "bring a job to the foreground", run_fg},
    Builtin{"getopts", "OPTIONS NAME [ARG...]", "take the next option of a script", run_getopts},
    Builtin{"hash", "[-r] [NAME...]", "remember where programs are", run_hash},
    Builtin{"help", "[NAME]", "list the commands, or explain one", run_help, false, true},
    Builtin{"history", "[-c] [N]", "list what was typed", run_history},
    Builtin{"jobs", "[-lp] [JOB...]", "list jobs", run_jobs},
    Builtin{"kill", "[-SIGNAL] JOB|PID... | -l", "send a signal", run_kill},
    Builtin{"local", "[NAME[=VALUE]...]", "keep variables to a function", run_local},
    Builtin{"printf", "FORMAT [ARG...]", "print words by a format", run_printf, false, true},
    Builtin{"pwd", "[-LP]", "print the working directory", run_pwd, false, true},
    Builtin{"read", "[-r] [-d DELIMITER] [-n COUNT] [-p PROMPT] [-t SECONDS] [NAME...]",
            "read a line into variables", run_read},
    Builtin{"readonly", "[-p] [NAME[=VALUE]...]", "keep variables from changing", run_export, true},
    Builtin{"return", "[STATUS]", "leave a function or a script", run_return, true},
    Builtin{"set", "[-aCefhmnuvx] [-o NAME] [--] [ARG...]", "set options and arguments", run_set,
            true},
    Builtin{"shift", "[N]", "drop the first arguments", run_shift, true},
    Builtin{"source", "FILE [ARG...]", "run a script in this shell", run_dot},
    Builtin{"test", "EXPRESSION", "test files, texts and numbers", run_test, false, true},
    Builtin{"times", "", "print the processor time used", run_times, true},
    Builtin{"trap", "[ACTION SIGNAL...]", "say what a signal does", run_trap, true},
    Builtin{"true", "", "succeed", run_colon, false, true},
    Builtin{"type", "NAME...", "say what a name stands for", run_type, false, true},
    Builtin{"ulimit", "[-HS] [-a|-LETTER] [VALUE]", "limit what processes may use", run_ulimit},
    Builtin{"umask", "[-S] [MODE]", "set which permissions new files lack", run_umask},
    Builtin{"unalias", "-a | NAME...", "forget aliases", run_unalias},
    Builtin{"unset", "[-fv] NAME...", "forget variables or functions", run_unset, true},
    Builtin{"wait", "[JOB|PID...]", "wait for background jobs", run_wait},
};

constexpr auto first_builtin = beginnings(builtins, &Builtin::name);

}  // namespace

const Builtin* find_builtin(std::string_view name) {
    if (name.empty()) return nullptr;
    for (std::size_t i = first_builtin[static_cast<unsigned char>(name[0])];
         i < builtins.size() && builtins[i].name[0] == name[0]; ++i) {
        if (builtins[i].name == name) return &builtins[i];
    }
    return nullptr;
}

std::span<const Builtin> all_builtins() { return builtins; }

int misuse(Shell& shell, const Words& words, std::string_view problem) {
    shell.complain(words[0] + ": " + std::string(problem));
    shell.misused = true;
    return 2;
}

}  // namespace limpet::shell
