// parse/socket.h - a socket as /proc/net and sock_diag(7) tell of it.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::parse {

struct Address {
    int family = AF_INET;  // AF_INET or AF_INET6
    std::array<std::uint8_t, 16> bytes{};
    std::uint16_t port = 0;

    [[nodiscard]] bool any() const;
};

// "127.0.0.1", "::1": without the port.
std::string text(const Address& address);
// "127.0.0.1:80", "[::1]:80", "0.0.0.0:*" when the port is 0.
std::string text_with_port(const Address& address);

enum class Protocol : std::uint8_t { tcp, udp, raw, unix_ };

// What sock_diag tells of a TCP connection in addition.
struct TcpInfo {
    std::uint32_t rtt = 0;  // microseconds, as rtt_variance and rto
    std::uint32_t rtt_variance = 0;
    std::uint32_t rto = 0;
    std::uint32_t congestion_window = 0;
    std::uint32_t segment_size = 0;
    std::uint32_t retransmitted = 0;
    std::uint32_t lost = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t bytes_acked = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t delivery_rate = 0;  // bytes a second
};

struct Socket {
    Protocol protocol = Protocol::tcp;
    std::uint8_t state = 0;  // of tcp_states.h: 1 established … 10 listening
    Address local, remote;   // of inet; for raw the port is the IP protocol
    std::uint64_t receive_queue = 0;
    std::uint64_t send_queue = 0;
    std::uint64_t inode = 0;
    std::uint32_t uid = 0;
    std::uint32_t interface = 0;      // bound to this one; 0: any
    std::uint8_t timer = 0;           // 0 none, 1 retransmission, 2 keepalive, 3 time wait, 4 probe
    std::uint64_t timer_expires = 0;  // milliseconds
    std::uint32_t retransmits = 0;
    std::optional<TcpInfo> tcp;
    std::string congestion;  // "cubic"
    // Of unix sockets.
    std::uint16_t unix_type = 0;   // SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET
    std::string path;              // an abstract name begins with '@', its NULs are '@', too
    std::uint64_t peer_inode = 0;  // only sock_diag knows it
};

std::string_view state_name(std::uint8_t state);    // "LISTEN"
std::string_view protocol_name(Protocol protocol);  // "tcp"

// One line of /proc/PID/net/{tcp,tcp6,udp,udp6,raw,raw6}; nullopt for the heading.
std::optional<Socket> inet_socket(Protocol protocol, std::string_view line, std::uint64_t ticks);
// One line of /proc/PID/net/unix.
std::optional<Socket> unix_socket(std::string_view line);

}  // namespace limpet::parse
