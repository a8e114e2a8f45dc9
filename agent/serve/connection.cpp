// serve/connection.cpp - the conversation with one peer.
#include "serve/connection.h"

#include "limpet/limits.h"
#include "limpet/version.h"
#include "serve/log.h"
#include "serve/record.h"
#include "serve/server.h"
#include "serve/session.h"
#include "serve/spawn.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace limpet::serve {
namespace {

using namespace std::chrono_literals;

constexpr auto hello_deadline = std::chrono::seconds(limits::hello_deadline);
constexpr auto heartbeat_interval = std::chrono::seconds(limits::heartbeat_interval);
constexpr auto heartbeat_deadline = std::chrono::seconds(limits::heartbeat_deadline);
// For a peer that does not even take the reason why it is sent away.
constexpr auto farewell = 1s;
// Frames of a terminal are small; the buffer grows to what a larger one announces.
constexpr std::size_t usual_input = 16 * 1024;
// Half of what a data frame may carry: read and written while it is still in the cache. splice(2)
// of the payload was measured, too: it costs half as much processor time again.
constexpr std::size_t output_buffer = limits::data_payload / 2;
// As a client of that fate would end.
constexpr int limpet_failed = 125;
constexpr std::uint32_t greatest_credit = std::uint32_t{1} << 31;

constexpr FrameHeader own(FrameType type) { return {.length = 0, .type = type}; }

std::uint32_t number(std::string_view payload, std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        value |= std::uint32_t{static_cast<unsigned char>(payload[at + i])} << (8 * i);
    }
    return value;
}

}  // namespace

Connection::Connection(Server& server, Descriptor in, Descriptor out, Peer peer)
    : server_(server),
      in_(std::move(in)),
      out_(std::move(out)),
      who_(std::move(peer)),
      turn_(server.executor()),
      changed_(server.executor()),
      began_(Clock::now()),
      heard_(began_),
      pinged_(began_),
      parts_(server.executor(), changed_) {}

Connection::~Connection() = default;

Task<> Connection::run() {
    parts_.start(send(own(FrameType::hello),
                      encode(Hello{.software = "limpet-agent " + std::string(version)})));
    parts_.start(watch_silence());
    parts_.start(answer());
    const auto outcome = co_await converse();
    over_ = true;
    for (auto& [id, session] : sessions_) session->close();
    const std::string reason = outcome ? silence_ : text(outcome.error());
    if (!reason.empty()) {
        log::write(log::Level::warning, "connection refused",
                   {{"peer", who_.name}, {"reason", reason}});
        co_await say_why(reason);
    }
    hang_up();
    while (!parts_.none()) co_await changed_.wait();
    log::write(log::Level::info, "connection ended", {{"peer", who_.name}});
}

void Connection::end() {
    over_ = true;
    boost::system::error_code ignored;
    in_.close(ignored);
    changed_.notify();
}

void Connection::hang_up() {
    over_ = true;
    boost::system::error_code ignored;
    in_.close(ignored);
    out_.close(ignored);
    changed_.notify();
}

Task<> Connection::say_why(std::string reason) {
    reason.resize(std::min(reason.size(), payload_limit(FrameType::error)));
    close_at_ = Clock::now() + farewell;
    changed_.notify();
    co_await send(own(FrameType::error), reason);
}

// Gives up on a peer that says nothing. Only this one never waits for the peer itself.
Task<> Connection::watch_silence() {
    while (out_.is_open()) {
        const auto now = Clock::now();
        const auto silent = greeted_ ? heard_ + heartbeat_deadline : began_ + hello_deadline;
        if (now >= close_at_) {
            hang_up();
            break;
        }
        if (now >= silent && !over_) {
            silence_ =
                greeted_
                    ? "nothing was heard for " + std::to_string(limits::heartbeat_deadline) + " s"
                    : "no hello came in " + std::to_string(limits::hello_deadline) + " s";
            end();
        }
        co_await changed_.wait(over_ ? close_at_ : silent);
    }
}

// Pongs and pings. One pong at most is kept: a peer that sends pings faster than it reads gets the
// answer to its last.
Task<> Connection::answer() {
    while (!over_) {
        const auto ping_at = std::max(heard_, pinged_) + heartbeat_interval;
        if (pong_) {
            const std::string value = *std::exchange(pong_, std::nullopt);
            co_await send(own(FrameType::pong), value);
        } else if (greeted_ && Clock::now() >= ping_at) {
            pinged_ = Clock::now();
            PayloadWriter value;
            value.u64(static_cast<std::uint64_t>(pinged_.time_since_epoch().count()));
            co_await send(own(FrameType::ping), value.take());
        } else {
            co_await changed_.wait(greeted_ ? ping_at : Clock::time_point::max());
        }
    }
}

Task<> Connection::send(FrameHeader header, std::string_view payload) {
    // The caller's temporary may be gone by the time of our turn.
    const std::string kept(payload);
    const auto turn = co_await turn_.take();
    co_await write(header, kept);
}

std::span<char> Connection::buffer() {
    if (!output_) output_ = std::make_unique_for_overwrite<char[]>(output_buffer);
    return {output_.get(), output_buffer};
}

Task<> Connection::write(FrameHeader header, std::string_view payload) {
    header.length = static_cast<std::uint32_t>(payload.size());
    auto head = encode(header);
    std::size_t done = 0;
    while (done < head.size() + payload.size()) {
        const auto of_head = std::min(done, head.size());
        const auto of_payload = done - of_head;
        const iovec parts[]{
            {head.data() + of_head, head.size() - of_head},
            {const_cast<char*>(payload.data()) + of_payload, payload.size() - of_payload}};
        const auto put = ::writev(out_.native_handle(), parts, 2);
        if (put > 0) {
            done += static_cast<std::size_t>(put);
        } else if (put < 0 && errno == EAGAIN) {
            if (!co_await writable(out_)) co_return;
        } else if (put < 0 && errno != EINTR) {
            hang_up();
            co_return;
        }
    }
}

// At least `size` bytes of input; false when the connection is over.
Task<bool> Connection::fill(std::size_t size) {
    while (end_ - begin_ < size) {
        if (over_) co_return false;
        const auto wanted = std::max(size, usual_input);
        if (capacity_ < wanted ||
            (begin_ == end_ && capacity_ > frame_header_size + limits::data_payload)) {
            auto larger = std::make_unique_for_overwrite<char[]>(wanted);
            if (input_) std::memcpy(larger.get(), input_.get() + begin_, end_ - begin_);
            input_ = std::move(larger);
            capacity_ = wanted;
        } else if (begin_ > 0) {
            std::memmove(input_.get(), input_.get() + begin_, end_ - begin_);
        }
        end_ -= std::exchange(begin_, 0);
        const auto got = ::read(in_.native_handle(), input_.get() + end_, capacity_ - end_);
        if (got > 0) {
            end_ += static_cast<std::size_t>(got);
            heard_ = Clock::now();
            co_await yield(server_.executor());
        } else if (got < 0 && errno == EAGAIN) {
            if (!co_await readable(in_)) co_return false;
        } else if (got == 0 || errno != EINTR) {
            co_return false;
        }
    }
    co_return true;
}

Task<Connection::Received> Connection::receive() {
    if (!co_await fill(frame_header_size)) co_return std::nullopt;
    const auto bytes = std::as_bytes(std::span(input_.get() + begin_, frame_header_size));
    const auto header = decode_header(bytes.first<frame_header_size>());
    if (!header) co_return std::unexpected(header.error());
    if (!greeted_ && header->type != FrameType::hello) {
        co_return refused("hello", "another frame came first");
    }
    if (!co_await fill(frame_header_size + header->length)) co_return std::nullopt;
    const Frame frame{*header, {input_.get() + begin_ + frame_header_size, header->length}};
    begin_ += frame_header_size + header->length;
    co_return frame;
}

// Until the peer has gone (a value) or broken the protocol (an error).
Task<Result<>> Connection::converse() {
    for (;;) {
        const auto received = co_await receive();
        if (!received) co_return std::unexpected(received.error());
        if (!*received) co_return Result<>{};
        const Frame& frame = **received;
        if (frame.header.type == FrameType::error) {
            log::write(log::Level::warning, "peer reports an error",
                       {{"peer", who_.name}, {"reason", frame.payload}});
            co_return Result<>{};
        }
        const auto handled = greeted_ ? handle(frame) : greet(frame);
        if (!handled) co_return std::unexpected(handled.error());
    }
}

Result<> Connection::greet(const Frame& frame) {
    const Hello hello = TRY(decode_hello(frame.payload));
    if (hello.protocol != protocol_version) {
        return refused("hello", "limpet-agent " + std::string(version) + " speaks protocol " +
                                    std::to_string(protocol_version) + ", the peer " +
                                    std::to_string(hello.protocol));
    }
    if (hello.credit > greatest_credit) return refused("hello", "credit beyond 2 GiB");
    peer_ = hello;
    greeted_ = true;
    changed_.notify();
    log::write(log::Level::info, "hello", {{"peer", who_.name}, {"software", hello.software}});
    return {};
}

Result<> Connection::handle(const Frame& frame) {
    switch (frame.header.type) {
        case FrameType::hello: return refused("hello", "a second one");
        case FrameType::exit: return refused("exit", "only the agent sends it");
        case FrameType::ping:
            pong_ = frame.payload;
            changed_.notify();
            return {};
        case FrameType::pong:
        case FrameType::error: return {};
        case FrameType::open: return open(frame);
        default: break;
    }
    const auto id = frame.header.session;
    if (id > last_session_) {
        return refused("session", std::to_string(id) + " was never opened");
    }
    // One that has exited while this frame was on its way.
    const auto found = sessions_.find(id);
    if (found == sessions_.end()) return {};
    return to_session(*found->second, frame);
}

Result<> Connection::to_session(Session& session, const Frame& frame) {
    const auto& [header, payload] = frame;
    switch (header.type) {
        case FrameType::data:
        case FrameType::end:
            if (header.stream != Stream::in) return refused("data", "on a stream of the agent");
            return header.type == FrameType::data ? session.take(payload) : session.end_input();
        case FrameType::credit: return session.grant(header.stream, number(payload, 0, 4));
        case FrameType::signal: return session.signal(number(payload, 0, 4));
        case FrameType::resize:
            return session.resize(static_cast<std::uint16_t>(number(payload, 0, 2)),
                                  static_cast<std::uint16_t>(number(payload, 2, 2)));
        default: session.close(); return {};
    }
}

Result<> Connection::open(const Frame& frame) {
    const auto id = frame.header.session;
    if (id <= last_session_) {
        return refused("open", "session " + std::to_string(id) + " is not above the last, " +
                                   std::to_string(last_session_));
    }
    const Open open = TRY(decode_open(frame.payload));
    last_session_ = id;
    if (sessions_.size() >= limits::sessions_per_connection) {
        parts_.start(refuse(id, open.aside,
                            "there are " + std::to_string(sessions_.size()) +
                                " sessions on this connection already"));
        return {};
    }
    if (any(open.grants & (Grant::modify | Grant::trace))) {
        // Before it happens. What a shell runs is its script's matter: its own log is not this one.
        std::string line;
        for (const auto& word : open.arguments) line += (line.empty() ? "" : " ") + word;
        log::write(log::Level::info,
                   any(open.grants & Grant::modify) ? "session may modify" : "session may trace",
                   {{"peer", who_.name},
                    {"session", std::uint64_t{id}},
                    {"target", open.target},
                    {"argv", line.empty() ? "sh" : line}});
    }
    std::unique_ptr<Record> record;
    auto child = begin(open, record);
    if (!child) {
        const std::string reason = text(child.error());
        if (record) (void)record->end(limpet_failed, reason);
        log::write(log::Level::error, "session cannot start", {{"reason", reason}});
        parts_.start(refuse(id, open.aside, reason));
        return {};
    }
    log::write(log::Level::info, "session opened",
               {{"peer", who_.name},
                {"session", std::uint64_t{id}},
                {"pid", static_cast<std::uint64_t>(child->pid)},
                {"target", open.target},
                {"command", open.arguments.empty() ? "" : open.arguments.front()},
                {"grants", grant_list(open.grants)}});
    sessions_[id] = std::make_unique<Session>(*this, id, open, std::string(frame.payload),
                                              std::move(*child), std::move(record));
    parts_.start(live(id));
    return {};
}

// What must be kept is on its way to the disk before there is a process.
Result<Child> Connection::begin(const Open& open, std::unique_ptr<Record>& record) {
    if (server_.ledger()) {
        record = TRY(Record::begin(*server_.ledger(), server_.new_name(), who_, open));
    }
    return spawn(server_.program(), open);
}

Task<> Connection::live(std::uint32_t id) {
    co_await sessions_.at(id)->run();
    sessions_.erase(id);
}

// A session that could not begin ends like every other: its streams first.
Task<> Connection::refuse(std::uint32_t id, bool aside, std::string reason) {
    for (const auto stream : {Stream::out, Stream::error, Stream::aside}) {
        if (stream == Stream::aside && !aside) continue;
        co_await send({.length = 0, .type = FrameType::end, .stream = stream, .session = id});
    }
    const Exit exit{.kind = Exit::Kind::failed, .value = 0, .message = std::move(reason)};
    co_await send({.length = 0, .type = FrameType::exit, .stream = Stream::in, .session = id},
                  encode(exit));
}

}  // namespace limpet::serve
