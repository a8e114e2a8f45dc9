// signals.h - signals as something to read in the loop, not as something that happens meanwhile.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <signal.h>

#include <initializer_list>

namespace limpet::attach {

// Blocks the signals for as long as it lives. Those that were ignored stay ignored (nohup, the
// background jobs of a shell without job control).
class Signals {
public:
    static Result<Signals> take(std::initializer_list<int> signals);
    Signals(Signals&& other) noexcept : fd_(std::move(other.fd_)), before_(other.before_) {}
    Signals& operator=(Signals&&) = delete;
    ~Signals();

    [[nodiscard]] BorrowedFd fd() const { return fd_; }
    // The next one that has arrived, 0 for none.
    [[nodiscard]] int next() const;

private:
    Signals() = default;
    Fd fd_;
    sigset_t before_{};
};

// Ends this process by the signal itself, so that the caller's shell sees what happened.
[[noreturn]] void die_by(int signal);

}  // namespace limpet::attach
