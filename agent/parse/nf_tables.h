// parse/nf_tables.h - rules of netfilter as the kernel tells them, in the words of nft(8).
#pragma once

#include "parse/netlink.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::parse {

// What a value in the kernel's bytes is: how it is written.
enum class NfType : std::uint8_t {
    big,     // a number in network order, of a packet
    native,  // one in the machine's order
    hex,     // the same, as 0x10: marks
    four,
    six,
    hardware,
    name,  // of an interface; what is shorter than its field stands for all that begin so
    protocol,
    ct_state,
    address_type,
    bytes,
};

struct NfChain {
    std::uint8_t family = 0;  // NFPROTO_*
    std::string table, name;
    std::string type, device;  // of a base chain
    std::optional<std::uint32_t> hook;
    std::int32_t priority = 0;
    std::optional<std::uint32_t> policy;                             // NF_ACCEPT, NF_DROP
    std::optional<std::pair<std::uint64_t, std::uint64_t>> counter;  // packets, bytes
};

struct NfSet {
    std::uint8_t family = 0;
    std::string table, name;
    std::uint32_t flags = 0;      // NFT_SET_*
    std::uint32_t key_type = 0;   // nft's own number of it; six bits for each part of several
    std::uint32_t data_type = 0;  // of a map
    struct Element {
        std::string key, end, data;  // bytes; `end` of a range
        std::string verdict;
        bool ends_interval = false;
    };
    std::vector<Element> elements;
};

struct NfRule {
    std::uint8_t family = 0;
    std::string table, chain;
    std::uint64_t handle = 0;
    std::vector<std::string> pieces;  // "tcp dport 22", "accept": they stand behind one another
    std::string verdict;              // the piece that decides, if there is one
    std::string comment;
    std::optional<std::pair<std::uint64_t, std::uint64_t>> counter;
    // What iptables(8) says in other words: IP's protocol, and in the order of the pieces "xt
    // match" and "xt target" what they were told.
    std::uint8_t protocol = 0;
    struct Extension {
        std::string name, info;
        std::uint32_t revision = 0;
    };
    std::vector<Extension> extensions;
};

std::string_view nf_family_name(std::uint8_t family);
std::string_view nf_hook_name(std::uint8_t family, std::uint32_t hook);
std::string nf_type_name(std::uint32_t key_type);  // "ipv4_addr . inet_service"
std::string nf_value(NfType type, std::string_view bytes);
NfType nf_type(std::uint32_t type);
// "10.0.0.1", "10.0.0.0/8", "1000-2000 : jump x": of all of them, in order.
std::vector<std::string> nf_elements(const NfSet& set);

// The family and the name of a table; the rest is told of by what is in it.
std::optional<std::pair<std::uint8_t, std::string>> nf_table(Bytes message);
std::optional<NfChain> nf_chain(Bytes message);
std::optional<NfSet> nf_set(Bytes message);
// Adds the elements of a message to the set that they are of.
void nf_add_elements(Bytes message, std::vector<NfSet>& sets);
// `sets`: what the rule may refer to.
std::optional<NfRule> nf_rule(Bytes message, const std::vector<NfSet>& sets);

// In network order, as nf_tables has its numbers; of older kernels or cut ones what there is.
std::uint32_t nf_word(Bytes bytes);
std::uint64_t nf_long(Bytes bytes);
std::string nf_verdict(Bytes data);  // "accept", "jump x"; empty: it is a value

}  // namespace limpet::parse
