// shell/interactive.cpp - the shell at a prompt.
#include "shell/interactive.h"

#include "shell/execute.h"
#include "shell/expand.h"
#include "shell/shell.h"

#include <unistd.h>

namespace limpet::shell {
namespace {

struct Reader {
    Shell& shell;
};

std::string prompt(Shell& shell, bool continued) {
    const auto* given = shell.variables.get(continued ? sym_PS2 : sym_PS1);
    if (given) return expand_prompt(shell, *given);
    return continued ? "> " : "$ ";
}

bool read_line(void* context, std::string& text, bool continued) {
    auto& shell = static_cast<Reader*>(context)->shell;
    report_jobs(shell);
    write_fd(2, prompt(shell, continued));
    const auto before = text.size();
    for (;;) {
        char byte = 0;
        const auto got = ::read(0, &byte, 1);
        if (got < 0 && errno == EINTR) {
            run_traps(shell);
            if (!shell.leaving()) continue;
            write_fd(2, "\n");
            return false;
        }
        if (got <= 0) return text.size() > before;
        if (byte != '\0') text += byte;
        if (byte == '\n') return true;
    }
}

// The end of the session, unless stopped jobs would be lost by surprise.
bool may_end(Shell& shell) {
    if (!has_stopped(shell) || shell.stopped_warned) return true;
    shell.complain("there are stopped jobs (jobs lists them; exit again ends them)");
    shell.stopped_warned = true;
    return false;
}

}  // namespace

int run_interactive(Shell& shell, const std::string* first) {
    start_job_control(shell);
    set_interactive_signals(shell);
    if (first) {
        run_text(shell, *first);
    }
    while (!first && shell.flow != Flow::leave_shell) {
        Reader reader{shell};
        Source source(read_line, &reader);
        shell.flow = Flow::none;
        run_source(shell, source);
        if (shell.flow == Flow::none && may_end(shell)) break;
    }
    run_exit_trap(shell);
    stop_job_control(shell);
    return shell.status & 255;
}

}  // namespace limpet::shell
