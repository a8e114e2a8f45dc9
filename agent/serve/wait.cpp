// serve/wait.cpp - waiting for a descriptor, a change of state, a turn.

// Asio's code that starts a coroutine would catch, which is no word here: nothing throws.
// NOLINTBEGIN(cppcoreguidelines-macro-usage)
#define try if (true)
#define catch(what) else
// NOLINTEND(cppcoreguidelines-macro-usage)
#include "serve/wait.h"
#undef try
#undef catch

#include <algorithm>
#include <exception>

namespace limpet::serve {

Descriptor adopt(Executor executor, Fd fd) {
    Descriptor descriptor(executor);
    boost::system::error_code error;
    if (fd) descriptor.assign(fd.get(), error);
    if (fd && !error) [[maybe_unused]]
        const int owned = fd.release();
    return descriptor;
}

Task<bool> readable(Descriptor& descriptor) {
    const auto [error] = co_await descriptor.async_wait(Descriptor::wait_read, as_value);
    co_return !error;
}

Task<bool> writable(Descriptor& descriptor) {
    const auto [error] = co_await descriptor.async_wait(Descriptor::wait_write, as_value);
    co_return !error;
}

void start(Executor executor, Task<> task, std::function<void()> done) {
    asio::co_spawn(executor, std::move(task),
                   [done = std::move(done)](const std::exception_ptr& exception) {
                       if (exception) std::terminate();  // only an allocation can have failed
                       if (done) done();
                   });
}

Task<> yield(Executor executor) { co_await asio::post(executor, as_value); }

Task<> Event::wait(Clock::time_point until) {
    Timer timer(executor_, until);
    waiting_.push_back(&timer);
    co_await timer.async_wait(as_value);
    std::erase(waiting_, &timer);
}

void Event::notify() {
    for (auto* timer : waiting_) timer->cancel();
}

Task<Turn::Held> Turn::take() {
    if (held_) {
        Timer timer(executor_, Clock::time_point::max());
        waiting_.push_back(&timer);
        // Whoever cancels the timer has handed the turn over: held_ never was false in between.
        co_await timer.async_wait(as_value);
    }
    held_ = true;
    co_return Held(*this);
}

void Turn::pass() {
    if (waiting_.empty()) {
        held_ = false;
        return;
    }
    auto* next = waiting_.front();
    waiting_.pop_front();
    next->cancel();
}

void Parts::start(Task<> part) {
    ++running_;
    serve::start(executor_, std::move(part), [this] {
        --running_;
        changed_.notify();
    });
}

}  // namespace limpet::serve
