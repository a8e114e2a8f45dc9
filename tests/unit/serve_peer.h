// serve_peer.h - a server in a child process, whose sessions are the tests' own, and its peer.
#pragma once

#include "limpet/fd.h"
#include "limpet/frame.h"
#include "limpet/message.h"

#include <sys/types.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::testing {

struct Received {
    FrameHeader header;
    std::string payload;
};

// The bytes of one frame.
std::string frame(FrameType type, std::uint32_t session = 0, std::string_view payload = {},
                  Stream stream = Stream::in);
std::string number(std::uint32_t value);

// A connection to a server of its own. The sessions run serve_fake.cpp.
class Peer {
public:
    // `greeting` false: not even a hello is said.
    explicit Peer(bool greeting = true, std::uint32_t credit = limits::initial_credit);
    ~Peer();
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    void send(std::string_view bytes);
    void open(std::uint32_t session, std::vector<std::string> arguments, Open open = {});
    // The next frame, which pings never are; nothing at the end or after 10 s.
    std::optional<Received> receive();
    // The next bytes of a session's output; ends and credit in between are passed over.
    std::string receive_data();
    // Receives and keeps what comes until the session has exited; grants what it takes.
    std::optional<Exit> exit(std::uint32_t session);
    // The reason with which the server closes; empty when it closes without.
    std::string closed();
    // Nothing comes for so long.
    bool quiet(int milliseconds);
    void hang_up() { socket_.reset(); }
    // The server has ended with status 0, and left no child behind.
    bool ended();

    [[nodiscard]] std::string out(std::uint32_t session, Stream stream = Stream::out) const;
    [[nodiscard]] bool has_end(std::uint32_t session, Stream stream) const;
    [[nodiscard]] pid_t server() const { return server_; }
    bool granting = true;

private:
    bool keep(const Received& received);
    Fd socket_;
    pid_t server_ = -1;
    std::string input_;
    std::map<std::pair<std::uint32_t, Stream>, std::string> bytes_;
    std::set<std::pair<std::uint32_t, Stream>> ends_;
    std::map<std::uint32_t, Exit> exits_;
};

}  // namespace limpet::testing
