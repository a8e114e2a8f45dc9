// terminal.h - the operator's terminal: its size, raw mode, and its way back whatever happens.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <sys/types.h>
#include <termios.h>

#include <cstdint>

namespace limpet::attach {

struct WindowSize {
    std::uint16_t rows = 24;
    std::uint16_t columns = 80;
};

// 24 by 80 when the terminal does not know, as serial lines do not.
WindowSize window_size(BorrowedFd terminal);

// Raw mode for as long as it lives. Signals that the loop reads end it through the destructor; a
// crash of the client restores the terminal from a handler; and for SIGKILL, which nothing can
// catch, a process of a few pages waits for the client's death and restores it then.
class RawMode {
public:
    static Result<RawMode> enter(BorrowedFd terminal);
    RawMode(RawMode&&) noexcept;
    RawMode& operator=(RawMode&&) = delete;
    ~RawMode();

    // Around a stop of the client itself: SIGTSTP, and SIGCONT after SIGSTOP.
    void suspend() const;
    void resume() const;
    // The session ended by itself, so its programs have switched off what they switched on in the
    // terminal; without this we do.
    void ended() { reset_modes_ = false; }

private:
    RawMode() = default;
    int terminal_ = -1;
    termios saved_{};
    termios raw_{};
    bool reset_modes_ = true;
    Fd lifeline_;  // its end tells the watcher that we are gone
    pid_t watcher_ = -1;
};

}  // namespace limpet::attach
