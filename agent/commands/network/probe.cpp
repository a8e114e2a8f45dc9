// network/probe.cpp - single packets whose answers are waited for: ping, traceroute and mtr.
#include "commands/network/probe.h"

#include "commands/network/internet.h"

#include "parse/netlink.h"

#include <net/if.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <linux/errqueue.h>
#include <linux/icmp.h>

#include <array>
#include <cerrno>

namespace limpet::commands {
namespace {

using parse::Address;

Address address_of(parse::Bytes bytes) {
    Address address;
    address.family = parse::front<sa_family_t>(bytes);
    if (address.family == AF_INET6) {
        const auto six = parse::front<sockaddr_in6>(bytes);
        address.port = __builtin_bswap16(six.sin6_port);
        std::memcpy(address.bytes.data(), &six.sin6_addr, 16);
    } else {
        const auto four = parse::front<sockaddr_in>(bytes);
        address.family = AF_INET;
        address.port = __builtin_bswap16(four.sin_port);
        std::memcpy(address.bytes.data(), &four.sin_addr, 4);
    }
    return address;
}

void set(BorrowedFd socket, int level, int name, int value) {
    ::setsockopt(socket.get(), level, name, &value, sizeof value);
}

// RFC 1071. That of ICMPv6 is the kernel's affair.
std::uint16_t checksum(std::span<const std::uint8_t> bytes) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 ? bytes[i] : std::uint32_t{bytes[i]} << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return static_cast<std::uint16_t>(~sum);
}

struct Message {
    std::array<std::byte, 2048> data{};
    sockaddr_storage from{};
    alignas(cmsghdr) std::array<std::byte, 512> control{};
    msghdr header{};
    ssize_t got = -1;

    Message(BorrowedFd socket, int flags) {
        iovec part{data.data(), data.size()};
        header.msg_name = &from;
        header.msg_namelen = sizeof from;
        header.msg_iov = &part;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
        header.msg_controllen = control.size();
        got = ::recvmsg(socket.get(), &header, flags | MSG_DONTWAIT | MSG_TRUNC);
        header.msg_iov = nullptr;
    }
    [[nodiscard]] parse::Bytes bytes() const {
        return std::span(data).first(std::min(static_cast<std::size_t>(got), data.size()));
    }
    [[nodiscard]] Address sender() const { return address_of(std::as_bytes(std::span(&from, 1))); }
    // The payload of that piece of control data; empty when there is none.
    [[nodiscard]] parse::Bytes piece(int level, int type) {
        for (auto* at = CMSG_FIRSTHDR(&header); at; at = CMSG_NXTHDR(&header, at)) {
            if (at->cmsg_level != level || at->cmsg_type != type) continue;
            return {reinterpret_cast<const std::byte*>(CMSG_DATA(at)), at->cmsg_len - CMSG_LEN(0)};
        }
        return {};
    }
};

std::uint16_t sequence_of(parse::Bytes echo) {
    return __builtin_bswap16(
        parse::front<std::uint16_t>(echo.subspan(std::min<std::size_t>(6, echo.size()))));
}

}  // namespace

Result<> Prober::set_up(BorrowedFd socket) const {
    const bool four = options_.to.family == AF_INET;
    const int level = four ? IPPROTO_IP : IPPROTO_IPV6;
    set(socket, level, four ? IP_RECVERR : IPV6_RECVERR, 1);
    set(socket, level, four ? IP_RECVTTL : IPV6_RECVHOPLIMIT, 1);
    if (options_.discover >= 0) {
        set(socket, level, four ? IP_MTU_DISCOVER : IPV6_MTU_DISCOVER, options_.discover);
    }
    const auto& source = options_.source;
    if (source.empty()) return {};
    if (const auto address = parse::numeric_address(source)) {
        const auto local = socket_address(*address);
        if (::bind(socket.get(), local.get(), local.size) != 0) return failed("bind", source);
        return {};
    }
    if (::setsockopt(socket.get(), SOL_SOCKET, SO_BINDTODEVICE, source.c_str(),
                     static_cast<socklen_t>(source.size())) != 0) {
        return failed("bind to the device", source);
    }
    return {};
}

// Whether there is a route at all, said before anything is sent.
Result<> Prober::look_for_way() {
    const Fd socket(::socket(options_.to.family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return {};
    TRY(set_up(socket));
    auto to = options_.to;
    to.port = 1025;
    const auto address = socket_address(to);
    if (::connect(socket.get(), address.get(), address.size) != 0) {
        return failed("connect", parse::text(to));
    }
    sockaddr_storage local{};
    socklen_t size = sizeof local;
    if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&local), &size) == 0) {
        source_ = address_of(std::as_bytes(std::span(&local, 1)));
    }
    return {};
}

Result<Prober> Prober::open(Options options) {
    Prober prober;
    prober.options_ = std::move(options);
    const int family = prober.options_.to.family;
    if (prober.options_.kind == ProbeKind::tcp) return prober;
    const int protocol = prober.options_.kind == ProbeKind::udp ? IPPROTO_UDP
                         : family == AF_INET                    ? static_cast<int>(IPPROTO_ICMP)
                                                                : static_cast<int>(IPPROTO_ICMPV6);
    prober.socket_ = Fd(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC, protocol));
    if (!prober.socket_ && protocol != IPPROTO_UDP) {
        prober.socket_ = Fd(::socket(family, SOCK_RAW | SOCK_CLOEXEC, protocol));
        prober.raw_ = true;
    }
    if (!prober.socket_) {
        auto error = failed("open", prober.raw_ ? "an ICMP socket" : "a UDP socket");
        if (prober.raw_) {
            error.error().hint() =
                "needs CAP_NET_RAW, or a group within the target's net.ipv4.ping_group_range";
        }
        return error;
    }
    TRY(prober.look_for_way());
    if (prober.raw_) {
        // The kernel gives other sockets an id; a raw one needs it to know its own answers.
        if (::getrandom(&prober.id_, sizeof prober.id_, 0) < 0) return failed("getrandom", "");
        if (family == AF_INET) {
            const icmp_filter only{~(1U << ICMP_ECHOREPLY)};
            ::setsockopt(prober.socket_.get(), SOL_RAW, ICMP_FILTER, &only, sizeof only);
        } else {
            icmp6_filter only;
            ICMP6_FILTER_SETBLOCKALL(&only);
            ICMP6_FILTER_SETPASS(ICMP6_ECHO_REPLY, &only);
            ::setsockopt(prober.socket_.get(), IPPROTO_ICMPV6, ICMP6_FILTER, &only, sizeof only);
        }
    }
    TRY(prober.set_up(prober.socket_));
    return prober;
}

Result<> Prober::connect(std::uint16_t sequence, int ttl) {
    const bool four = options_.to.family == AF_INET;
    Fd socket(::socket(options_.to.family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return failed("open", "a TCP socket");
    TRY(set_up(socket));
    set(socket, four ? IPPROTO_IP : IPPROTO_IPV6, four ? IP_TTL : IPV6_UNICAST_HOPS, ttl);
    const auto to = socket_address(options_.to);
    if (::connect(socket.get(), to.get(), to.size) != 0 && errno != EINPROGRESS &&
        errno != ECONNREFUSED) {
        return failed("connect", parse::text(options_.to));
    }
    connections_.push_back({std::move(socket), sequence});
    return {};
}

Result<> Prober::send(std::uint16_t sequence, int ttl) {
    if (options_.kind == ProbeKind::tcp) return connect(sequence, ttl);
    const bool four = options_.to.family == AF_INET;
    if (ttl > 0) {
        set(socket_, four ? IPPROTO_IP : IPPROTO_IPV6, four ? IP_TTL : IPV6_UNICAST_HOPS, ttl);
    }
    auto address = options_.to;
    std::vector<std::uint8_t> packet(options_.size);
    for (std::size_t i = 0; i < packet.size(); ++i) packet[i] = static_cast<std::uint8_t>(i);
    if (options_.kind == ProbeKind::udp) {
        address.port = static_cast<std::uint16_t>(address.port + sequence);
    } else {
        const std::uint8_t type = four ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
        packet.insert(
            packet.begin(),
            {type, 0, 0, 0, static_cast<std::uint8_t>(id_ >> 8), static_cast<std::uint8_t>(id_),
             static_cast<std::uint8_t>(sequence >> 8), static_cast<std::uint8_t>(sequence)});
        if (four) {
            const auto sum = checksum(packet);
            packet[2] = static_cast<std::uint8_t>(sum >> 8);
            packet[3] = static_cast<std::uint8_t>(sum);
        }
    }
    // A raw ICMPv6 socket takes no port.
    if (options_.kind == ProbeKind::icmp) address.port = 0;
    const auto to = socket_address(address);
    for (int attempt = 0;; ++attempt) {
        if (::sendto(socket_.get(), packet.data(), packet.size(), 0, to.get(), to.size) >= 0)
            return {};
        // The error queue tells of it, with the size that would do.
        if (errno == EMSGSIZE && options_.discover >= 0) return {};
        // An error of an earlier packet is told at the next call, and once.
        const bool earlier = errno == EHOSTUNREACH || errno == ECONNREFUSED ||
                             errno == ENETUNREACH || errno == EPROTO;
        if (!earlier || attempt > 0) return failed("send", parse::text(options_.to));
    }
}

// What somebody on the way, or the end itself, told the kernel of a packet of ours.
std::optional<ProbeArrival> Prober::failure(BorrowedFd socket) {
    const bool four = options_.to.family == AF_INET;
    Message message(socket, MSG_ERRQUEUE);
    if (message.got < 0) return std::nullopt;
    const auto piece =
        four ? message.piece(IPPROTO_IP, IP_RECVERR) : message.piece(IPPROTO_IPV6, IPV6_RECVERR);
    if (piece.empty()) return std::nullopt;
    const auto error = parse::front<sock_extended_err>(piece);
    ProbeArrival arrival;
    arrival.local = error.ee_origin == SO_EE_ORIGIN_LOCAL;
    arrival.type = error.ee_type;
    arrival.code = error.ee_code;
    arrival.error = static_cast<int>(error.ee_errno);
    arrival.mtu = error.ee_errno == EMSGSIZE ? error.ee_info : 0;
    arrival.from = arrival.local ? options_.to
                                 : address_of(piece.subspan(std::min(sizeof error, piece.size())));
    const auto to = message.sender();
    arrival.sequence = options_.kind == ProbeKind::udp
                           ? static_cast<std::uint16_t>(to.port - options_.to.port)
                           : sequence_of(message.bytes());
    // The end itself closed its port: that is what traceroute's packets come for.
    arrival.reply = options_.kind != ProbeKind::icmp && !arrival.local &&
                    arrival.from.bytes == options_.to.bytes;
    return arrival;
}

std::optional<ProbeArrival> Prober::echo() {
    const bool four = options_.to.family == AF_INET;
    for (;;) {
        Message message(socket_, 0);
        if (message.got < 0) return std::nullopt;
        auto bytes = message.bytes();
        ProbeArrival arrival;
        arrival.reply = true;
        arrival.from = message.sender();
        arrival.bytes = static_cast<std::size_t>(message.got);
        const auto ttl =
            four ? message.piece(IPPROTO_IP, IP_TTL) : message.piece(IPPROTO_IPV6, IPV6_HOPLIMIT);
        if (!ttl.empty()) arrival.ttl = parse::front<int>(ttl);
        if (options_.kind == ProbeKind::udp) {
            arrival.sequence = static_cast<std::uint16_t>(arrival.from.port - options_.to.port);
            return arrival;
        }
        if (raw_ && four) {
            const auto header = std::size_t{(parse::front<std::uint8_t>(bytes) & 0xfU) * 4U};
            if (header < 20 || bytes.size() < header) continue;
            bytes = bytes.subspan(header);
            arrival.bytes -= header;
        }
        if (bytes.size() < 8) continue;
        if (raw_ && __builtin_bswap16(parse::front<std::uint16_t>(bytes.subspan(4))) != id_)
            continue;
        arrival.sequence = sequence_of(bytes);
        return arrival;
    }
}

std::optional<ProbeArrival> Prober::answered(Connection& connection) {
    auto arrival = failure(connection.socket);
    if (!arrival) {
        int problem = 0;
        socklen_t size = sizeof problem;
        pollfd ready{connection.socket.get(), POLLOUT, 0};
        if (::poll(&ready, 1, 0) <= 0) return std::nullopt;
        ::getsockopt(connection.socket.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
        arrival = ProbeArrival{.from = options_.to, .reply = true, .error = problem};
    }
    arrival->sequence = connection.sequence;
    connection.socket = {};
    return arrival;
}

std::optional<ProbeArrival> Prober::receive() {
    if (options_.kind != ProbeKind::tcp) {
        if (auto arrival = failure(socket_)) return arrival;
        return echo();
    }
    for (auto& connection : connections_) {
        if (!connection.socket) continue;
        if (auto arrival = answered(connection)) return arrival;
    }
    std::erase_if(connections_, [](const Connection& connection) { return !connection.socket; });
    return std::nullopt;
}

void Prober::forget(std::uint16_t sequence) {
    std::erase_if(connections_,
                  [&](const Connection& connection) { return connection.sequence == sequence; });
}

void Prober::wait(int milliseconds) {
    std::vector<pollfd> waiting;
    if (socket_) waiting.push_back({socket_.get(), POLLIN, 0});
    for (const auto& connection : connections_)
        waiting.push_back({connection.socket.get(), POLLOUT, 0});
    ::poll(waiting.data(), waiting.size(), milliseconds);
}

}  // namespace limpet::commands
