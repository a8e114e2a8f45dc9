// shell/jobs.cpp - children of the shell as jobs.
#include "shell/jobs.h"

#include "commands/run.h"
#include "shell/shell.h"
#include "target/deadline.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <csignal>

namespace limpet::shell {
namespace {

void set_foreground(const Shell& shell, pid_t group) {
    if (shell.jobs.terminal >= 0) ::tcsetpgrp(shell.jobs.terminal, group);
}

// In every child: the state of a subshell, and nothing that is the parent's only.
void become_subshell(Shell& shell, pid_t parent, bool ignore_keyboard) {
    if (!shell.here()) {
        // What a session has started goes with it.
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (::getppid() != parent) ::_exit(128 + SIGKILL);
    }
    reset_traps(shell, ignore_keyboard);
    for (const int fd : shell.private_fds) ::close(fd);
    shell.private_fds.clear();
    shell.jobs.terminal = -1;
    shell.jobs.foreign = true;
    shell.options[opt_monitor] = false;
    shell.subshell = true;
    shell.capture = nullptr;
}

void note(Shell& shell, pid_t pid, int status) {
    for (auto& job : shell.jobs.list) {
        for (auto& process : job.processes) {
            if (process.pid != pid || process.state == ProcessState::ended) continue;
            const auto before = state(job);
            process.status = status;
            process.state = WIFSTOPPED(status)     ? ProcessState::stopped
                            : WIFCONTINUED(status) ? ProcessState::running
                                                   : ProcessState::ended;
            if (state(job) != before) job.reported = false;
            return;
        }
    }
}

// The child that is overdue as if its deadline had killed it; 0 when none is.
pid_t overdue_child(const Shell& shell) {
    for (const auto& job : shell.jobs.list) {
        for (const auto& process : job.processes) {
            if (process.state == ProcessState::running && target::deadline::overdue(process.pid)) {
                return process.pid;
            }
        }
    }
    return 0;
}

// A Ctrl-C that came before the job was there to get it: when the shell itself was in front.
void pass_on_interrupt(const Shell& shell, const Job& job) {
    if (!shell.at_prompt() || job.group == 0) return;
    const bool trapped = shell.traps.actions[SIGINT].has_value();
    if (trapped ? pending_trap(shell) == SIGINT : take_interrupt()) ::kill(-job.group, SIGINT);
}

// The job learns that the session is over, also when it is stopped.
void hang_up(const Job& job) {
    for (const int signal : {SIGHUP, SIGCONT}) {
        if (job.group != 0) {
            ::kill(-job.group, signal);
        } else {
            for (const auto& process : job.processes) ::kill(process.pid, signal);
        }
    }
}

// waitpid(2) of any child. In a target a child may hang where no signal reaches it: that one
// counts as killed by its deadline, and the kernel keeps it. SIGCHLD is blocked meanwhile, so that
// sigtimedwait(2) gets it; another signal ends the wait with EINTR, as it would waitpid's.
pid_t wait_for_any(const Shell& shell, int& status, int flags) {
    const bool at_once = (flags & WNOHANG) != 0;
    if (at_once || (shell.here() && !shell.at_prompt())) return ::waitpid(-1, &status, flags);
    sigset_t ended, before;
    ::sigemptyset(&ended);
    ::sigaddset(&ended, SIGCHLD);
    if (shell.at_prompt()) {
        for (const int one : {SIGINT, SIGHUP}) ::sigaddset(&ended, one);
    }
    ::sigprocmask(SIG_BLOCK, &ended, &before);
    pid_t child = 0;
    while ((child = ::waitpid(-1, &status, flags | WNOHANG)) == 0) {
        if ((child = overdue_child(shell)) != 0) {
            status = SIGALRM;
            break;
        }
        constexpr timespec look_again{.tv_sec = 1, .tv_nsec = 0};
        const int signal = ::sigtimedwait(&ended, nullptr, &look_again);
        if (signal == SIGINT || signal == SIGHUP) note_signal(signal);
        if (signal == SIGINT || signal == SIGHUP || (signal < 0 && errno == EINTR)) {
            child = -1;
            errno = EINTR;
            break;
        }
    }
    const int problem = errno;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    errno = problem;
    return child;
}

// One waitpid(2); false when there is nothing to wait for or a signal came.
bool wait_once(Shell& shell, int flags) {
    if (shell.on(opt_monitor)) flags |= WUNTRACED;
    int status = 0;
    const pid_t pid = wait_for_any(shell, status, flags);
    if (pid > 0) {
        note(shell, pid, status);
        return true;
    }
    if (pid < 0 && errno == ECHILD) {
        // Someone else waited: there is no one left who could tell.
        for (auto& job : shell.jobs.list) {
            for (auto& process : job.processes) process.state = ProcessState::ended;
        }
    }
    return false;
}

void tell_of_death(Shell& shell, const Job& job) {
    for (const auto& process : job.processes) {
        if (const auto line = commands::epitaph(process.name, process.status); !line.empty()) {
            write_fd(2, line + '\n');
            return;
        }
    }
    const int wait_status = job.processes.back().status;
    if (!WIFSIGNALED(wait_status)) return;
    const int signal = WTERMSIG(wait_status);
    if (signal == SIGINT && shell.at_prompt()) return write_fd(2, "\n");
    if (signal == SIGINT || signal == SIGPIPE) return;
    std::string line = ::sigdescr_np(signal) ? ::sigdescr_np(signal) : "Signal";
    if (WCOREDUMP(wait_status)) line += " (core dumped)";
    write_fd(2, line + '\n');
}

void take_terminal_back(Shell& shell, Job& job) {
    if (shell.jobs.terminal < 0) return;
    if (state(job) == ProcessState::stopped) {
        job.has_modes = ::tcgetattr(shell.jobs.terminal, &job.modes) == 0;
    }
    set_foreground(shell, shell.jobs.own_group);
    const int wait_status = job.processes.back().status;
    // A command that went well may have changed the modes on purpose (stty).
    if (state(job) == ProcessState::ended && WIFEXITED(wait_status)) {
        ::tcgetattr(shell.jobs.terminal, &shell.jobs.own_modes);
    } else {
        ::tcsetattr(shell.jobs.terminal, TCSADRAIN, &shell.jobs.own_modes);
    }
}

}  // namespace

Job& add_job(Shell& shell, std::string_view text) {
    // Jobs that ended and were told of make room; scripts start many.
    auto& list = shell.jobs.list;
    if (shell.jobs.foreign) {
        list.clear();
        shell.jobs.recent.clear();
        shell.jobs.foreign = false;
    }
    while (!list.empty() && list.front().processes.empty() && list.front().number == 0) {
        list.pop_front();
    }
    list.emplace_back();
    list.back().text = text;
    return list.back();
}

void number_job(Shell& shell, Job& job) {
    if (job.number == 0) {
        int number = 1;
        const auto taken = [&](const Job& other) { return other.number == number; };
        while (std::ranges::any_of(shell.jobs.list, taken)) ++number;
        job.number = number;
    }
    std::erase(shell.jobs.recent, job.number);
    shell.jobs.recent.push_back(job.number);
}

void remove_job(Shell& shell, const Job& job) {
    std::erase(shell.jobs.recent, job.number);
    const auto place =
        std::ranges::find_if(shell.jobs.list, [&](const Job& other) { return &other == &job; });
    if (place == shell.jobs.list.end()) return;
    // Erasing in the middle of a deque would move others that are referred to.
    if (std::next(place) == shell.jobs.list.end()) {
        shell.jobs.list.pop_back();
    } else {
        *place = Job{};
    }
}

pid_t fork_plain(Shell& shell) {
    const pid_t parent = ::getpid();
    // A SIGINT that comes now is for both; one that came before the fork, for the child too.
    const SignalsBlocked blocked(Blocked::all);
    const bool interrupted = shell.at_prompt() && pending_trap(shell) == SIGINT;
    const pid_t child = ::fork();
    if (child > 0 && interrupted) ::kill(child, SIGINT);
    if (child < 0) {
        shell.give_up("fork: " + std::string(::strerrordesc_np(errno)));
        return -1;
    }
    if (child == 0) become_subshell(shell, parent, false);
    return child;
}

pid_t fork_process(Shell& shell, Job& job, bool background, std::string_view name) {
    const bool monitor = shell.on(opt_monitor);
    const int terminal = shell.jobs.terminal;
    const pid_t parent = ::getpid();
    const SignalsBlocked blocked(Blocked::all);
    const pid_t child = ::fork();
    if (child < 0) {
        shell.give_up("fork: " + std::string(::strerrordesc_np(errno)));
        return -1;
    }
    if (child > 0) {
        if (monitor) {
            if (job.group == 0) job.group = child;
            // In both, because either may run first.
            ::setpgid(child, job.group);
        }
        job.processes.push_back({.pid = child, .name = std::string(name)});
        return child;
    }
    if (monitor) {
        const pid_t group = job.group == 0 ? ::getpid() : job.group;
        ::setpgid(0, group);
        if (!background && terminal >= 0) ::tcsetpgrp(terminal, group);
    }
    const bool first = job.processes.empty();
    become_subshell(shell, parent, background && !monitor);
    if (background && !monitor && first) {
        // XCU 2.9.3.1: without job control an asynchronous list reads nothing.
        ::dup2(shell.target.null.get(), 0);
    }
    return 0;
}

void end_process(Shell& shell) {
    run_exit_trap(shell);
    ::_exit(shell.status & 255);
}

ProcessState state(const Job& job) {
    auto worst = ProcessState::ended;
    for (const auto& process : job.processes) {
        if (process.state == ProcessState::running) return ProcessState::running;
        if (process.state == ProcessState::stopped) worst = ProcessState::stopped;
    }
    return worst;
}

int status(const Job& job, bool pipefail) {
    if (job.processes.empty()) return 0;
    int result = commands::shell_status(job.processes.back().status);
    if (!pipefail) return result;
    for (const auto& process : job.processes) {
        if (const int one = commands::shell_status(process.status); one != 0) result = one;
    }
    return result;
}

int wait_foreground(Shell& shell, Job& job) {
    if (shell.jobs.terminal >= 0 && job.group != 0) set_foreground(shell, job.group);
    pass_on_interrupt(shell, job);
    while (state(job) == ProcessState::running) {
        if (hung_up(shell)) hang_up(job);
        wait_once(shell, 0);
    }
    job.reported = true;
    if (job.group != 0) take_terminal_back(shell, job);
    const int result = status(job, shell.on(opt_pipefail));
    if (state(job) == ProcessState::stopped) {
        number_job(shell, job);
        job.background = true;
        write_fd(2, "\n" + job_line(shell, job, false));
        if (shell.at_prompt() && shell.loops > 0) {
            // The loop ends: its next round would take the terminal again.
            shell.status = result;
            shell.flow = Flow::interrupt;
        }
        return result;
    }
    tell_of_death(shell, job);
    const int last = job.processes.back().status;
    if (shell.at_prompt() && WIFSIGNALED(last) && WTERMSIG(last) == SIGINT) {
        if (shell.traps.actions[SIGINT]) {
            // The terminal sent it to the job alone; the trap is meant for the whole line.
            note_signal(SIGINT);
        } else {
            // The rest of the line that was interrupted is not run.
            shell.status = result;
            shell.flow = Flow::interrupt;
        }
    }
    remove_job(shell, job);
    return result;
}

std::optional<int> wait_background(Shell& shell, Job& job, int& signal) {
    signal = 0;
    const SignalsBlocked blocked(shell.at_prompt() ? Blocked::interrupt : Blocked::none);
    while (state(job) == ProcessState::running) {
        signal = pending_trap(shell);
        if (signal != 0) return std::nullopt;
        wait_once(shell, 0);
    }
    return status(job, shell.on(opt_pipefail));
}

void reap(Shell& shell) {
    if (shell.jobs.list.empty() || shell.jobs.foreign) return;
    while (wait_once(shell, WNOHANG | WCONTINUED)) {
    }
}

void report_jobs(Shell& shell) {
    reap(shell);
    for (auto& job : shell.jobs.list) {
        if (job.processes.empty() || job.number == 0 || job.reported) continue;
        job.reported = true;
        if (state(job) == ProcessState::running) continue;
        write_fd(2, job_line(shell, job, false));
    }
    std::erase_if(shell.jobs.list, [&](const Job& job) {
        const bool over =
            job.processes.empty() || (job.reported && state(job) == ProcessState::ended);
        if (over) std::erase(shell.jobs.recent, job.number);
        return over;
    });
}

int continue_job(Shell& shell, Job& job, bool foreground) {
    for (auto& process : job.processes) {
        if (process.state == ProcessState::stopped) process.state = ProcessState::running;
    }
    job.background = !foreground;
    job.reported = true;
    number_job(shell, job);
    if (foreground && shell.jobs.terminal >= 0) {
        set_foreground(shell, job.group);
        if (job.has_modes) ::tcsetattr(shell.jobs.terminal, TCSADRAIN, &job.modes);
    }
    ::kill(-job.group, SIGCONT);
    return foreground ? wait_foreground(shell, job) : 0;
}

bool has_stopped(const Shell& shell) {
    return std::ranges::any_of(shell.jobs.list,
                               [](const Job& job) { return state(job) == ProcessState::stopped; });
}

}  // namespace limpet::shell
