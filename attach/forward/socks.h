// forward/socks.h - the server's side of a SOCKS handshake, RFC 1928: only bytes, no sockets.
//
// It says how many bytes it wants next and never takes more, so that what follows the handshake is
// left for the connection.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace limpet::attach::forward {

class Socks {
public:
    enum class State { reading, asked, refused };

    // At least 1 while reading, at most 258.
    [[nodiscard]] std::size_t wanted() const { return wanted_ - bytes_.size(); }
    // At most wanted() bytes. What is to be answered is added to `reply`.
    State take(std::string_view bytes, std::string& reply);

    // Where the client wants to go; a name, or an address as text.
    [[nodiscard]] const std::string& host() const { return host_; }
    [[nodiscard]] std::uint16_t port() const { return port_; }

private:
    enum class Step { greeting, methods, request, rest };
    State step(std::string& reply);

    Step step_ = Step::greeting;
    State state_ = State::reading;
    std::size_t wanted_ = 2;
    std::string bytes_;  // of this step
    char kind_ = 0;      // of the address
    std::string host_;
    std::uint16_t port_ = 0;
};

// The answer to the request: 0, or why not.
std::string socks_reply(unsigned char code);
// For an errno of connect(2); 0 for a name that is none.
unsigned char socks_code(int error);

}  // namespace limpet::attach::forward
