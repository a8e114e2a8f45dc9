// shell/traps.cpp - signals and traps.
#include "shell/traps.h"

#include "shell/execute.h"
#include "shell/shell.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace limpet::shell {
namespace {

// Handlers have no other place to leave a word.
volatile std::sig_atomic_t any_pending = 0;
volatile std::sig_atomic_t pending[NSIG];

void on_signal(int signal) {
    pending[signal] = 1;
    any_pending = 1;
}

void handle(int signal, void (*handler)(int)) {
    struct sigaction action{};
    action.sa_handler = handler;
    // No SA_RESTART: `wait` and the line editor must wake up.
    ::sigemptyset(&action.sa_mask);
    ::sigaction(signal, &action, nullptr);
}

constexpr int ignored_by_interactive[] = {SIGTERM, SIGQUIT};
constexpr int ignored_by_job_control[] = {SIGTSTP, SIGTTIN, SIGTTOU};

bool interactive_ignores(const Shell& shell, int signal) {
    if (!shell.at_prompt()) return false;
    for (const int one : ignored_by_interactive) {
        if (one == signal) return true;
    }
    for (const int one : ignored_by_job_control) {
        if (one == signal && shell.on(opt_monitor)) return true;
    }
    return false;
}

void set_default(const Shell& shell, int signal) {
    if ((signal == SIGINT || signal == SIGHUP) && shell.at_prompt())
        return handle(signal, on_signal);
    handle(signal, interactive_ignores(shell, signal) ? SIG_IGN : SIG_DFL);
}

void run_action(Shell& shell, int signal) {
    const auto action = shell.traps.actions[static_cast<std::size_t>(signal)];
    if (!action || action->empty()) return;
    const int status = shell.status;
    const int line = shell.variables.line;
    const int tested = shell.tested;
    ++shell.traps.running;
    const int before = std::exchange(shell.traps.status_before, status);
    const int calls = std::exchange(shell.traps.calls, shell.calls);
    run_text(shell, *action);
    shell.traps.calls = calls;
    shell.traps.status_before = before;
    --shell.traps.running;
    shell.tested = tested;
    if (!shell.leaving()) {
        shell.status = status;
        shell.variables.line = line;
    }
}

}  // namespace

void remember_ignored(Shell& shell) {
    for (int signal = 1; signal < NSIG; ++signal) {
        struct sigaction action{};
        if (::sigaction(signal, nullptr, &action) == 0) {
            shell.traps.ignored_at_entry[static_cast<std::size_t>(signal)] =
                action.sa_handler == SIG_IGN;
        }
    }
}

void set_interactive_signals(Shell& shell) {
    handle(SIGINT, on_signal);
    handle(SIGHUP, on_signal);
    for (const int signal : ignored_by_interactive) handle(signal, SIG_IGN);
    if (!shell.on(opt_monitor)) return;
    for (const int signal : ignored_by_job_control) handle(signal, SIG_IGN);
}

void watch_resize() {
    handle(SIGWINCH, [](int) {});
}

void set_trap(Shell& shell, int signal, std::optional<std::string> action) {
    auto& traps = shell.traps;
    const auto index = static_cast<std::size_t>(signal);
    traps.has_inherited = false;
    // XCU 2.14 trap: a signal ignored on entry cannot be trapped; no error is reported.
    if (traps.ignored_at_entry[index] && !shell.interactive) return;
    traps.actions[index] = std::move(action);
    if (signal == 0) return;
    if (!traps.actions[index]) {
        set_default(shell, signal);
    } else {
        handle(signal, traps.actions[index]->empty() ? SIG_IGN : on_signal);
    }
}

void reset_traps(Shell& shell, bool ignore_keyboard) {
    auto& traps = shell.traps;
    traps.inherited = traps.actions;
    traps.has_inherited = true;
    const bool was_interactive = shell.interactive;
    for (int signal = 1; signal < NSIG; ++signal) {
        auto& action = traps.actions[static_cast<std::size_t>(signal)];
        const bool ignored = action && action->empty();
        if (ignored) continue;
        const bool touched = action.has_value() || signal == SIGINT || signal == SIGHUP ||
                             signal == SIGQUIT || signal == SIGTERM || signal == SIGTSTP ||
                             signal == SIGTTIN || signal == SIGTTOU;
        action.reset();
        if (!touched || traps.ignored_at_entry[static_cast<std::size_t>(signal)]) continue;
        if (ignore_keyboard && (signal == SIGINT || signal == SIGQUIT)) {
            handle(signal, SIG_IGN);
            traps.ignored_at_entry[static_cast<std::size_t>(signal)] = !was_interactive;
        } else {
            handle(signal, SIG_DFL);
        }
    }
    traps.actions[0].reset();
    traps.running = 0;
    traps.running_exit = false;
    any_pending = 0;
    for (auto& one : pending) one = 0;
}

bool signal_pending() { return any_pending != 0; }

int pending_trap(const Shell& shell) {
    if (!any_pending) return 0;
    for (int signal = 1; signal < NSIG; ++signal) {
        if (!pending[signal]) continue;
        if (shell.traps.actions[static_cast<std::size_t>(signal)]) return signal;
        if (signal == SIGINT || signal == SIGHUP) return signal;
    }
    return 0;
}

bool take_interrupt() {
    if (!pending[SIGINT]) return false;
    pending[SIGINT] = 0;
    return true;
}

void note_signal(int signal) { on_signal(signal); }

bool hung_up(const Shell& shell) {
    return pending[SIGHUP] && shell.at_prompt() && !shell.traps.actions[SIGHUP];
}

SignalsBlocked::SignalsBlocked(Blocked which) : which_(which) {
    if (which_ == Blocked::none) return;
    sigset_t signals;
    if (which_ == Blocked::all) {
        ::sigfillset(&signals);
    } else {
        ::sigemptyset(&signals);
        ::sigaddset(&signals, SIGINT);
    }
    ::sigprocmask(SIG_BLOCK, &signals, &before_);
}

SignalsBlocked::~SignalsBlocked() {
    if (which_ != Blocked::none) ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

ssize_t read_terminal(int fd, char* buffer, std::size_t size) {
    sigset_t all, before;
    ::sigfillset(&all);
    ::sigprocmask(SIG_BLOCK, &all, &before);
    pollfd waiting{.fd = fd, .events = POLLIN, .revents = 0};
    const bool woken = any_pending != 0 || ::ppoll(&waiting, 1, nullptr, &before) < 0;
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    if (!woken) return ::read(fd, buffer, size);
    errno = EINTR;
    return -1;
}

void run_traps(Shell& shell) {
    while (any_pending && !shell.leaving()) {
        any_pending = 0;
        for (int signal = 1; signal < NSIG && !shell.leaving(); ++signal) {
            if (!pending[signal]) continue;
            pending[signal] = 0;
            if (shell.traps.actions[static_cast<std::size_t>(signal)]) {
                run_action(shell, signal);
            } else if (signal == SIGINT && shell.at_prompt()) {
                write_fd(2, "\n");  // behind the ^C that the terminal has echoed
                shell.status = 128 + SIGINT;
                shell.flow = Flow::interrupt;
            } else if (signal == SIGHUP && shell.at_prompt()) {
                shell.hung_up = true;
                shell.status = 128 + SIGHUP;
                shell.flow = Flow::leave_shell;
            }
        }
    }
    // Left over after a trap that leaves: looked at again by whoever comes next.
    for (int signal = 1; signal < NSIG; ++signal) {
        if (pending[signal]) any_pending = 1;
    }
}

void run_exit_trap(Shell& shell) {
    auto& traps = shell.traps;
    if (traps.running_exit || !traps.actions[0] || traps.actions[0]->empty()) return;
    traps.running_exit = true;
    shell.flow = Flow::none;
    shell.loops = shell.calls = shell.tested = 0;
    const auto action = std::exchange(traps.actions[0], std::nullopt);
    const int status = shell.status;
    shell.capture = nullptr;
    traps.status_before = status;
    traps.calls = 0;
    ++traps.running;
    run_text(shell, *action);
    --traps.running;
    // `exit` without a number in the trap is the status from before it; so is no exit at all.
    if (!shell.leaving()) shell.status = status;
}

}  // namespace limpet::shell
