// connection.cpp - frames to and from one agent.
#include "attach/connection.h"

#include "attach/sanitiser.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <cstring>

namespace limpet::attach {
namespace {

// Several frames per read(2), and the largest one always fits behind a half-read header.
constexpr std::size_t buffer_size = 4 * (limits::data_payload + frame_header_size);

// Below this, two system calls for a frame cost more than copying it.
constexpr std::size_t bulk_size = 32 * 1024;

std::unexpected<Error> lost(std::string_view why) {
    return refused("connection to the agent lost", why);
}

// What only a client sends would make this a client talking to itself.
bool from_agent(FrameType type) {
    return type != FrameType::open && type != FrameType::signal && type != FrameType::resize &&
           type != FrameType::close;
}

bool of_session(FrameType type) {
    return type == FrameType::data || type == FrameType::end || type == FrameType::credit ||
           type == FrameType::exit;
}

}  // namespace

Connection::Connection(Fd in, Fd out)
    : in_(std::move(in)),
      out_(std::move(out)),
      buffer_(new char[buffer_size]),  // not value-initialised: most sessions use a few pages of it
      heard_(Clock::now()) {
    for (const int fd : {in_.get(), out_.get()})
        ::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
    Hello hello;
    hello.software = "limpet " + std::string(version);
    send(FrameType::hello, 0, encode(hello));
}

void Connection::send(FrameType type, std::uint32_t session, std::string_view payload,
                      Stream stream) {
    const auto header =
        encode(FrameHeader{static_cast<std::uint32_t>(payload.size()), type, stream, session});
    queue_.append(reinterpret_cast<const char*>(header.data()), header.size());
    queue_ += payload;
}

void Connection::send_at_once(std::uint32_t session, std::string_view payload) {
    flush();
    if (has_backlog()) return send(FrameType::data, session, payload);
    auto header = encode(FrameHeader{static_cast<std::uint32_t>(payload.size()), FrameType::data,
                                     Stream::in, session});
    const iovec parts[]{{header.data(), header.size()},
                        {const_cast<char*>(payload.data()), payload.size()}};
    const auto put = ::writev(out_.get(), parts, 2);
    const auto written = put > 0 ? static_cast<std::size_t>(put) : 0;
    const auto of_header = std::min(written, header.size());
    queue_.append(reinterpret_cast<const char*>(header.data()) + of_header,
                  header.size() - of_header);
    queue_ += payload.substr(written - of_header);
}

void Connection::flush() {
    while (has_backlog()) {
        const auto count = ::write(out_.get(), queue_.data() + sent_, queue_.size() - sent_);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0 && errno == EAGAIN) {
            // Where there is always more to send than is taken, the queue is never empty.
            if (sent_ > queue_.size() / 2) queue_.erase(0, std::exchange(sent_, 0));
            return;
        }
        // A broken pipe is no error yet: the agent's last words may still be there to be read, and
        // when not, receive() says that the connection is lost.
        if (count < 0) break;
        sent_ += static_cast<std::size_t>(count);
    }
    queue_.clear();
    sent_ = 0;
}

Result<> Connection::receive() {
    if (begin_ == end_) {
        begin_ = end_ = 0;
    } else if (begin_ > 0 && buffer_size - end_ < limits::data_payload + frame_header_size) {
        std::memmove(buffer_.get(), buffer_.get() + begin_, end_ - begin_);
        end_ -= begin_;
        begin_ = 0;
    }
    const auto room = bulk_ ? frame_header_size - (end_ - begin_) : buffer_size - end_;
    end_ += TRY(received(::read(in_.get(), buffer_.get() + end_, room)));
    return {};
}

Result<std::size_t> Connection::received(ssize_t count) {
    if (count > 0) {
        heard_ = Clock::now();
        pinged_ = false;
        return static_cast<std::size_t>(count);
    }
    if (count == 0 || errno == ECONNRESET) {
        closed_ = true;
    } else if (errno != EAGAIN && errno != EINTR) {
        return failed("read", "from the agent");
    }
    return 0;
}

Result<std::size_t> Connection::move_left(BorrowedFd pipe) {
    const auto moved = ::splice(in_.get(), nullptr, pipe.get(), nullptr, left_, SPLICE_F_NONBLOCK);
    if (moved < 0 && errno == EPIPE) return failed("write", "standard output");
    const auto count = TRY(received(moved));
    left_ -= count;
    return count;
}

Result<std::string_view> Connection::receive_left() {
    begin_ = end_ = 0;
    const auto count =
        TRY(received(::read(in_.get(), buffer_.get(), std::min(left_, buffer_size))));
    left_ -= count;
    return std::string_view(buffer_.get(), count);
}

Result<std::optional<Frame>> Connection::next() {
    while (end_ - begin_ >= frame_header_size) {
        const auto* start = reinterpret_cast<const std::byte*>(buffer_.get() + begin_);
        const auto header = TRY(
            decode_header(std::span<const std::byte, frame_header_size>(start, frame_header_size)));
        if (!from_agent(header.type)) return refused("frame", "an agent does not send this type");
        if (!credit_ && header.type != FrameType::hello && header.type != FrameType::error) {
            return refused("hello", "the agent did not say hello first");
        }
        bulk_ = header.type == FrameType::data && header.stream == direct_ &&
                header.length >= bulk_size;
        const auto present =
            std::min<std::size_t>(end_ - begin_ - frame_header_size, header.length);
        if (!bulk_ && present < header.length) break;
        const Frame frame{
            header, {buffer_.get() + begin_ + frame_header_size, present}, header.length - present};
        begin_ += frame_header_size + present;
        left_ = frame.left;
        if (of_session(header.type)) return frame;
        TRY(own(frame));
    }
    return std::nullopt;
}

Result<> Connection::own(const Frame& frame) {
    if (frame.header.type == FrameType::error) {
        return refused("agent", one_line(frame.payload));
    }
    if (frame.header.type == FrameType::ping) {
        if (frame.payload.size() != 8) return refused("ping", "its payload is not 8 bytes");
        send(FrameType::pong, 0, frame.payload);
        return {};
    }
    if (frame.header.type != FrameType::hello) return {};
    if (credit_) return refused("hello", "the agent said it twice");
    const auto hello = TRY(decode_hello(frame.payload));
    if (hello.protocol != protocol_version) {
        return refused("hello", "the agent (" + one_line(hello.software) + ") speaks protocol " +
                                    std::to_string(hello.protocol) + ", this client " +
                                    std::to_string(protocol_version) +
                                    ": use the same version of both");
    }
    credit_ = hello.credit;
    software_ = one_line(hello.software);
    return {};
}

Result<int> Connection::heartbeat(Clock::time_point now) {
    using std::chrono::milliseconds;
    using std::chrono::seconds;
    const auto silent = now - heard_;
    const seconds patience(credit_ ? limits::heartbeat_deadline : limits::hello_deadline);
    if (silent >= patience) {
        return lost("it has been silent for " + std::to_string(patience.count()) + " s");
    }
    const seconds interval(limits::heartbeat_interval);
    if (credit_ && !pinged_ && silent >= interval) {
        PayloadWriter value;
        value.u64(static_cast<std::uint64_t>(now.time_since_epoch().count()));
        send(FrameType::ping, 0, value.take());
        pinged_ = true;
    }
    const auto wait = (pinged_ || !credit_ ? patience : interval) - silent;
    return static_cast<int>(std::chrono::duration_cast<milliseconds>(wait).count()) + 1;
}

}  // namespace limpet::attach
