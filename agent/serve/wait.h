// serve/wait.h - what a coroutine can wait for: a descriptor, a change of state, its turn.
#pragma once

#include "limpet/fd.h"
#include "serve/asio.h"

#include <deque>
#include <functional>
#include <vector>

namespace limpet::serve {

// An invalid Fd gives a closed descriptor; so does one that epoll(7) cannot watch (a plain file).
Descriptor adopt(Executor executor, Fd fd);

// False when the descriptor was closed or cancelled meanwhile.
Task<bool> readable(Descriptor& descriptor);
Task<bool> writable(Descriptor& descriptor);

// Runs it, and then `done`.
void start(Executor executor, Task<> task, std::function<void()> done = {});

// Lets everything else that is ready run first.
Task<> yield(Executor executor);

// "Something changed, look again": a waiter checks its condition in a loop around wait(). Nothing
// is lost between check and wait, because nothing else runs there.
class Event {
public:
    explicit Event(Executor executor) : executor_(std::move(executor)) {}
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;
    Task<> wait(Clock::time_point until = Clock::time_point::max());
    void notify();

private:
    Executor executor_;
    std::vector<Timer*> waiting_;
};

// One holder at a time, first come first served: whole frames on a connection.
class Turn {
public:
    explicit Turn(Executor executor) : executor_(std::move(executor)) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    class Held {
    public:
        explicit Held(Turn& turn) : turn_(&turn) {}
        Held(Held&& other) noexcept : turn_(std::exchange(other.turn_, nullptr)) {}
        Held& operator=(Held&&) = delete;
        ~Held() { release(); }
        void release() {
            if (auto* turn = std::exchange(turn_, nullptr)) turn->pass();
        }

    private:
        Turn* turn_;
    };
    Task<Held> take();

private:
    void pass();
    Executor executor_;
    bool held_ = false;
    std::deque<Timer*> waiting_;
};

// The coroutines that something consists of, so that it can wait for them before it goes.
class Parts {
public:
    explicit Parts(Executor executor, Event& changed)
        : executor_(std::move(executor)), changed_(changed) {}
    void start(Task<> part);
    [[nodiscard]] bool none() const { return running_ == 0; }

private:
    Executor executor_;
    Event& changed_;  // notified whenever one has ended
    int running_ = 0;
};

}  // namespace limpet::serve
