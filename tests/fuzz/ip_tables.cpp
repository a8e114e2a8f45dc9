// ip_tables.cpp - fuzzes parse::ip_table and what makes links of their kinds.
#include "parse/ip_tables.h"
#include "parse/link_kinds.h"

#include <linux/netfilter.h>
#include <linux/netfilter_ipv4/ip_tables.h>

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace limpet::parse;
    const auto bytes = std::as_bytes(std::span(data, size));
    const auto head = std::min(size, sizeof(ipt_getinfo));
    for (const auto family : {NFPROTO_IPV4, NFPROTO_IPV6}) {
        static_cast<void>(ip_table(family, bytes.first(head), bytes.subspan(head)));
    }
    for (const auto* kind : {"vlan", "vxlan", "bridge", "bond", "tun", "macvlan"}) {
        link_details(kind, bytes);
    }
    return 0;
}
