// parse/socket.h - a socket as /proc/net and sock_diag(7) tell of it.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
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
void append_text(std::string& to, const Address& address);
// An IPv4 or IPv6 address; nullopt for anything else, a name among it.
std::optional<Address> numeric_address(const std::string& text);
// "127.0.0.1:80", "[::1]:80", "0.0.0.0:*" when the port is 0.
std::string text_with_port(const Address& address);

struct Prefix {
    Address address;
    std::uint8_t length = 0;  // in bits
};
// "10.0.0.0/8", or an address as the whole of itself.
std::optional<Prefix> prefix(std::string_view text);
bool within(const Address& address, const Prefix& prefix);

enum class Protocol : std::uint8_t { tcp, udp, raw, unix_ };

struct Socket {
    Protocol protocol = Protocol::tcp;
    std::uint8_t state = 0;        // of tcp_states.h: 1 established … 10 listening
    std::uint8_t timer = 0;        // 0 none, 1 retransmission, 2 keepalive, 3 time wait, 4 probe
    std::optional<bool> six_only;  // bound to ::, takes no IPv4
    Address local, remote;         // of inet; for raw the port is the IP protocol
    std::uint64_t receive_queue = 0;
    std::uint64_t send_queue = 0;
    std::uint64_t inode = 0;
    std::uint64_t cookie = 0;          // only sock_diag knows it, as the next three
    std::uint64_t cgroup = 0;          // its id
    std::uint32_t mark = 0;            // of SO_MARK
    std::optional<std::uint8_t> shut;  // bit 0: for receiving, bit 1: for sending
    std::uint32_t uid = 0;
    std::uint32_t interface = 0;      // bound to this one; 0: any
    std::uint64_t timer_expires = 0;  // milliseconds
    std::uint32_t retransmits = 0;
    // What sock_diag tells besides when asked; views of its message, valid while it is visited.
    std::span<const std::byte> tcp;     // struct tcp_info, of older kernels the front of it
    std::span<const std::byte> memory;  // SK_MEMINFO_*, 32 bits each
    std::string_view congestion;        // "cubic"
    // Of unix sockets.
    std::uint16_t unix_type = 0;   // SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET
    std::uint32_t references = 0;  // only /proc knows it, as accepts
    bool accepts = false;
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
