// shell/jobcontrol.cpp - the terminal as the shell's own, between jobs.
#include "shell/jobs.h"
#include "shell/shell.h"

#include <unistd.h>

#include <csignal>

namespace limpet::shell {

bool start_job_control(Shell& shell) {
    auto& jobs = shell.jobs;
    if (jobs.terminal >= 0) return true;
    const int terminal = private_copy(2);
    if (terminal < 0) return false;
    // Not ours to control (no controlling terminal, another session's): ENOTTY.
    const pid_t front = ::tcgetpgrp(terminal);
    if (front < 0 || (front != ::getpgrp() && ::getsid(0) != ::tcgetsid(terminal))) {
        ::close(terminal);
        return false;
    }
    // Started in the background: the kernel stops us here until we are brought to the front.
    while (::tcgetpgrp(terminal) != ::getpgrp() && front > 0) {
        struct sigaction action{};
        ::sigaction(SIGTTIN, nullptr, &action);
        if (action.sa_handler == SIG_IGN) break;
        ::kill(0, SIGTTIN);
    }
    jobs.terminal = terminal;
    shell.private_fds.push_back(terminal);
    jobs.own_group = ::getpid();
    // A session's leader has its group already, and may not change it.
    if (::getpgrp() != jobs.own_group) ::setpgid(0, jobs.own_group);
    jobs.own_group = ::getpgrp();
    shell.options[opt_monitor] = true;
    set_interactive_signals(shell);
    ::tcsetpgrp(terminal, jobs.own_group);
    ::tcgetattr(terminal, &jobs.own_modes);
    return true;
}

void stop_job_control(Shell& shell) {
    auto& jobs = shell.jobs;
    if (jobs.terminal < 0) return;
    std::erase(shell.private_fds, jobs.terminal);
    ::close(jobs.terminal);
    jobs.terminal = -1;
}

}  // namespace limpet::shell
