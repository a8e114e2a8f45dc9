// parse/sock_diag.cpp - answers of NETLINK_SOCK_DIAG, sock_diag(7).
#include "parse/sock_diag.h"

#include <linux/inet_diag.h>
#include <linux/unix_diag.h>

#include <algorithm>
#include <cstring>

namespace limpet::parse {
namespace {

std::uint16_t host_order(std::uint16_t big_endian) {
    return static_cast<std::uint16_t>((big_endian >> 8) | (big_endian << 8));
}

Address address(std::uint8_t family, const std::uint32_t (&words)[4], std::uint16_t port) {
    Address result;
    result.family = family;
    result.port = host_order(port);
    std::memcpy(result.bytes.data(), words, family == AF_INET ? 4 : 16);
    return result;
}

}  // namespace

std::optional<Socket> inet_diag(Protocol protocol, Bytes message) {
    if (message.size() < sizeof(inet_diag_msg)) return std::nullopt;
    const auto head = front<inet_diag_msg>(message);
    if (head.idiag_family != AF_INET && head.idiag_family != AF_INET6) return std::nullopt;
    Socket socket;
    socket.protocol = protocol;
    socket.state = head.idiag_state;
    socket.local = address(head.idiag_family, head.id.idiag_src, head.id.idiag_sport);
    socket.remote = address(head.idiag_family, head.id.idiag_dst, head.id.idiag_dport);
    socket.receive_queue = head.idiag_rqueue;
    socket.send_queue = head.idiag_wqueue;
    socket.inode = head.idiag_inode;
    socket.uid = head.idiag_uid;
    socket.interface = head.id.idiag_if;
    socket.timer = head.idiag_timer;
    socket.timer_expires = head.idiag_expires;
    socket.retransmits = head.idiag_retrans;
    socket.cookie = head.id.idiag_cookie[0] | std::uint64_t{head.id.idiag_cookie[1]} << 32;
    Bytes rest = attributes(message, sizeof head);
    for (Attribute a; next_attribute(rest, a);) {
        switch (a.type) {
            case INET_DIAG_INFO: socket.tcp = a.payload; break;
            case INET_DIAG_SKMEMINFO: socket.memory = a.payload; break;
            case INET_DIAG_CONG: socket.congestion = text_of(a.payload); break;
            case INET_DIAG_SHUTDOWN: socket.shut = front<std::uint8_t>(a.payload); break;
            case INET_DIAG_SKV6ONLY: socket.six_only = front<std::uint8_t>(a.payload) != 0; break;
            case INET_DIAG_MARK: socket.mark = front<std::uint32_t>(a.payload); break;
            case INET_DIAG_CGROUP_ID: socket.cgroup = front<std::uint64_t>(a.payload); break;
            default: break;
        }
    }
    return socket;
}

std::optional<Socket> unix_diag(Bytes message) {
    if (message.size() < sizeof(unix_diag_msg)) return std::nullopt;
    const auto head = front<unix_diag_msg>(message);
    Socket socket;
    socket.protocol = Protocol::unix_;
    socket.state = head.udiag_state;
    socket.unix_type = head.udiag_type;
    socket.inode = head.udiag_ino;
    socket.cookie = head.udiag_cookie[0] | std::uint64_t{head.udiag_cookie[1]} << 32;
    Bytes rest = attributes(message, sizeof head);
    for (Attribute a; next_attribute(rest, a);) {
        switch (a.type) {
            case UNIX_DIAG_NAME: {
                auto& name = socket.path;
                name.assign(reinterpret_cast<const char*>(a.payload.data()), a.payload.size());
                // An abstract name begins with a NUL and may hold more; a path ends with one.
                if (!name.starts_with('\0')) name.resize(std::min(name.find('\0'), name.size()));
                std::ranges::replace(name, '\0', '@');
                break;
            }
            case UNIX_DIAG_PEER: socket.peer_inode = front<std::uint32_t>(a.payload); break;
            case UNIX_DIAG_RQLEN: {
                const auto queue = front<unix_diag_rqlen>(a.payload);
                socket.receive_queue = queue.udiag_rqueue;
                socket.send_queue = queue.udiag_wqueue;
                break;
            }
            case UNIX_DIAG_MEMINFO: socket.memory = a.payload; break;
            case UNIX_DIAG_SHUTDOWN: socket.shut = front<std::uint8_t>(a.payload); break;
            case UNIX_DIAG_UID: socket.uid = front<std::uint32_t>(a.payload); break;
            default: break;
        }
    }
    return socket;
}

}  // namespace limpet::parse
