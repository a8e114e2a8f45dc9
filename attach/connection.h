// connection.h - frames to and from one agent; who reads and writes them is the caller's poll(2)
// loop.
//
// The connection answers what concerns itself (hello, ping, error) and hands every frame of a
// session to the caller. The agent is not trusted: whatever a frame announces is checked before it
// is kept.
#pragma once

#include "limpet/fd.h"
#include "limpet/frame.h"
#include "limpet/message.h"
#include "limpet/result.h"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::attach {

using Clock = std::chrono::steady_clock;

struct Frame {
    FrameHeader header;
    std::string_view payload;  // until the next call of receive()
    std::size_t left = 0;      // bytes of the payload that move_left() or receive_left() get
};

class Connection {
public:
    // `in` and `out` may be one descriptor's duplicates; both become non-blocking. Says hello.
    Connection(Fd in, Fd out);

    void send(FrameType type, std::uint32_t session, std::string_view payload = {},
              Stream stream = Stream::in);
    // The same for data, which is not copied as long as the kernel takes it at once.
    void send_at_once(std::uint32_t session, std::string_view payload);
    // The same for data that `read` appends to the queue: no copy of it is made. `read` gets the
    // place and its size and returns how many bytes it put there, 0 for none.
    template <typename Read>
    std::size_t send_data(std::uint32_t session, std::size_t size, Read read);
    [[nodiscard]] bool has_backlog() const { return sent_ < queue_.size(); }
    [[nodiscard]] std::size_t backlog() const { return queue_.size() - sent_; }
    // Writes what the kernel takes now. A peer that is gone is noticed by receive().
    void flush();

    // One read(2), when poll(2) says there is something.
    Result<> receive();
    // The next frame that belongs to a session: whole, but for large ones of the stream that
    // leave_in_kernel() names.
    Result<std::optional<Frame>> next();

    // Large data frames of this stream need not pass through our memory: they go from the socket to
    // a pipe by splice(2), which is several times faster than read(2) and write(2).
    void leave_in_kernel(Stream stream) { direct_ = stream; }
    // What is left of the last frame; until there is nothing, neither receive() nor next() is
    // called.
    [[nodiscard]] std::size_t left() const { return left_; }
    // Both return how many bytes they got, 0 when it is not the time.
    Result<std::size_t> move_left(BorrowedFd pipe);
    Result<std::string_view> receive_left();
    // The agent closed the connection and every frame that it sent has been returned.
    [[nodiscard]] bool closed() const { return closed_; }

    // What the agent takes of every input stream from the start; nothing before its hello.
    [[nodiscard]] std::optional<std::uint32_t> credit() const { return credit_; }
    [[nodiscard]] const std::string& software() const { return software_; }

    // Pings a silent agent, and gives it up after limits::heartbeat_deadline.
    // Returns the milliseconds after which this wants to be called again.
    Result<int> heartbeat(Clock::time_point now);

    [[nodiscard]] BorrowedFd in() const { return in_; }
    [[nodiscard]] BorrowedFd out() const { return out_; }

private:
    Result<> own(const Frame& frame);
    Result<std::size_t> received(ssize_t count);

    Fd in_, out_;
    std::string queue_;     // encoded frames
    std::size_t sent_ = 0;  // of the queue
    std::unique_ptr<char[]> buffer_;
    std::size_t begin_ = 0;  // of what was received and not yet returned
    std::size_t end_ = 0;
    bool closed_ = false;
    std::optional<Stream> direct_;
    bool bulk_ = false;  // large frames follow one another: only their headers are read
    std::size_t left_ = 0;
    bool pinged_ = false;
    std::optional<std::uint32_t> credit_;
    std::string software_;
    Clock::time_point heard_;
};

template <typename Read>
std::size_t Connection::send_data(std::uint32_t session, std::size_t size, Read read) {
    const auto start = queue_.size();
    queue_.resize(start + frame_header_size + size);
    const std::size_t count = read(queue_.data() + start + frame_header_size, size);
    if (count == 0) {
        queue_.resize(start);
        return 0;
    }
    queue_.resize(start + frame_header_size + count);
    const auto header = encode(
        FrameHeader{static_cast<std::uint32_t>(count), FrameType::data, Stream::in, session});
    std::memcpy(queue_.data() + start, header.data(), header.size());
    return count;
}

}  // namespace limpet::attach
