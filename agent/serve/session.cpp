// serve/session.cpp - a session's streams, timeout, signals and end.
#include "serve/session.h"

#include "limpet/limits.h"
#include "serve/connection.h"
#include "serve/log.h"
#include "serve/server.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace limpet::serve {
namespace {

using namespace std::chrono_literals;

// Between asking a session to go (SIGHUP; SIGTERM for a timeout) and SIGKILL.
constexpr auto hangup_grace = 1s;
constexpr auto timeout_grace = 2s;
// A killed process that is still not dead hangs in the kernel (a dead NFS server): it is left to
// the kernel rather than holding the connection for ever.
constexpr auto kill_grace = 5s;
// After the process has exited, a descendant may hold its output open; so long, it may still
// add to it.
constexpr auto linger = 250ms;
// Credit is granted anew in steps of this, so that small input costs no frames of its own.
constexpr std::uint32_t grant_step = limits::initial_credit / 4;
// Credit beyond this is no flow control but an overflow in the making.
constexpr std::uint64_t credit_limit = std::uint64_t{1} << 31;

// As the client's own status says it.
int status_of(const Exit& exit) {
    switch (exit.kind) {
        case Exit::Kind::exited: return static_cast<int>(exit.value);
        case Exit::Kind::signalled: return 128 + static_cast<int>(exit.value);
        case Exit::Kind::timed_out: return 124;
        case Exit::Kind::failed: break;
    }
    return 125;
}

// The link on which the session got its open frame, read from.
Descriptor way_back(Connection& connection, const Open& open, int control) {
    Fd copy(open.aside ? ::fcntl(control, F_DUPFD_CLOEXEC, 0) : -1);
    return adopt(connection.server().executor(), std::move(copy));
}

}  // namespace

Session::Session(Connection& connection, std::uint32_t id, const Open& open, std::string payload,
                 Child child, std::unique_ptr<Record> record)
    : connection_(connection),
      id_(id),
      tty_(open.tty),
      open_payload_(std::move(payload)),
      record_(std::move(record)),
      pid_(child.pid),
      changed_(connection.server().executor()),
      in_(adopt(connection.server().executor(), std::move(child.in))),
      control_(adopt(connection.server().executor(), std::move(child.control))),
      out_{Stream::out, adopt(connection.server().executor(), std::move(child.out)),
           connection.peer_credit()},
      error_{Stream::error, adopt(connection.server().executor(), std::move(child.error)),
             connection.peer_credit()},
      aside_{Stream::aside, way_back(connection, open, control_.native_handle()),
             connection.peer_credit()},
      allowed_(limits::initial_credit),
      parts_(connection.server().executor(), changed_) {
    if (open.timeout != 0) timeout_at_ = Clock::now() + std::chrono::milliseconds(open.timeout);
    connection.server().watch(pid_, *this);
}

FrameHeader Session::frame(FrameType type, Stream stream) const {
    return {.length = 0, .type = type, .stream = stream, .session = id_};
}

Task<> Session::run() {
    parts_.start(deliver_open());
    parts_.start(pump_input());
    parts_.start(pump_output(out_));
    parts_.start(pump_output(error_));
    if (aside_.pipe.is_open()) {
        parts_.start(pump_output(aside_));
    } else {
        aside_.over = true;
    }
    co_await wait_for_process();
    connection_.server().forget(pid_);
    co_await drain();
    input_over_ = true;
    boost::system::error_code ignored;
    in_.close(ignored);
    control_.close(ignored);
    changed_.notify();
    while (!parts_.none()) co_await changed_.wait();
    Exit exit = outcome();
    if (record_) {
        const auto ended = record_->end(status_of(exit), exit.message);
        if (!ended && exit.kind != Exit::Kind::failed) {
            exit = {.kind = Exit::Kind::failed, .value = 0, .message = text(ended.error())};
        }
    }
    co_await connection_.send(frame(FrameType::exit), encode(exit));
}

// The payload of the open frame is all that a session is told.
Task<> Session::deliver_open() {
    std::string_view rest = open_payload_;
    while (!rest.empty() && control_.is_open()) {
        const auto sent =
            ::send(control_.native_handle(), rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent > 0) {
            rest.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            if (!co_await writable(control_)) break;
        } else if (errno != EINTR) {
            break;  // it died before it had read: its exit status tells
        }
    }
    if (control_.is_open()) ::shutdown(control_.native_handle(), SHUT_WR);
    open_payload_ = {};
}

Task<> Session::wait_for_process() {
    while (!status_) {
        const auto until = std::min(std::min(timeout_at_, kill_at_), abandon_at_);
        co_await changed_.wait(until);
        const auto now = Clock::now();
        if (status_) break;
        if (now >= abandon_at_) {
            log::write(log::Level::error, "session does not die",
                       {{"pid", static_cast<std::uint64_t>(pid_)}});
            closed_ = true;
            break;
        }
        if (now >= kill_at_) {
            kill(SIGKILL);
            kill_at_ = timeout_at_ = Clock::time_point::max();
            abandon_at_ = now + kill_grace;
        } else if (now >= timeout_at_) {
            timed_out_ = true;
            kill(SIGTERM);
            kill(SIGCONT);
            timeout_at_ = Clock::time_point::max();
            kill_at_ = std::min(kill_at_, now + timeout_grace);
        }
    }
}

// Output that the process has left behind is still delivered, as fast as the peer takes it. A
// descendant that keeps the stream open delays the exit by `linger` and no longer.
Task<> Session::drain() {
    auto until = Clock::now() + linger;
    while (!closed_ && !(out_.over && error_.over && aside_.over)) {
        co_await changed_.wait(until);
        if (Clock::now() < until) continue;
        until = Clock::time_point::max();
        for (Output* output : {&out_, &error_, &aside_}) {
            int left = 0;
            if (output->over) continue;
            if (::ioctl(output->pipe.native_handle(), FIONREAD, &left) != 0) left = 0;
            output->rest = static_cast<std::size_t>(left);
            boost::system::error_code ignored;
            output->pipe.cancel(ignored);
        }
        changed_.notify();
    }
}

Task<> Session::pump_input() {
    while (!input_over_) {
        if (consumed_ >= grant_step) {
            PayloadWriter credit;
            credit.u32(consumed_);
            allowed_ += std::exchange(consumed_, 0);
            co_await connection_.send(frame(FrameType::credit, Stream::in), credit.take());
            continue;
        }
        if (written_ == pending_.size()) {
            pending_ = {};  // idle sessions hold no buffer
            written_ = 0;
            // A terminal has no half-close: the peer sends the end-of-file character itself.
            if (input_ended_ && !tty_) break;
            co_await changed_.wait();
            continue;
        }
        const auto put =
            ::write(in_.native_handle(), pending_.data() + written_, pending_.size() - written_);
        if (put > 0) {
            written_ += static_cast<std::size_t>(put);
            if (record_) record_->input(static_cast<std::size_t>(put));
            consumed_ += static_cast<std::uint32_t>(put);
        } else if (put < 0 && errno == EAGAIN) {
            co_await writable(in_);
        } else if (put < 0 && errno != EINTR) {
            break;  // EPIPE: it reads no more. The peer gets no further credit and stops by itself
        }
    }
    input_over_ = true;
    pending_ = {};
    written_ = 0;
    boost::system::error_code ignored;
    in_.close(ignored);
}

Task<> Session::pump_output(Output& output) {
    while (!closed_ && output.pipe.is_open() && (!output.rest || *output.rest > 0)) {
        if (output.credit == 0) {
            co_await changed_.wait();
        } else if (!co_await forward(output)) {
            break;
        }
    }
    output.over = true;
    boost::system::error_code ignored;
    output.pipe.close(ignored);
    changed_.notify();
    if (!closed_) co_await connection_.send(frame(FrameType::end, output.stream));
}

// One data frame, or a wait for something to read; false at the end of the stream. It reads only
// with the turn to write, so that nothing is queued: a pipe that we do not read holds its writer.
Task<bool> Session::forward(Output& output) {
    auto turn = co_await connection_.turn();
    if (closed_) co_return false;
    const auto buffer = connection_.buffer();
    std::uint64_t size = std::min<std::uint64_t>(buffer.size(), output.credit);
    if (output.rest) size = std::min<std::uint64_t>(size, *output.rest);
    const auto got = ::read(output.pipe.native_handle(), buffer.data(), size);
    if (got > 0) {
        const auto count = static_cast<std::size_t>(got);
        output.credit -= count;
        if (output.rest) *output.rest -= count;
        if (!keep(output, {buffer.data(), count})) co_return false;
        co_await connection_.write(frame(FrameType::data, output.stream), {buffer.data(), count});
        turn.release();
        co_await yield(connection_.server().executor());
        co_return true;
    }
    if (got == 0) co_return false;
    if (errno == EINTR) co_return true;
    // EIO: the last descriptor of a terminal's other side was closed.
    if (errno != EAGAIN || output.rest) co_return false;
    turn.release();
    co_await readable(output.pipe);
    co_return true;
}

// What nobody could look at later nobody gets to see now.
bool Session::keep(const Output& output, std::string_view bytes) {
    if (!record_) return true;
    const auto done = output.stream == Stream::aside ? record_->typed(bytes)
                                                     : record_->output(output.stream, bytes);
    if (!done) give_up(done.error());
    return done.has_value();
}

void Session::give_up(const Error& error) {
    failure_ = text(error);
    log::write(log::Level::error, "session given up", {{"reason", failure_}});
    close();
}

Result<> Session::take(std::string_view data) {
    if (input_ended_) return refused("data", "after the end of the stream");
    if (data.size() > allowed_) return refused("data", "more than the credit that is left");
    allowed_ -= static_cast<std::uint32_t>(data.size());
    if (input_over_) return {};
    if (written_ == pending_.size()) {
        // The usual way: straight from the connection's buffer.
        const auto put = ::write(in_.native_handle(), data.data(), data.size());
        if (put > 0) {
            data.remove_prefix(static_cast<std::size_t>(put));
            if (record_) record_->input(static_cast<std::size_t>(put));
            consumed_ += static_cast<std::uint32_t>(put);
        }
        if (data.empty()) {
            if (consumed_ >= grant_step) changed_.notify();
            return {};
        }
    }
    // Bounded by the credit: what was written is dropped before the buffer grows beyond it.
    if (written_ > 0 && pending_.size() + data.size() > limits::initial_credit) {
        pending_.erase(0, written_);
        written_ = 0;
    }
    pending_ += data;
    changed_.notify();
    return {};
}

Result<> Session::end_input() {
    if (input_ended_) return refused("end", "twice on one stream");
    input_ended_ = true;
    changed_.notify();
    return {};
}

Result<> Session::grant(Stream stream, std::uint32_t credit) {
    if (stream == Stream::in) return refused("credit", "for a stream that the peer sends");
    auto& output = stream == Stream::out ? out_ : stream == Stream::error ? error_ : aside_;
    if (output.credit + credit > credit_limit) return refused("credit", "beyond 2 GiB");
    output.credit += credit;
    changed_.notify();
    return {};
}

Result<> Session::signal(std::uint32_t number) {
    if (number < 1 || number >= NSIG) {
        return refused("signal", std::to_string(number) + " is not a signal");
    }
    kill(static_cast<int>(number));
    return {};
}

Result<> Session::resize(std::uint16_t rows, std::uint16_t columns) {
    if (!tty_) return refused("resize", "the session has no terminal");
    if (!out_.over) {
        if (auto done = serve::resize(BorrowedFd(out_.pipe.native_handle()), rows, columns);
            !done) {
            log::write(log::Level::warning, "resize", {{"reason", text(done.error())}});
        }
        if (record_) {
            if (auto done = record_->resize(rows, columns); !done) give_up(done.error());
        }
    }
    return {};
}

void Session::close() {
    if (closed_) return;
    closed_ = true;
    input_over_ = true;
    kill(SIGHUP);
    kill(SIGCONT);
    kill_at_ = Clock::now() + hangup_grace;
    boost::system::error_code ignored;
    in_.close(ignored);
    out_.pipe.close(ignored);
    error_.pipe.close(ignored);
    aside_.pipe.close(ignored);
    changed_.notify();
}

void Session::exited(int status) {
    status_ = status;
    changed_.notify();
}

// Only while it is not reaped: afterwards the number may be another process's.
void Session::kill(int signal) {
    if (!status_) ::kill(pid_, signal);
}

Exit Session::outcome() const {
    if (!failure_.empty()) return {.kind = Exit::Kind::failed, .value = 0, .message = failure_};
    if (!status_) {
        return {.kind = Exit::Kind::failed,
                .value = 0,
                .message = "the session does not die: it hangs in the kernel"};
    }
    if (timed_out_) return {.kind = Exit::Kind::timed_out, .value = 0, .message = {}};
    if (WIFSIGNALED(*status_)) {
        return {.kind = Exit::Kind::signalled,
                .value = static_cast<std::uint32_t>(WTERMSIG(*status_)),
                .message = {}};
    }
    return {.kind = Exit::Kind::exited,
            .value = static_cast<std::uint32_t>(WEXITSTATUS(*status_)),
            .message = {}};
}

}  // namespace limpet::serve
