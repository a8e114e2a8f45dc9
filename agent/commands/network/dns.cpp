// network/dns.cpp - questions to one server of the domain name system.
#include "commands/network/dns.h"

#include <sys/random.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>

namespace limpet::commands {
namespace {

constexpr std::uint16_t dns_port = 53;
constexpr std::size_t largest = 65535;  // RFC 1035, 4.2.2: two bytes say how long

bool answers(const DnsAsk& ask, const parse::DnsMessage& message) {
    if (ask.answer || message.id != ask.query.id || !(message.flags & parse::dns::response)) {
        return false;
    }
    // A server that cannot read a question may leave it out (FORMERR).
    if (message.questions.empty()) return message.code != parse::dns::no_error;
    const auto& echoed = message.questions.front();
    return echoed.type == ask.question.type && echoed.category == ask.question.category &&
           parse::same_dns_name(echoed.name, ask.question.name);
}

Result<> receive_exactly(BorrowedFd socket, std::span<char> bytes, std::int64_t deadline,
                         const std::string& name) {
    while (!bytes.empty()) {
        const auto got = TRY(receive(socket, bytes, deadline));
        if (got == 0) return refused("read from " + name, "the connection ended early");
        bytes = bytes.subspan(got);
    }
    return {};
}

Result<> ask_by_tcp(const parse::Address& server, DnsAsk& ask, std::int64_t deadline,
                    const parse::Address* local) {
    const auto begin = now();
    const auto name = parse::text_with_port(server);
    const auto query = TRY(parse::dns_query(ask.question, ask.query));
    const Fd socket = TRY(connect_to(server, SOCK_STREAM, deadline, local));
    std::string framed;
    framed += static_cast<char>(query.size() >> 8);
    framed += static_cast<char>(query.size() & 0xff);
    framed += query;
    TRY(send_all(socket, framed, deadline));
    char length[2];
    TRY(receive_exactly(socket, length, deadline, name));
    std::string bytes(std::size_t{static_cast<unsigned char>(length[0])} << 8 |
                          static_cast<unsigned char>(length[1]),
                      '\0');
    TRY(receive_exactly(socket, bytes, deadline, name));
    auto message = TRY(parse::dns_message(bytes));
    if (!answers(ask, message)) {
        return refused("read from " + name, "it answered another question");
    }
    ask.answer = DnsAnswer{std::move(message), server, bytes.size(), true, now() - begin};
    return {};
}

Result<> ask_by_udp(const parse::Address& server, std::span<DnsAsk> asks, std::int64_t deadline,
                    const parse::Address* local) {
    const auto begin = now();
    const Fd socket = TRY(connect_to(server, SOCK_DGRAM, deadline, local));
    std::size_t waiting = 0;
    for (auto& ask : asks) {
        if (ask.answer || ask.tcp) continue;
        ++waiting;
        TRY(send_all(socket, TRY(parse::dns_query(ask.question, ask.query)), deadline));
    }
    const auto buffer = std::make_unique<std::array<char, largest>>();
    while (waiting > 0) {
        const auto got = TRY(receive(socket, *buffer, deadline));
        auto message = parse::dns_message({buffer->data(), got});
        if (!message) continue;
        for (auto& ask : asks) {
            if (ask.tcp || !answers(ask, *message)) continue;
            ask.cut = (message->flags & parse::dns::truncated) != 0;
            ask.tcp = ask.cut && !ask.keep_truncated;
            if (!ask.tcp) {
                ask.answer = DnsAnswer{std::move(*message), server, got, false, now() - begin};
            }
            --waiting;
            break;
        }
    }
    return {};
}

}  // namespace

Result<> ask_server(const parse::Address& at, std::span<DnsAsk> asks, std::int64_t deadline,
                    const parse::Address* local) {
    auto server = at;
    if (server.port == 0) server.port = dns_port;
    bool udp = false;
    for (auto& ask : asks) {
        if (::getrandom(&ask.query.id, sizeof ask.query.id, 0) < 0) return failed("getrandom", "");
        if (!ask.answer && !ask.tcp) udp = true;
    }
    if (udp) {
        auto asked = ask_by_udp(server, asks, deadline, local);
        if (!asked) {
            asked.error().subject() = parse::text_with_port(server);
            return asked;
        }
    }
    for (auto& ask : asks) {
        if (!ask.answer) TRY(ask_by_tcp(server, ask, deadline, local));
    }
    return {};
}

std::string reverse_name(const parse::Address& address) {
    std::string name;
    char part[8];
    const int size = address.family == AF_INET ? 4 : 16;
    for (int i = size - 1; i >= 0; --i) {
        const unsigned byte = address.bytes[static_cast<std::size_t>(i)];
        if (size == 4) {
            std::snprintf(part, sizeof part, "%u.", byte);
        } else {
            std::snprintf(part, sizeof part, "%x.%x.", byte & 15, byte >> 4);
        }
        name += part;
    }
    name += size == 4 ? "in-addr.arpa." : "ip6.arpa.";
    return name;
}

}  // namespace limpet::commands
