// shell/traps.h - signals and what the script does about them, XCU 2.11 and trap.
#pragma once

#include "parse/signal.h"

#include <sys/types.h>

#include <array>
#include <csignal>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::shell {

struct Shell;

struct Traps {
    // By signal number, 0 for EXIT; empty text: ignored.
    std::array<std::optional<std::string>, NSIG> actions;
    // What `trap` in a command substitution still shows, until one is set there.
    std::array<std::optional<std::string>, NSIG> inherited;
    bool has_inherited = false;
    std::array<bool, NSIG> ignored_at_entry{};
    bool running_exit = false;
    int running = 0;
    int calls = 0;          // functions around the action
    int status_before = 0;  // $? when the action began: of its `exit` and `return`
};

// Signals ignored when the shell was started stay so, XCU 2.11.
void remember_ignored(Shell& shell);
// SIGWINCH wakes the line editor.
void watch_resize();
// What an interactive shell itself does about signals.
void set_interactive_signals(Shell& shell);
void set_trap(Shell& shell, int signal, std::optional<std::string> action);
// In a new child: traps are gone, ignored signals stay ignored.
void reset_traps(Shell& shell, bool ignore_keyboard);

// Whether a caught signal waits to be looked at; cheap.
bool signal_pending();
// Which one is there, without taking it; 0 for none that has a trap.
int pending_trap(const Shell& shell);
// Runs the traps of signals that arrived; SIGINT without one comes back to the prompt.
void run_traps(Shell& shell);
void run_exit_trap(Shell& shell);
bool take_interrupt();
// The terminal is gone, or whoever started the shell wants it gone; and no trap is set for that.
bool hung_up(const Shell& shell);
// A signal came where it was blocked, and was taken from there.
void note_signal(int signal);

// Signals wait while this lives: SIGINT, so that none comes between a look for it and what follows;
// all, until a child has given up the shell's handlers, which would note them for nobody.
enum class Blocked { none, interrupt, all };
class SignalsBlocked {
public:
    explicit SignalsBlocked(Blocked which);
    SignalsBlocked(const SignalsBlocked&) = delete;
    SignalsBlocked& operator=(const SignalsBlocked&) = delete;
    ~SignalsBlocked();

private:
    Blocked which_;
    sigset_t before_{};
};

// read(2) of a terminal that fails with EINTR also when the signal came just before.
ssize_t read_terminal(int fd, char* buffer, std::size_t size);

using parse::signal_name;
using parse::signal_number;

}  // namespace limpet::shell
