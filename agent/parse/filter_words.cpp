// parse/filter_words.cpp - the words of pcap-filter(7).
#include "parse/filter_words.h"

#include "parse/filter.h"
#include "parse/number.h"

#include <array>

namespace limpet::parse {
namespace filter {
namespace {

constexpr std::array protocols{
    Protocol{"ip", 0x0800, 0, false, false},    Protocol{"ip6", 0x86dd, 0, false, false},
    Protocol{"arp", 0x0806, 0, false, false},   Protocol{"rarp", 0x8035, 0, false, false},
    Protocol{"tcp", 0, 6, true, true},          Protocol{"udp", 0, 17, true, true},
    Protocol{"sctp", 0, 132, true, true},       Protocol{"icmp", 0, 1, true, false},
    Protocol{"icmp6", 0, 58, false, true},      Protocol{"igmp", 0, 2, true, false},
    Protocol{"ah", 0, 51, true, true},          Protocol{"esp", 0, 50, true, true},
    Protocol{"pim", 0, 103, true, true},        Protocol{"vrrp", 0, 112, true, false},
    Protocol{"gre", 0, 47, false, false},       Protocol{"atalk", 0x809b, 0, false, false},
    Protocol{"aarp", 0x80f3, 0, false, false},  Protocol{"decnet", 0x6003, 0, false, false},
    Protocol{"lat", 0x6004, 0, false, false},   Protocol{"moprc", 0x6002, 0, false, false},
    Protocol{"mopdl", 0x6001, 0, false, false},
};

struct Constant {
    std::string_view name;
    std::uint8_t value;
};
constexpr std::array constants{
    Constant{"icmptype", 0},
    Constant{"icmpcode", 1},
    Constant{"icmp6type", 0},
    Constant{"icmp6code", 1},
    Constant{"tcpflags", 13},
    Constant{"tcp-fin", 1},
    Constant{"tcp-syn", 2},
    Constant{"tcp-rst", 4},
    Constant{"tcp-push", 8},
    Constant{"tcp-ack", 16},
    Constant{"tcp-urg", 32},
    Constant{"tcp-ece", 64},
    Constant{"tcp-cwr", 128},
    Constant{"icmp-echoreply", 0},
    Constant{"icmp-unreach", 3},
    Constant{"icmp-sourcequench", 4},
    Constant{"icmp-redirect", 5},
    Constant{"icmp-echo", 8},
    Constant{"icmp-routeradvert", 9},
    Constant{"icmp-routersolicit", 10},
    Constant{"icmp-timxceed", 11},
    Constant{"icmp-paramprob", 12},
    Constant{"icmp-tstamp", 13},
    Constant{"icmp-tstampreply", 14},
    Constant{"icmp-ireq", 15},
    Constant{"icmp-ireqreply", 16},
    Constant{"icmp-maskreq", 17},
    Constant{"icmp-maskreply", 18},
    Constant{"icmp6-destinationrunreach", 1},
    Constant{"icmp6-packettoobig", 2},
    Constant{"icmp6-timeexceeded", 3},
    Constant{"icmp6-parameterproblem", 4},
    Constant{"icmp6-echo", 128},
    Constant{"icmp6-echoreply", 129},
    Constant{"icmp6-routersolicit", 133},
    Constant{"icmp6-routeradvert", 134},
    Constant{"icmp6-neighborsolicit", 135},
    Constant{"icmp6-neighboradvert", 136},
    Constant{"icmp6-redirect", 137},
};

bool is_word(char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '.' || byte == '_' || byte == '\\';
}

}  // namespace

const Protocol* protocol(std::string_view name) {
    for (const auto& one : protocols) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

std::optional<std::uint32_t> constant(std::string_view name) {
    for (const auto& [known, value] : constants) {
        if (known == name) return value;
    }
    return std::nullopt;
}

std::vector<std::string_view> tokens(std::string_view text) {
    std::vector<std::string_view> list;
    bool brackets = false;
    for (std::size_t at = 0; at < text.size();) {
        const char first = text[at];
        if (first == ' ' || first == '\t' || first == '\n' || first == '\r') {
            ++at;
            continue;
        }
        std::size_t end = at + 1;
        const bool letter = is_word(first) && !(first >= '0' && first <= '9');
        const bool address = !brackets && first == ':' && text.substr(at).starts_with("::");
        if (is_word(first) || address) {
            bool colons = address;
            while (end < text.size()) {
                const char byte = text[end];
                if (byte == ':' && !brackets) colons = true;
                // A name may have dashes inside: tcp-syn, ftp-data. A number is subtracted from.
                const bool dash = byte == '-' && letter && !colons && end + 1 < text.size() &&
                                  is_word(text[end + 1]);
                if (!is_word(byte) && !(byte == ':' && !brackets) && !dash) break;
                ++end;
            }
        } else {
            constexpr std::array<std::string_view, 8> twos{
                "&&", "||", "==", "!=", "<=", ">=", "<<", ">>"};
            for (const auto two : twos) {
                if (text.substr(at, 2) == two) end = at + 2;
            }
            if (first == '[') brackets = true;
            if (first == ']') brackets = false;
        }
        list.push_back(text.substr(at, end - at));
        at = end;
    }
    return list;
}

std::optional<std::uint32_t> integer(std::string_view word) {
    if (word.starts_with("0x") || word.starts_with("0X")) {
        return number<std::uint32_t>(word.substr(2), 16);
    }
    if (word.size() > 1 && word[0] == '0') return number<std::uint32_t>(word, 8);
    return number<std::uint32_t>(word);
}

}  // namespace filter

std::uint16_t service_port(std::string_view name) {
    struct Service {
        std::string_view name;
        std::uint16_t port;
    };
    constexpr std::array services{
        Service{"ftp-data", 20},    Service{"ftp", 21},      Service{"ssh", 22},
        Service{"telnet", 23},      Service{"smtp", 25},     Service{"domain", 53},
        Service{"bootps", 67},      Service{"bootpc", 68},   Service{"tftp", 69},
        Service{"http", 80},        Service{"kerberos", 88}, Service{"pop3", 110},
        Service{"sunrpc", 111},     Service{"ntp", 123},     Service{"imap2", 143},
        Service{"imap", 143},       Service{"snmp", 161},    Service{"bgp", 179},
        Service{"ldap", 389},       Service{"https", 443},   Service{"syslog", 514},
        Service{"submission", 587}, Service{"ldaps", 636},   Service{"imaps", 993},
        Service{"pop3s", 995},      Service{"mysql", 3306},  Service{"postgresql", 5432},
        Service{"mdns", 5353},      Service{"redis", 6379},  Service{"http-alt", 8080},
    };
    for (const auto& service : services) {
        if (service.name == name) return service.port;
    }
    return 0;
}

bool filters_vlan(std::string_view text) {
    for (const auto token : filter::tokens(text)) {
        if (token == "vlan") return true;
    }
    return false;
}

}  // namespace limpet::parse
