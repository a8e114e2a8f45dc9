// network/sockets.h - sockets of a network namespace: sock_diag(7), or /proc/PID/net.
#pragma once

#include "commands/process/process.h"
#include "parse/socket.h"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace limpet::commands {

// Bits 1 << state of tcp_states.h.
inline constexpr std::uint32_t all_states = 0xfff;
inline constexpr std::uint32_t listening_states = 1U << 10 | 1U << 7;  // LISTEN, UNCONN

struct SocketQuery {
    bool tcp = false, udp = false, raw = false, unix_ = false;
    bool four = true, six = true;
    std::uint32_t states = all_states;
    bool details = false;  // of TCP connections
    bool memory = false;
    // When only such are looked for: the kernel leaves out the others. 0: any.
    std::uint16_t local_port = 0, remote_port = 0;

    [[nodiscard]] bool wants(parse::Protocol protocol, int family) const;
};
inline constexpr SocketQuery every_socket{.tcp = true, .udp = true, .raw = true, .unix_ = true};

// Lines of tcp, tcp6, udp, udp6, raw, raw6 and unix of that process's network namespace. The
// namespace of another process needs no joining this way.
void each_proc_socket(const Process& process, const std::function<void(parse::Socket&&)>& visit,
                      const SocketQuery& query = every_socket);

// Those of the namespace that this process stands in, by netlink; what the kernel has no sock_diag
// for comes from the main process's /proc files.
Result<> each_socket(const target::Target& target, const SocketQuery& query,
                     const std::function<void(parse::Socket&&)>& visit);

// Who holds a socket open.
struct SocketOwner {
    std::uint64_t inode = 0;
    pid_t pid = 0;
    std::uint32_t descriptor = 0;
    std::uint32_t comm = 0;  // an index
};
struct SocketOwners {
    std::vector<SocketOwner> owners;  // by inode
    std::vector<std::string> comms;

    [[nodiscard]] std::span<const SocketOwner> of(std::uint64_t inode) const;
};
SocketOwners socket_owners(const target::Target& target);

// "stream", "dgram", "seqpacket".
std::string_view unix_type_name(std::uint16_t type);
// "tcp 127.0.0.1:80 -> 10.0.0.1:5000 ESTAB", "unix stream /run/x LISTEN": for one cell.
std::string describe(const parse::Socket& socket);

}  // namespace limpet::commands
