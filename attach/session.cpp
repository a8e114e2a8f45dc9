// session.cpp - one session from the operator's side.
#include "attach/session.h"

#include "attach/log.h"
#include "attach/signals.h"
#include "attach/sink.h"
#include "attach/terminal.h"

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace limpet::attach {
namespace {

constexpr std::uint32_t session_id = 1;
// Queued for the agent before we read more of our own input.
constexpr std::size_t backlog_limit = 2 * limits::data_payload;
// Granted in portions of this, so that credit frames stay few.
constexpr std::uint64_t grant_portion = limits::initial_credit / 4;
// A full pipe is waited for so long, in milliseconds, before a frame is copied instead.
constexpr int full_pipe_patience = 500;

// One output stream: what came, what we allowed, where it goes.
struct Output {
    Sink sink;
    Stream stream;
    std::uint64_t received = 0;
    std::uint64_t granted = limits::initial_credit;
    bool ended = false;
};

class Conversation {
public:
    Conversation(Link& link, const Task& task, Signals signals)
        : task_(task),
          connection_(std::move(link.in), std::move(link.out)),
          log_(std::move(link.log)),
          signals_(std::move(signals)),
          out_{Sink(1, "standard output", sanitised(1)), Stream::out},
          error_{Sink(2, "standard error", sanitised(2)), Stream::error} {
        if (out_.sink.takes_splices() && !task_.recording) {
            connection_.leave_in_kernel(Stream::out);
        }
    }

    Result<Ending> run() {
        auto ending = converse();
        // What the agent says when it fails is in its log, written before the connection broke.
        if (!ending) log_.read(false);
        return ending;
    }

private:
    enum Slot { agent_in, agent_out, signal_in, local_in, local_out, local_error, log_in, slots };

    [[nodiscard]] bool sanitised(int fd) const { return !task_.interactive && ::isatty(fd) == 1; }
    Result<Ending> converse();
    Result<int> prepare();
    Result<> turn();
    Result<> read_signals();
    Result<> read_input();
    Result<> read_agent();
    Result<> take(const Frame& frame);
    Result<> take_data(const Frame& frame);
    Result<> take_aside(const Frame& frame);
    Result<> move_left();
    Result<> copy_left();
    Result<> check(const Output& output, Result<> written);
    Result<> kept(Result<> recorded);
    void pass_on(int signal);
    void grant(Output& output);
    Result<> resize();
    // A frame is half moved, and the pipe that it goes to is full.
    [[nodiscard]] bool blocked() const { return connection_.left() > 0 && !out_.sink.ready(); }
    [[nodiscard]] bool input_wanted() const {
        return !input_ended_ && !exit_ && input_credit_ > 0 &&
               connection_.backlog() < backlog_limit;
    }
    [[nodiscard]] bool finished() const {
        return ending_signal_ != 0 || (exit_ && !out_.sink.pending() && !error_.sink.pending());
    }

    const Task& task_;
    Connection connection_;
    Log log_;
    Signals signals_;
    Output out_, error_;
    std::uint64_t aside_granted_ = limits::initial_credit;  // and not yet used
    bool aside_ended_ = false;
    std::optional<RawMode> raw_;
    std::array<pollfd, slots> polled_{};
    bool greeted_ = false;
    bool input_ended_ = false;
    std::uint64_t input_credit_ = 0;
    std::optional<Exit> exit_;
    bool interrupted_ = false;
    int ending_signal_ = 0;
};

Result<Ending> Conversation::converse() {
    if (task_.interactive) raw_.emplace(TRY(RawMode::enter(BorrowedFd(0))));
    connection_.send(FrameType::open, session_id, encode(task_.open));
    connection_.flush();
    while (!finished()) {
        const int patience = TRY(prepare());
        const int count = ::poll(polled_.data(), polled_.size(), patience);
        if (count < 0 && errno != EINTR) return failed("poll", "");
        if (count > 0) TRY(turn());
        if (count == 0 && connection_.left() > 0) TRY(copy_left());
    }
    if (ending_signal_ != 0) {
        connection_.send(FrameType::close, session_id);
        connection_.flush();
        return Ending{.signal = ending_signal_};
    }
    if (raw_) raw_->ended();
    return Ending{.exit = *exit_,
                  .agent = connection_.software(),
                  .output = out_.received,
                  .errors = error_.received};
}

Result<int> Conversation::prepare() {
    const auto want = [&](Slot slot, BorrowedFd fd, bool wanted, short events) {
        polled_[slot] = {wanted ? fd.get() : -1, events, 0};
    };
    int patience = exit_ ? -1 : TRY(connection_.heartbeat(Clock::now()));
    const bool full = blocked();
    if (full) patience = std::min(patience, full_pipe_patience);
    want(agent_in, connection_.in(), !exit_ && !full, POLLIN);
    want(agent_out, connection_.out(), connection_.has_backlog() && !exit_, POLLOUT);
    want(signal_in, signals_.fd(), true, POLLIN);
    want(local_in, BorrowedFd(0), input_wanted(), POLLIN);
    want(local_out, out_.sink.fd(), full || out_.sink.pending(), POLLOUT);
    want(local_error, error_.sink.fd(), error_.sink.pending(), POLLOUT);
    want(log_in, log_.fd(), log_.open(), POLLIN);
    return patience;
}

Result<> Conversation::turn() {
    if (polled_[signal_in].revents) TRY(read_signals());
    if (polled_[local_out].revents) TRY(check(out_, out_.sink.drain()));
    if (polled_[local_error].revents) TRY(check(error_, error_.sink.drain()));
    if (polled_[agent_in].revents || connection_.left() > 0) TRY(read_agent());
    if (polled_[local_in].revents) TRY(read_input());
    if (polled_[log_in].revents) log_.read(raw_.has_value());
    grant(out_);
    grant(error_);
    connection_.flush();
    return {};
}

Result<> Conversation::read_signals() {
    while (const int signal = signals_.next()) {
        if (signal == SIGWINCH) {
            TRY(resize());
        } else if (signal == SIGTSTP) {
            if (raw_) raw_->suspend();
            ::raise(SIGSTOP);
        } else if (signal == SIGCONT) {
            if (raw_) raw_->resume();
            TRY(resize());
        } else {
            pass_on(signal);
        }
    }
    return {};
}

// A terminal in raw mode sends no signals: then it is us who are meant.
void Conversation::pass_on(int signal) {
    if (task_.interactive || (signal == SIGINT && interrupted_)) {
        ending_signal_ = signal;
        return;
    }
    interrupted_ = interrupted_ || signal == SIGINT;
    PayloadWriter number;
    number.u32(static_cast<std::uint32_t>(signal));
    connection_.send(FrameType::signal, session_id, number.take());
}

Result<> Conversation::resize() {
    if (!task_.open.tty) return {};
    const auto size = window_size(BorrowedFd(0));
    PayloadWriter payload;
    payload.u16(size.rows);
    payload.u16(size.columns);
    connection_.send(FrameType::resize, session_id, payload.take());
    return task_.recording ? kept(task_.recording->resize(size.rows, size.columns)) : Result<>{};
}

Result<> Conversation::read_input() {
    ssize_t got = 0;
    Result<> recorded;
    const auto size = std::min<std::uint64_t>(input_credit_, limits::data_payload);
    const auto sent = connection_.send_data(session_id, size, [&](char* place, std::size_t room) {
        got = ::read(0, place, room);
        const auto count = got > 0 ? static_cast<std::size_t>(got) : 0;
        if (count > 0 && task_.recording) recorded = task_.recording->input({place, count});
        return count;
    });
    input_credit_ -= sent;
    TRY(kept(std::move(recorded)));
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return {};
    // EIO is a terminal's end: it was hung up, or we are in the background of an orphaned group.
    if (got < 0 && !(errno == EIO && ::isatty(0) == 1)) return failed("read", "standard input");
    if (got > 0) return {};
    input_ended_ = true;
    connection_.send(FrameType::end, session_id, {}, Stream::in);
    return {};
}

Result<> Conversation::read_agent() {
    if (connection_.left() == 0) TRY(connection_.receive());
    TRY(move_left());
    while (connection_.left() == 0) {
        const auto frame = TRY(connection_.next());
        if (!frame) break;
        TRY(take(*frame));
        if (exit_) return {};
        TRY(move_left());
    }
    if (!greeted_ && connection_.credit()) {
        greeted_ = true;
        input_credit_ += *connection_.credit();
    }
    if (connection_.closed()) {
        return refused("connection to the agent lost",
                       "it closed before the command's status came");
    }
    return {};
}

Result<> Conversation::take(const Frame& frame) {
    if (frame.header.session != session_id) {
        return refused("frame", "the agent speaks of a session that was not opened");
    }
    if (frame.header.type == FrameType::data) return take_data(frame);
    if (frame.header.type == FrameType::credit) {
        PayloadReader payload(frame.payload);
        const auto more = TRY(payload.number(4));
        if (frame.header.stream == Stream::in) input_credit_ += more;
        return {};
    }
    if (frame.header.type == FrameType::end) {
        if (frame.header.stream == Stream::in) input_ended_ = true;  // nobody reads it any more
        if (frame.header.stream == Stream::out) out_.ended = true;
        if (frame.header.stream == Stream::error) error_.ended = true;
        if (frame.header.stream == Stream::aside) aside_ended_ = true;
        return {};
    }
    auto exit = TRY(decode_exit(frame.payload));
    // A stream without an end was cut short, whatever the status says.
    if (exit.kind == Exit::Kind::exited && !(out_.ended && error_.ended)) {
        return refused("connection to the agent lost", "it did not send all of the output");
    }
    exit_ = std::move(exit);
    TRY(check(out_, out_.sink.finish()));
    return check(error_, error_.sink.finish());
}

Result<> Conversation::take_data(const Frame& frame) {
    if (frame.header.stream == Stream::in) {
        return refused("frame", "the agent sends on the input stream");
    }
    if (frame.header.stream == Stream::aside) return take_aside(frame);
    auto& output = frame.header.stream == Stream::out ? out_ : error_;
    if (output.received + frame.header.length > output.granted || output.ended) {
        return refused("frame", "the agent sends more than it was allowed to");
    }
    output.received += frame.payload.size();
    if (task_.recording) TRY(kept(task_.recording->output(output.stream, frame.payload)));
    return check(output, output.sink.write(frame.payload));
}

// Granted anew at once: nobody else has to take it first.
Result<> Conversation::take_aside(const Frame& frame) {
    const auto size = frame.payload.size();
    if (!task_.history || aside_ended_ || size > aside_granted_) {
        return refused("frame", "the agent sends aside what it was not asked for");
    }
    if (task_.recording) TRY(kept(task_.recording->typed(frame.payload)));
    task_.history->take(frame.payload);
    task_.history->save();
    aside_granted_ -= size;
    if (aside_granted_ > limits::initial_credit - grant_portion) return {};
    PayloadWriter more;
    more.u32(static_cast<std::uint32_t>(limits::initial_credit - aside_granted_));
    connection_.send(FrameType::credit, session_id, more.take(), Stream::aside);
    aside_granted_ = limits::initial_credit;
    return {};
}

// The rest of a large frame, from the socket to the pipe. What was kept before goes out first.
Result<> Conversation::move_left() {
    while (connection_.left() > 0 && !out_.sink.pending()) {
        auto moved = connection_.move_left(out_.sink.fd());
        if (!moved) return check(out_, std::unexpected(std::move(moved).error()));
        if (*moved == 0) return {};
        out_.received += *moved;
    }
    if (connection_.left() > 0) return copy_left();
    return {};
}

// The reader of the pipe is slow: the rest is kept, so that what follows it (pings, the other
// stream, the exit) is heard meanwhile.
Result<> Conversation::copy_left() {
    while (connection_.left() > 0) {
        const auto bytes = TRY(connection_.receive_left());
        if (bytes.empty()) return {};
        out_.received += bytes.size();
        TRY(check(out_, out_.sink.write(bytes)));
    }
    return {};
}

// A standard error that takes nothing loses messages, as it does for every program; output that is
// lost ends the session. A reader that went away ends it in either case, as SIGPIPE would.
Result<> Conversation::check(const Output& output, Result<> written) {
    if (written || (output.stream == Stream::error && written.error().code != EPIPE)) return {};
    connection_.send(FrameType::close, session_id);
    connection_.flush();
    return written;
}

// What is shown is in the recording, or is not shown: a session that cannot be kept is over.
Result<> Conversation::kept(Result<> recorded) {
    if (recorded) return {};
    connection_.send(FrameType::close, session_id);
    connection_.flush();
    recorded.error().hint() = "the recording is not complete, and the session has ended";
    return recorded;
}

// The sanitiser only ever makes bytes more, so what is kept is at least what was not written.
void Conversation::grant(Output& output) {
    const std::uint64_t kept = output.sink.kept();
    const std::uint64_t allowed =
        output.received - std::min(output.received, kept) + limits::initial_credit;
    if (exit_ || output.ended || allowed < output.granted + grant_portion) return;
    PayloadWriter more;
    more.u32(static_cast<std::uint32_t>(allowed - output.granted));
    connection_.send(FrameType::credit, session_id, more.take(), output.stream);
    output.granted = allowed;
}

}  // namespace

Result<Ending> run_session(Link link, const Task& task) {
    // A closed pipe is an error of write(2) here, and told apart by stream.
    ::signal(SIGPIPE, SIG_IGN);
    auto signals =
        task.open.tty
            ? Signals::take({SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP, SIGCONT})
            : Signals::take({SIGINT, SIGTERM, SIGHUP, SIGQUIT});
    if (!signals) return std::unexpected(signals.error());
    auto ending = Conversation(link, task, *std::move(signals)).run();
    part(link);
    return ending;
}

}  // namespace limpet::attach
