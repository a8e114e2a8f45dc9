// parse/dns.h - messages of the domain name system (RFC 1035, 3596, 6891 and those of each type).
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

namespace dns {
enum Type : std::uint16_t {
    a = 1,
    ns = 2,
    cname = 5,
    soa = 6,
    ptr = 12,
    mx = 15,
    aaaa = 28,
    opt = 41
};
enum Code : std::uint8_t { no_error = 0, server_failure = 2, no_such_name = 3 };
enum Flag : std::uint16_t {
    response = 0x8000,
    authoritative = 0x0400,
    truncated = 0x0200,
    recursion_desired = 0x0100,
    recursion_available = 0x0080,
    authentic = 0x0020,
    checking_disabled = 0x0010,
};
}  // namespace dns

struct DnsQuestion {
    std::string name;  // as text, with its last dot: "example.com.", "."
    std::uint16_t type = dns::a;
    std::uint16_t category = 1;  // class: 1 is IN
};

struct DnsRecord {
    std::string name;
    std::uint16_t type = 0;
    std::uint16_t category = 0;
    std::uint32_t ttl = 0;
    std::string text;  // the data as a zone file has it
    std::string raw;   // and as it came; names in it may be compressed
};

struct DnsMessage {
    std::uint16_t id = 0;
    std::uint16_t flags = 0;
    std::uint16_t code = 0;  // with the eight bits of EDNS
    std::vector<DnsQuestion> questions;
    std::vector<DnsRecord> answer, authority, additional;  // without OPT
    struct Edns {
        std::uint16_t size = 0;
        std::uint8_t version = 0;
        bool dnssec = false;
        std::string options;  // as they came
    };
    std::optional<Edns> edns;
};

struct DnsQuery {
    std::uint16_t id = 0;
    std::uint16_t flags = dns::recursion_desired;
    std::uint16_t size = 1232;  // of an answer by UDP; 0: no EDNS
    bool dnssec = false;
    bool server_name = false;  // NSID
};

// A query as it goes out. A name of more than 255 bytes or with a label of more than 63 is refused.
Result<std::string> dns_query(const DnsQuestion& question, const DnsQuery& query);
// A whole message. Names go backwards only, so that pointers end; what is cut short is refused.
Result<DnsMessage> dns_message(std::string_view bytes);
// "example.com" is "example.com.", and both are "EXAMPLE.com": as names are compared.
bool same_dns_name(std::string_view a, std::string_view b);

// "AAAA", "TYPE65280"; and back, whatever the case.
std::string dns_type_name(std::uint16_t type);
std::optional<std::uint16_t> dns_type(std::string_view name);
std::string dns_class_name(std::uint16_t category);
std::optional<std::uint16_t> dns_class(std::string_view name);
// "NXDOMAIN", "RESERVED12".
std::string dns_code_name(std::uint16_t code);
// "qr rd ra", of the header's flags.
std::string dns_flag_names(std::uint16_t flags);

}  // namespace limpet::parse
