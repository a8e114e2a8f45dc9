// relay.h - many connections over one stream of bytes, for both of its ends; docs/forward.md.
//
// What one end reads from a socket goes to the other in the frames of frame.h, with an id for each
// connection, and nobody sends more than the other has said that it takes: one connection that
// nobody reads from holds up itself alone, and holds no more memory than its window.
#pragma once

#include "limpet/fd.h"
#include "limpet/frame.h"
#include "limpet/message.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet {

namespace limits {
// What a receiver holds of one connection whose socket takes nothing.
inline constexpr std::uint32_t relay_window = 512 * 1024;
inline constexpr std::size_t relay_lines = 1024;
// Not yet taken by the stream: from there on no socket is read.
inline constexpr std::size_t relay_queue = 512 * 1024;
// Of an open or an exit inside the stream.
inline constexpr std::size_t relay_words = 16 * 1024;
}  // namespace limits

// The ids of connections that the agent's end has accepted.
inline constexpr std::uint32_t accepted_bit = std::uint32_t{1} << 31;

class Relay {
public:
    // `sends`: the stream of what is read from the sockets of this end.
    explicit Relay(Stream sends) : sends_(sends) {}

    // What the owner has to know of: open, exit, the hello (a ping), and the credit that belongs to
    // no line here.
    struct Event {
        FrameType type = FrameType::ping;
        std::uint32_t id = 0;
        std::uint32_t number = 0;  // of credit
        std::string payload = {};  // of open and exit
    };
    // Takes bytes of the stream from the front of `bytes` up to the next event or to their end.
    Result<std::optional<Event>> take(std::string_view& bytes);

    void send(FrameType type, std::uint32_t id, std::string_view payload = {}) {
        append({static_cast<std::uint32_t>(payload.size()), type, Stream::in, id}, payload);
    }
    // The socket of a line that the other end has opened. Now that it is there, it says so: by the
    // line's first credit.
    void answer(std::uint32_t id, Fd socket);
    // And that of a line that we have opened, once that credit has come.
    void begin(std::uint32_t id, Fd socket, std::uint32_t credit);
    // Bytes of our own for the socket.
    void put(std::uint32_t id, std::string_view bytes);
    // The line could not come to be.
    void refuse(std::uint32_t id, int code, std::string_view why) {
        send(FrameType::exit, id,
             encode(Exit{Exit::Kind::failed, static_cast<std::uint32_t>(code), std::string(why)}));
    }
    // Closes it, but the peer is not to take that for an end: of TCP, it sees a reset.
    static void reset(Fd socket);
    [[nodiscard]] std::size_t lines() const { return lines_.size(); }

    // One entry for each line, and what poll(2) made of them. No line is added in between.
    void prepare(std::vector<pollfd>& polled) const;
    void turn(const pollfd* polled);

    // What waits for the stream to take it.
    [[nodiscard]] std::string_view queued() const { return std::string_view(queue_).substr(sent_); }
    void sent(std::size_t count);

private:
    struct Line {
        std::uint32_t id = 0;
        Fd socket = {};
        std::string pending = {};  // for the socket, from `written` on
        std::size_t written = 0;
        std::uint64_t allowed = 0;                     // may be sent to the other end
        std::uint64_t granted = limits::relay_window;  // may be received from there
        std::uint32_t consumed = 0;                    // written, and not granted anew yet
        bool read_over = false, far_over = false, leaving = false, gone = false;
    };

    void append(const FrameHeader& header, std::string_view payload);
    void grant(std::uint32_t id, std::uint32_t bytes);
    Line* find(std::uint32_t id);
    Result<> take_data(std::string_view bytes);
    Result<std::optional<Event>> act();
    void read(Line& line);
    void write(Line& line);
    void settle(Line& line);
    void abort(Line& line, int code);
    void sweep();
    [[nodiscard]] bool reads(const Line& line) const {
        return !line.read_over && line.allowed > 0 && queue_.size() - sent_ < limits::relay_queue;
    }

    Stream sends_;
    std::vector<std::unique_ptr<Line>> lines_;  // by id
    std::string queue_;
    std::size_t sent_ = 0;
    std::string head_;  // the header that has begun to come
    FrameHeader header_;
    std::size_t left_ = 0;  // of its payload
    Line* line_ = nullptr;  // that the payload is for
    std::string payload_;
    bool in_payload_ = false;
    bool gone_ = false;  // a line has
};

inline void Relay::append(const FrameHeader& header, std::string_view payload) {
    const auto head = encode(header);
    queue_.append(reinterpret_cast<const char*>(head.data()), head.size());
    queue_ += payload;
}

inline void Relay::sent(std::size_t count) {
    sent_ += count;
    if (sent_ == queue_.size()) {
        queue_.clear();
        sent_ = 0;
    } else if (sent_ > limits::relay_queue / 2) {
        queue_.erase(0, std::exchange(sent_, 0));
    }
}

inline Relay::Line* Relay::find(std::uint32_t id) {
    const auto found = std::lower_bound(
        lines_.begin(), lines_.end(), id,
        [](const std::unique_ptr<Line>& line, std::uint32_t wanted) { return line->id < wanted; });
    return found == lines_.end() || (*found)->id != id || (*found)->gone ? nullptr : found->get();
}

inline void Relay::begin(std::uint32_t id, Fd socket, std::uint32_t credit) {
    const int on = 1;
    // Of a unix socket it is refused, and has no meaning.
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    auto line = std::make_unique<Line>();
    line->id = id;
    line->socket = std::move(socket);
    line->allowed = credit;
    auto at = lines_.end();
    while (at != lines_.begin() && (*(at - 1))->id > id) --at;
    lines_.insert(at, std::move(line));
}

inline void Relay::answer(std::uint32_t id, Fd socket) {
    grant(id, limits::relay_window);
    begin(id, std::move(socket), limits::relay_window);
}

inline void Relay::grant(std::uint32_t id, std::uint32_t bytes) {
    PayloadWriter credit;
    credit.u32(bytes);
    append({4, FrameType::credit, sends_ == Stream::in ? Stream::out : Stream::in, id},
           credit.take());
}

inline void Relay::put(std::uint32_t id, std::string_view bytes) {
    if (auto* line = find(id)) line->pending += bytes;
}

inline void Relay::prepare(std::vector<pollfd>& polled) const {
    for (const auto& line : lines_) {
        const bool writes = line->written < line->pending.size();
        const auto events =
            static_cast<short>((reads(*line) ? POLLIN : 0) | (writes ? POLLOUT : 0));
        // A peer that is gone makes poll(2) return at once, whatever is asked for: while nobody
        // could do anything about it, it is not asked.
        const bool watched = events != 0 || line->read_over;
        polled.push_back({watched ? line->socket.get() : -1, events, 0});
    }
}

inline void Relay::turn(const pollfd* polled) {
    for (std::size_t i = 0; i < lines_.size(); ++i) {
        Line& line = *lines_[i];
        const int events = polled[i].revents;
        if (events == 0 || line.gone) continue;
        if (line.written < line.pending.size()) write(line);
        if (!line.gone && reads(line) && (events & (POLLIN | POLLHUP | POLLERR))) {
            read(line);
        } else if (!line.gone && line.read_over && (events & (POLLHUP | POLLERR))) {
            abort(line, ECONNRESET);
        }
    }
    sweep();
}

inline void Relay::sweep() {
    if (!std::exchange(gone_, false)) return;
    if (line_ && line_->gone) line_ = nullptr;
    std::erase_if(lines_, [](const std::unique_ptr<Line>& line) { return line->gone; });
}

// Straight into the queue, behind room for the header.
inline void Relay::read(Line& line) {
    const auto start = queue_.size();
    const auto room = std::min<std::uint64_t>(line.allowed, limits::data_payload);
    ssize_t got = 0;
    queue_.resize_and_overwrite(start + frame_header_size + room, [&](char* place, std::size_t) {
        got = ::recv(line.socket.get(), place + start + frame_header_size, room, MSG_DONTWAIT);
        return got > 0 ? start + frame_header_size + static_cast<std::size_t>(got) : start;
    });
    if (got > 0) {
        const auto head =
            encode(FrameHeader{static_cast<std::uint32_t>(got), FrameType::data, sends_, line.id});
        std::memcpy(queue_.data() + start, head.data(), head.size());
        line.allowed -= static_cast<std::uint64_t>(got);
    } else if (got == 0) {
        line.read_over = true;
        append({0, FrameType::end, sends_, line.id}, {});
        settle(line);
    } else if (errno != EAGAIN && errno != EINTR) {
        abort(line, errno);
    }
}

inline void Relay::write(Line& line) {
    while (line.written < line.pending.size()) {
        const auto put = ::send(line.socket.get(), line.pending.data() + line.written,
                                line.pending.size() - line.written, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0 && errno == EAGAIN) return;
        if (put < 0) return abort(line, errno);
        line.written += static_cast<std::size_t>(put);
        line.consumed += static_cast<std::uint32_t>(put);
    }
    line.pending = {};
    line.written = 0;
    settle(line);
}

// What follows from there being nothing to write: credit, the end, and the end of all.
inline void Relay::settle(Line& line) {
    if (line.consumed >= limits::relay_window / 4 && !line.far_over) {
        line.granted += line.consumed;
        grant(line.id, std::exchange(line.consumed, 0));
    }
    if (!line.pending.empty() || !line.far_over) return;
    ::shutdown(line.socket.get(), SHUT_WR);
    if (line.read_over || line.leaving) {
        line.socket.reset();
        line.gone = gone_ = true;
    }
}

inline void Relay::abort(Line& line, int code) {
    refuse(line.id, code, {});
    reset(std::move(line.socket));
    line.gone = gone_ = true;
}

inline void Relay::reset(Fd socket) {
    const linger at_once{1, 0};
    ::setsockopt(socket.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

inline Result<std::optional<Relay::Event>> Relay::take(std::string_view& bytes) {
    while (!bytes.empty()) {
        if (!in_payload_) {
            const auto count = std::min(frame_header_size - head_.size(), bytes.size());
            head_ += bytes.substr(0, count);
            bytes.remove_prefix(count);
            if (head_.size() < frame_header_size) break;
            const auto* start = reinterpret_cast<const std::byte*>(head_.data());
            header_ = TRY(decode_header(
                std::span<const std::byte, frame_header_size>(start, frame_header_size)));
            head_.clear();
            if (header_.type != FrameType::data && header_.length > limits::relay_words) {
                return refused("frame", "an open or exit that is too long");
            }
            left_ = header_.length;
            in_payload_ = true;
            line_ = header_.session == 0 ? nullptr : find(header_.session);
        }
        const auto part = bytes.substr(0, std::min(left_, bytes.size()));
        bytes.remove_prefix(part.size());
        left_ -= part.size();
        if (header_.type == FrameType::data) {
            TRY(take_data(part));
        } else {
            payload_ += part;
        }
        if (left_ > 0) break;
        in_payload_ = false;
        auto event = TRY(act());
        payload_.clear();
        if (event) return event;
    }
    sweep();
    return std::nullopt;
}

inline Result<> Relay::take_data(std::string_view bytes) {
    if (header_.stream == sends_ || header_.stream > Stream::out) {
        return refused("frame", "data on a stream of the receiver");
    }
    // Of a line that has ended here in the meantime.
    if (!line_ || line_->gone) return {};
    Line& line = *line_;
    if (line.far_over || bytes.size() > line.granted) {
        return refused("frame", "more data than was allowed");
    }
    line.granted -= bytes.size();
    if (line.pending.empty() && !bytes.empty()) {
        const auto put =
            ::send(line.socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && errno != EAGAIN && errno != EINTR) {
            abort(line, errno);
            return {};
        }
        if (put > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(put));
            line.consumed += static_cast<std::uint32_t>(put);
        }
    } else if (line.written > line.pending.size() / 2) {
        line.pending.erase(0, std::exchange(line.written, 0));
    }
    line.pending += bytes;
    settle(line);
    return {};
}

// A frame is whole.
inline Result<std::optional<Relay::Event>> Relay::act() {
    Line* line = line_ && !line_->gone ? line_ : nullptr;
    Event event{.type = header_.type, .id = header_.session};
    switch (header_.type) {
        case FrameType::data: return std::nullopt;
        case FrameType::end:
            if (header_.stream == sends_) return refused("frame", "an end of the receiver's");
            if (line) {
                line->far_over = true;
                settle(*line);
            }
            return std::nullopt;
        case FrameType::credit: {
            event.number = static_cast<std::uint32_t>(TRY(PayloadReader(payload_).number(4)));
            if (!line) return event;
            line->allowed += event.number;
            if (line->allowed >> 31 != 0) return refused("frame", "credit beyond 2 GiB");
            return std::nullopt;
        }
        case FrameType::exit:
            // What came before its end has come whole, and is still passed on.
            if (line && line->far_over) {
                line->leaving = true;
                settle(*line);
            } else if (line) {
                reset(std::move(line->socket));
                line->gone = gone_ = true;
            }
            [[fallthrough]];
        case FrameType::open: event.payload = std::move(payload_); return event;
        case FrameType::ping: return event;
        default: return refused("frame", "a type that has no place here");
    }
}

}  // namespace limpet
