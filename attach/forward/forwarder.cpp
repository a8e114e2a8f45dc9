// forward/forwarder.cpp - the loop of limpet forward, and what the agent says in it.
#include "attach/forward/forwarder.h"

#include "attach/sanitiser.h"

#include <unistd.h>

#include <csignal>

namespace limpet::attach::forward {
namespace {

constexpr std::uint32_t carrier = 1;  // the session
// Queued for the agent before more is put there.
constexpr std::size_t backlog_limit = 2 * limits::data_payload;
constexpr std::uint64_t grant_portion = limits::initial_credit / 4;
// Answers that an agent makes us give, and does not take.
constexpr std::size_t queue_limit = std::size_t{16} << 20;

enum Slot : std::size_t { agent_in, agent_out, signal_in, log_in, error_out, slots };

}  // namespace

Result<Ending> Forwarder::run(Link& link) {
    // A closed socket is an error of send(2) here.
    ::signal(SIGPIPE, SIG_IGN);
    signals_.emplace(TRY(Signals::take({SIGINT, SIGTERM, SIGHUP, SIGQUIT})));
    connection_.emplace(std::move(link.in), std::move(link.out));
    log_.emplace(std::move(link.log));
    error_.emplace(2, "standard error", ::isatty(2) == 1);
    auto ending = converse();
    if (!ending) log_->read(false);
    return ending;
}

Result<Ending> Forwarder::converse() {
    auto open = work_.open;
    open.arguments = {"connect"};
    connection_->send(FrameType::open, carrier, encode(open));
    connection_->flush();
    while (!exit_ && signal_ == 0) {
        const int wait = std::min(TRY(connection_->heartbeat(Clock::now())), patience());
        prepare_poll();
        const int count = ::poll(polled_.data(), polled_.size(), wait);
        if (count < 0 && errno != EINTR) return failed("poll", "");
        TRY(turn());
    }
    if (signal_ != 0) {
        connection_->send(FrameType::close, carrier);
        connection_->flush();
        return Ending{.signal = signal_};
    }
    (void)error_->finish();
    return Ending{.exit = *exit_, .agent = connection_->software()};
}

// Milliseconds until something is too late.
int Forwarder::patience() {
    auto first = Clock::time_point::max();
    for (const auto& one : shaking_) first = std::min(first, one.end);
    for (const auto& dial : dials_) first = std::min(first, dial.end);
    if (accept_at_ > Clock::now()) first = std::min(first, accept_at_);
    if (first == Clock::time_point::max()) return 3'600'000;
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(first - Clock::now()).count();
    return static_cast<int>(std::clamp<long>(left + 1, 0, 3'600'000));
}

void Forwarder::prepare_poll() {
    polled_.clear();
    const auto add = [&](BorrowedFd fd, short events, bool wanted = true) {
        polled_.push_back({wanted ? fd.get() : -1, events, 0});
    };
    add(connection_->in(), POLLIN);
    add(connection_->out(), POLLOUT, connection_->has_backlog());
    add(signals_->fd(), POLLIN);
    add(log_->fd(), POLLIN, log_->open());
    add(error_->fd(), POLLOUT, error_->pending());
    const bool more = running_ && count() < limits::relay_lines && Clock::now() >= accept_at_;
    for (const auto& local : locals_) {
        for (const auto& socket : local.listener.sockets()) add(socket, POLLIN, more);
    }
    for (const auto& one : shaking_) add(one.socket, POLLIN);
    for (const auto& dial : dials_) add(dial.socket, POLLOUT);
    relay_.prepare(polled_);
}

Result<> Forwarder::turn() {
    const auto shaking = shaking_.size(), dials = dials_.size();
    while (const int signal = signals_->next()) signal_ = signal;
    if (polled_[log_in].revents) log_->read(false);
    if (polled_[error_out].revents) (void)error_->drain();
    std::size_t at = slots;
    const auto listeners_at = at;
    for (const auto& local : locals_) at += local.listener.sockets().size();
    relay_.turn(polled_.data() + at + shaking + dials);
    const auto now = Clock::now();
    for (std::size_t i = dials; i-- > 0;) {
        const bool answered = polled_[at + shaking + i].revents != 0;
        if (!answered && now < dials_[i].end) continue;
        if (dialled(dials_[i], answered ? connect_error(dials_[i].socket) : ETIMEDOUT)) {
            dials_.erase(dials_.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    for (std::size_t i = shaking; i-- > 0;) {
        if (polled_[at + i].revents == 0 && now < shaking_[i].end) continue;
        if (now >= shaking_[i].end || shake(shaking_[i])) {
            shaking_.erase(shaking_.begin() + static_cast<std::ptrdiff_t>(i));
        }
    }
    at = listeners_at;
    for (std::size_t i = 0; i < locals_.size(); ++i) {
        for (const auto& socket : locals_[i].listener.sockets()) {
            if (polled_[at++].revents) accept(i, socket);
        }
    }
    if (polled_[agent_in].revents) TRY(read_agent());
    if (relay_.queued().size() > queue_limit) {
        return refused("agent", "it takes nothing of what it makes us answer");
    }
    hand_over();
    connection_->flush();
    return {};
}

// What is there for the other end of the relay, as the session's input.
void Forwarder::hand_over() {
    while (!relay_.queued().empty() && credit_ > 0 && connection_->backlog() < backlog_limit) {
        const auto part =
            relay_.queued().substr(0, std::min<std::uint64_t>(credit_, limits::data_payload));
        connection_->send_at_once(carrier, part);
        credit_ -= part.size();
        relay_.sent(part.size());
    }
}

Result<> Forwarder::read_agent() {
    TRY(connection_->receive());
    while (const auto frame = TRY(connection_->next())) {
        TRY(take(*frame));
        if (exit_) return {};
    }
    if (!greeted_ && connection_->credit()) {
        greeted_ = true;
        credit_ += *connection_->credit();
    }
    if (connection_->closed()) {
        return refused("connection to the agent lost", "nothing is forwarded any more");
    }
    return {};
}

Result<> Forwarder::take(const Frame& frame) {
    const auto& header = frame.header;
    if (header.session != carrier) return take_lookup(header.session, frame);
    if (header.type == FrameType::data) return take_output(frame);
    if (header.type == FrameType::credit) {
        PayloadReader payload(frame.payload);
        const auto more = TRY(payload.number(4));
        if (header.stream == Stream::in) credit_ += more;
        return {};
    }
    if (header.type == FrameType::exit) exit_ = TRY(decode_exit(frame.payload));
    return {};
}

Result<> Forwarder::take_output(const Frame& frame) {
    const auto stream = frame.header.stream;
    auto bytes = frame.payload;
    auto& allowed = stream == Stream::out ? allowed_ : errors_allowed_;
    if ((stream != Stream::out && stream != Stream::error) || bytes.size() > allowed) {
        return refused("frame", "the agent sends more than it was allowed to");
    }
    allowed -= bytes.size();
    if (stream == Stream::error) {
        errors_received_ += bytes.size();
        // A standard error that takes nothing loses messages.
        if (error_->kept() < limits::control_payload) (void)error_->write(bytes);
        if (errors_received_ >= grant_portion) give_credit(stream, errors_received_);
        return {};
    }
    received_ += bytes.size();
    while (const auto event = TRY(relay_.take(bytes))) TRY(take_event(*event));
    if (received_ >= grant_portion) give_credit(stream, received_);
    return {};
}

void Forwarder::give_credit(Stream stream, std::uint64_t& received) {
    PayloadWriter more;
    more.u32(static_cast<std::uint32_t>(received));
    connection_->send(FrameType::credit, carrier, more.take(), stream);
    (stream == Stream::out ? allowed_ : errors_allowed_) += std::exchange(received, 0);
}

Result<> Forwarder::take_event(const Relay::Event& event) {
    switch (event.type) {
        case FrameType::ping: return ready();
        case FrameType::credit: return take_credit(event);
        case FrameType::exit: return take_exit(event);
        default: break;
    }
    PayloadReader payload(event.payload);
    const auto listener = static_cast<std::uint32_t>(TRY(payload.number(4)));
    const auto found = listening_.find(listener);
    const bool known = found != listening_.end() && event.id > last_accepted_;
    if (!known || event.id < accepted_bit) {
        return refused("frame", "the agent opens a connection that nobody asked for");
    }
    last_accepted_ = event.id;
    dial(event.id, found->second);
    return {};
}

Result<> Forwarder::take_credit(const Relay::Event& event) {
    if (const auto found = asked_.find(event.id); found != asked_.end()) {
        auto [socket, where, socks] = std::move(found->second);
        asked_.erase(found);
        relay_.begin(event.id, std::move(socket), event.number);
        if (socks) relay_.put(event.id, socks_reply(0));
        return {};
    }
    const auto listener = listening_.find(event.id);
    if (listener == listening_.end()) return {};
    auto& port = reverse_ports_[listener->second];
    if (port != 0 || event.number == 0 || event.number > 65535) {
        return refused("frame", "the agent says a port that is none");
    }
    port = static_cast<std::uint16_t>(event.number);
    return announce();
}

Result<> Forwarder::take_exit(const Relay::Event& event) {
    const auto exit = TRY(decode_exit(event.payload));
    const int code = exit.value < 4096 ? static_cast<int>(exit.value) : EIO;
    if (const auto listener = listening_.find(event.id); listener != listening_.end()) {
        const auto& place = work_.reverse[listener->second].listen;
        auto error = failed("listen in the target on", text_of(place), code);
        error.error().hint() = exit.message;
        return error;
    }
    const auto found = asked_.find(event.id);
    if (found == asked_.end()) return {};
    auto [socket, where, socks] = std::move(found->second);
    asked_.erase(found);
    const auto why =
        exit.message.empty() ? text(failed("connect to", where, code).error()) : exit.message;
    turn_down(std::move(socket), why, code, socks);
    return {};
}

void Forwarder::note(std::string_view text) {
    if (work_.quiet || error_->kept() > limits::control_payload) return;
    (void)error_->write(one_line("limpet: " + work_.what + ": " + std::string(text)) + '\n');
}

}  // namespace limpet::attach::forward
