// network/dns.h - questions to one server of the domain name system, and what came back.
#pragma once

#include "commands/network/internet.h"
#include "parse/dns.h"

#include <optional>
#include <span>

namespace limpet::commands {

struct DnsAnswer {
    parse::DnsMessage message;
    parse::Address server;
    std::size_t size = 0;
    bool tcp = false;
    std::int64_t took = 0;  // microseconds
};

struct DnsAsk {
    parse::DnsQuestion question;
    parse::DnsQuery query = {};  // its id is drawn by ask_server()
    bool tcp = false;
    bool keep_truncated = false;  // a cut answer is the answer: TCP is not tried
    std::optional<DnsAnswer> answer = std::nullopt;
    bool cut = false;  // there was an answer by UDP, and it did not hold all
};

// Sends all that have no answer yet and waits for them until the deadline: by UDP from a port of
// the kernel's choice with an id from getrandom(2), by TCP when asked or when an answer was cut.
// What does not answer the question that was asked (its id, name, type, class) is passed over.
Result<> ask_server(const parse::Address& server, std::span<DnsAsk> asks, std::int64_t deadline,
                    const parse::Address* local = nullptr);

// "4.3.2.1.in-addr.arpa.", and the same for IPv6.
std::string reverse_name(const parse::Address& address);

}  // namespace limpet::commands
