// serve/connection.h - one peer: hello, frames in, frames out, heartbeat, its sessions.
#pragma once

#include "limpet/frame.h"
#include "limpet/message.h"
#include "serve/peer.h"
#include "serve/wait.h"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::serve {

class Record;
class Server;
class Session;
struct Child;

class Connection {
public:
    Connection(Server& server, Descriptor in, Descriptor out, Peer peer);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // The whole life: returns when the peer and every session have gone.
    Task<> run();
    // As if the peer had gone.
    void end();

    // For sessions. A frame goes out whole; when the peer does not read, these wait.
    Task<> send(FrameHeader header, std::string_view payload = {});
    // In two steps for data: with the turn, a session reads into buffer() and writes that.
    Task<Turn::Held> turn() { return turn_.take(); }
    std::span<char> buffer();
    Task<> write(FrameHeader header, std::string_view payload);

    [[nodiscard]] Server& server() { return server_; }
    [[nodiscard]] std::uint32_t peer_credit() const { return peer_.credit; }

private:
    struct Frame {
        FrameHeader header;
        std::string_view payload;  // valid until the next one is received
    };
    // Of receiving: a frame, the end of the connection (nullopt), or a violation.
    using Received = Result<std::optional<Frame>>;

    Task<Result<>> converse();
    Task<Received> receive();
    Task<bool> fill(std::size_t size);
    Task<> live(std::uint32_t id);
    Task<> refuse(std::uint32_t id, bool aside, std::string reason);
    Task<> say_why(std::string reason);
    Task<> watch_silence();
    Task<> answer();
    Result<> greet(const Frame& frame);
    Result<> handle(const Frame& frame);
    Result<> open(const Frame& frame);
    Result<Child> begin(const Open& open, std::unique_ptr<Record>& record);
    Result<> to_session(Session& session, const Frame& frame);
    void hang_up();

    Server& server_;
    Descriptor in_;
    Descriptor out_;
    Peer who_;
    Turn turn_;
    Event changed_;

    Hello peer_;
    bool greeted_ = false;
    bool over_ = false;  // no more frames are read
    Clock::time_point began_;
    Clock::time_point heard_;  // when the last byte came
    Clock::time_point pinged_;
    Clock::time_point close_at_ = Clock::time_point::max();
    std::optional<std::string> pong_;  // the value that is still to be sent back
    std::string silence_;              // why watch_silence gave up

    std::unique_ptr<char[]> input_;  // received and not yet handled: begin_ to end_
    std::size_t capacity_ = 0;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    std::unique_ptr<char[]> output_;  // one data frame's payload, for the holder of the turn

    std::map<std::uint32_t, std::unique_ptr<Session>> sessions_;
    std::uint32_t last_session_ = 0;
    Parts parts_;
};

}  // namespace limpet::serve
