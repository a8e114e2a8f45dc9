// parse/ip_tables.h - rules of iptables in the words of iptables(8): as nf_tables holds them, or as
// the older ip_tables gives them.
#pragma once

#include "parse/nf_tables.h"

namespace limpet::parse {

// "--dport 22" of a match or of the target; without a flag what is only named.
struct IpOption {
    std::string module;
    const char* flag = "";
    std::string value;
    bool inverted = false;
    bool of_target = false;
    std::string listed = {};  // where -L has it otherwise: "flags:0x17/0x02"
};

struct IpRule {
    // Empty: any; what is not meant begins with '!'.
    std::string in, out, source, destination, protocol;
    std::vector<IpOption> options;
    std::string target;
    bool goes = false;  // -g, not -j
    std::uint64_t packets = 0, bytes = 0;
};

struct IpChain {
    std::string name, policy;  // built-in ones have a policy
    std::uint64_t packets = 0, bytes = 0;
    std::vector<IpRule> rules;
};

struct IpTable {
    std::uint8_t family = 0;  // NFPROTO_IPV4, NFPROTO_IPV6
    std::string name;
    bool older = false;  // of ip_tables
    std::vector<IpChain> chains;
};

// "tcp", "58"
std::string ip_protocol_name(unsigned number);
unsigned ip_protocol_number(std::string_view name);
IpRule ip_rule(const NfRule& rule);
// `info` and `entries` as getsockopt(2) gave them: IPT_SO_GET_INFO, IPT_SO_GET_ENTRIES.
std::optional<IpTable> ip_table(std::uint8_t family, Bytes info, Bytes entries);

}  // namespace limpet::parse
