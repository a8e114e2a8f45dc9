// parse/nf_fields.h - what the expressions of nf_tables load, in the words of nft(8).
#pragma once

#include "parse/nf_tables.h"

#include <linux/netfilter/nf_tables.h>

#include <array>

namespace limpet::parse {

// The attributes of one expression by their numbers; none has more than sixteen.
struct NfAttributes {
    std::array<Bytes, 16> by_number;
    explicit NfAttributes(Bytes nested) {
        for (Attribute a; next_attribute(nested, a);) {
            if (a.type < by_number.size()) by_number[a.type] = a.payload;
        }
    }
    [[nodiscard]] Bytes operator[](std::size_t number) const { return by_number[number]; }
    [[nodiscard]] std::uint32_t word(std::size_t number) const {
        return nf_word(by_number[number]);
    }
    [[nodiscard]] bool has(std::size_t number) const { return !by_number[number].empty(); }
    [[nodiscard]] std::string raw(std::size_t number) const {
        return {reinterpret_cast<const char*>(by_number[number].data()), by_number[number].size()};
    }
    [[nodiscard]] std::string value(std::size_t number) const {
        Bytes data = by_number[number];
        for (Attribute a; next_attribute(data, a);) {
            if (a.type == NFTA_DATA_VALUE) {
                return {reinterpret_cast<const char*>(a.payload.data()), a.payload.size()};
            }
        }
        return {};
    }
};

struct NfRegister {
    std::string text;  // "ip saddr"
    NfType type = NfType::bytes;
    std::string mask;  // of "bitwise"
    std::size_t size = 0;
    std::string bytes;  // of "immediate"
};

struct NfName {
    std::uint32_t number;
    std::string_view text;
    NfType type;
};
inline constexpr NfName nf_meta_names[]{
    {NFT_META_LEN, "meta length", NfType::native},
    {NFT_META_PROTOCOL, "meta protocol", NfType::bytes},
    {NFT_META_PRIORITY, "meta priority", NfType::hex},
    {NFT_META_MARK, "meta mark", NfType::hex},
    {NFT_META_IIF, "iif", NfType::native},
    {NFT_META_OIF, "oif", NfType::native},
    {NFT_META_IIFNAME, "iifname", NfType::name},
    {NFT_META_OIFNAME, "oifname", NfType::name},
    {NFT_META_IIFTYPE, "iiftype", NfType::native},
    {NFT_META_OIFTYPE, "oiftype", NfType::native},
    {NFT_META_SKUID, "meta skuid", NfType::native},
    {NFT_META_SKGID, "meta skgid", NfType::native},
    {NFT_META_NFTRACE, "meta nftrace", NfType::native},
    {NFT_META_NFPROTO, "meta nfproto", NfType::native},
    {NFT_META_L4PROTO, "meta l4proto", NfType::protocol},
    {NFT_META_PKTTYPE, "meta pkttype", NfType::native},
    {NFT_META_CPU, "meta cpu", NfType::native},
    {NFT_META_IIFGROUP, "iifgroup", NfType::native},
    {NFT_META_OIFGROUP, "oifgroup", NfType::native},
    {NFT_META_CGROUP, "meta cgroup", NfType::native},
};
inline constexpr NfName nf_ct_names[]{
    {NFT_CT_STATE, "ct state", NfType::ct_state},
    {NFT_CT_DIRECTION, "ct direction", NfType::native},
    {NFT_CT_STATUS, "ct status", NfType::hex},
    {NFT_CT_MARK, "ct mark", NfType::hex},
    {NFT_CT_EXPIRATION, "ct expiration", NfType::native},
    {NFT_CT_HELPER, "ct helper", NfType::name},
    {NFT_CT_L3PROTOCOL, "ct l3proto", NfType::native},
    {NFT_CT_SRC, "ct original saddr", NfType::four},
    {NFT_CT_DST, "ct original daddr", NfType::four},
    {NFT_CT_PROTOCOL, "ct protocol", NfType::protocol},
    {NFT_CT_PROTO_SRC, "ct original proto-src", NfType::big},
    {NFT_CT_PROTO_DST, "ct original proto-dst", NfType::big},
    {NFT_CT_ZONE, "ct zone", NfType::native},
};

struct NfField {
    std::uint32_t base, offset, length;
    std::uint8_t protocol;  // of IP, for the transport's fields; 4 and 6 for the network's; 0: any
    std::string_view text;
    NfType type;
};
inline constexpr NfField nf_fields[]{
    {NFT_PAYLOAD_LL_HEADER, 0, 6, 0, "ether daddr", NfType::hardware},
    {NFT_PAYLOAD_LL_HEADER, 6, 6, 0, "ether saddr", NfType::hardware},
    {NFT_PAYLOAD_LL_HEADER, 12, 2, 0, "ether type", NfType::bytes},
    {NFT_PAYLOAD_NETWORK_HEADER, 2, 2, 4, "ip length", NfType::big},
    {NFT_PAYLOAD_NETWORK_HEADER, 8, 1, 4, "ip ttl", NfType::big},
    {NFT_PAYLOAD_NETWORK_HEADER, 9, 1, 4, "ip protocol", NfType::protocol},
    {NFT_PAYLOAD_NETWORK_HEADER, 12, 4, 4, "ip saddr", NfType::four},
    {NFT_PAYLOAD_NETWORK_HEADER, 16, 4, 4, "ip daddr", NfType::four},
    {NFT_PAYLOAD_NETWORK_HEADER, 6, 1, 6, "ip6 nexthdr", NfType::protocol},
    {NFT_PAYLOAD_NETWORK_HEADER, 7, 1, 6, "ip6 hoplimit", NfType::big},
    {NFT_PAYLOAD_NETWORK_HEADER, 8, 16, 6, "ip6 saddr", NfType::six},
    {NFT_PAYLOAD_NETWORK_HEADER, 24, 16, 6, "ip6 daddr", NfType::six},
    {NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, 6, "tcp sport", NfType::big},
    {NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, 6, "tcp dport", NfType::big},
    {NFT_PAYLOAD_TRANSPORT_HEADER, 13, 1, 6, "tcp flags", NfType::bytes},
    {NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, 17, "udp sport", NfType::big},
    {NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, 17, "udp dport", NfType::big},
    {NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, 1, "icmp type", NfType::big},
    {NFT_PAYLOAD_TRANSPORT_HEADER, 1, 1, 1, "icmp code", NfType::big},
    {NFT_PAYLOAD_TRANSPORT_HEADER, 0, 1, 58, "icmpv6 type", NfType::big},
    {NFT_PAYLOAD_TRANSPORT_HEADER, 1, 1, 58, "icmpv6 code", NfType::big},
    {NFT_PAYLOAD_TRANSPORT_HEADER, 0, 2, 0, "th sport", NfType::big},
    {NFT_PAYLOAD_TRANSPORT_HEADER, 2, 2, 0, "th dport", NfType::big},
};

}  // namespace limpet::parse
