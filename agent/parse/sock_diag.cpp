// parse/sock_diag.cpp - answers of NETLINK_SOCK_DIAG, sock_diag(7).
#include "parse/sock_diag.h"

#include <linux/inet_diag.h>
#include <linux/tcp.h>
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

TcpInfo tcp_details(Bytes bytes) {
    const auto info = front<tcp_info>(bytes);
    return {.rtt = info.tcpi_rtt,
            .rtt_variance = info.tcpi_rttvar,
            .rto = info.tcpi_rto,
            .congestion_window = info.tcpi_snd_cwnd,
            .segment_size = info.tcpi_snd_mss,
            .retransmitted = info.tcpi_total_retrans,
            .lost = info.tcpi_lost,
            .bytes_sent = info.tcpi_bytes_sent,
            .bytes_acked = info.tcpi_bytes_acked,
            .bytes_received = info.tcpi_bytes_received,
            .delivery_rate = info.tcpi_delivery_rate};
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
    each_attribute(message, sizeof head, [&](std::uint16_t type, Bytes payload) {
        if (type == INET_DIAG_INFO && protocol == Protocol::tcp) socket.tcp = tcp_details(payload);
        if (type == INET_DIAG_CONG) socket.congestion = text_of(payload);
    });
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
    each_attribute(message, sizeof head, [&](std::uint16_t type, Bytes payload) {
        switch (type) {
            case UNIX_DIAG_NAME: {
                std::string name(reinterpret_cast<const char*>(payload.data()), payload.size());
                // An abstract name begins with a NUL and may hold more; a path ends with one.
                if (!name.starts_with('\0')) name.resize(std::min(name.find('\0'), name.size()));
                std::ranges::replace(name, '\0', '@');
                socket.path = std::move(name);
                break;
            }
            case UNIX_DIAG_PEER: socket.peer_inode = front<std::uint32_t>(payload); break;
            case UNIX_DIAG_RQLEN: {
                const auto queue = front<unix_diag_rqlen>(payload);
                socket.receive_queue = queue.udiag_rqueue;
                socket.send_queue = queue.udiag_wqueue;
                break;
            }
            case UNIX_DIAG_UID: socket.uid = front<std::uint32_t>(payload); break;
            default: break;
        }
    });
    return socket;
}

}  // namespace limpet::parse
