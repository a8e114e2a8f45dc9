// parse/link_kinds.cpp - what makes a link of its kind, in the words of ip-link(8).
#include "parse/link_kinds.h"

#include "parse/lines.h"
#include "parse/socket.h"

#include <linux/if_link.h>

#include <cstdio>

namespace limpet::parse {
namespace {

enum class As : std::uint8_t {
    number,
    port,     // in network order
    ports,    // two of them
    address,  // of either family
    hardware,
    bridge,   // an id: a priority and a hardware address
    timer,    // hundredths of seconds
    words,    // the name of the number; the names stand behind the field's own
    bits,     // <A,B> of those that are set, the same
    turned,   // on or off
    present,  // a word alone, when it is set
    given,    // a number, left out when it is not set
};

struct Field {
    char kind[8];
    std::uint8_t number;
    As as;
    const char* name;  // and after a blank what its words are, from 0 on
};

// In the order of ip(8).
constexpr Field fields[]{
    {"vlan", IFLA_VLAN_PROTOCOL, As::words, "protocol"},
    {"vlan", IFLA_VLAN_ID, As::number, "id"},
    {"vlan", IFLA_VLAN_FLAGS, As::bits, "flags REORDER_HDR GVRP LOOSE_BINDING MVRP BRIDGE_BINDING"},
    {"vxlan", IFLA_VXLAN_ID, As::number, "id"},
    {"vxlan", IFLA_VXLAN_GROUP, As::address, "remote"},
    {"vxlan", IFLA_VXLAN_GROUP6, As::address, "remote"},
    {"vxlan", IFLA_VXLAN_LOCAL, As::address, "local"},
    {"vxlan", IFLA_VXLAN_LOCAL6, As::address, "local"},
    {"vxlan", IFLA_VXLAN_LINK, As::given, "dev"},
    {"vxlan", IFLA_VXLAN_PORT_RANGE, As::ports, "srcport"},
    {"vxlan", IFLA_VXLAN_PORT, As::port, "dstport"},
    {"vxlan", IFLA_VXLAN_TTL, As::words, "ttl auto"},
    {"vxlan", IFLA_VXLAN_AGEING, As::number, "ageing"},
    {"vxlan", IFLA_VXLAN_UDP_CSUM, As::present, "udpcsum"},
    {"macvlan", IFLA_MACVLAN_MODE, As::words, "mode 0 private vepa 3 bridge 5 6 7 passthru"},
    {"ipvlan", IFLA_IPVLAN_MODE, As::words, "mode l2 l3 l3s"},
    {"tun", IFLA_TUN_TYPE, As::words, "type 0 tun tap"},
    {"tun", IFLA_TUN_PI, As::turned, "pi"},
    {"tun", IFLA_TUN_VNET_HDR, As::turned, "vnet_hdr"},
    {"tun", IFLA_TUN_NUM_QUEUES, As::given, "numqueues"},
    {"tun", IFLA_TUN_PERSIST, As::turned, "persist"},
    {"tun", IFLA_TUN_OWNER, As::number, "user"},
    {"tun", IFLA_TUN_GROUP, As::number, "group"},
    {"bond", IFLA_BOND_MODE, As::words,
     "mode balance-rr active-backup balance-xor broadcast 802.3ad balance-tlb balance-alb"},
    {"bond", IFLA_BOND_ACTIVE_SLAVE, As::given, "active_slave"},
    {"bond", IFLA_BOND_MIIMON, As::number, "miimon"},
    {"bond", IFLA_BOND_UPDELAY, As::number, "updelay"},
    {"bond", IFLA_BOND_DOWNDELAY, As::number, "downdelay"},
    {"bond", IFLA_BOND_USE_CARRIER, As::number, "use_carrier"},
    {"bond", IFLA_BOND_ARP_INTERVAL, As::number, "arp_interval"},
    {"bond", IFLA_BOND_PRIMARY, As::given, "primary"},
    {"bond", IFLA_BOND_XMIT_HASH_POLICY, As::words,
     "xmit_hash_policy layer2 layer3+4 layer2+3 encap2+3 encap3+4 vlan+srcmac"},
    {"bond", IFLA_BOND_NUM_PEER_NOTIF, As::number, "num_grat_arp"},
    {"bond", IFLA_BOND_ALL_SLAVES_ACTIVE, As::number, "all_slaves_active"},
    {"bond", IFLA_BOND_MIN_LINKS, As::number, "min_links"},
    {"bond", IFLA_BOND_LP_INTERVAL, As::number, "lp_interval"},
    {"bond", IFLA_BOND_PACKETS_PER_SLAVE, As::number, "packets_per_slave"},
    {"bond", IFLA_BOND_AD_LACP_RATE, As::words, "lacp_rate slow fast"},
    {"bond", IFLA_BOND_AD_SELECT, As::words, "ad_select stable bandwidth count"},
    {"bridge", IFLA_BR_FORWARD_DELAY, As::number, "forward_delay"},
    {"bridge", IFLA_BR_HELLO_TIME, As::number, "hello_time"},
    {"bridge", IFLA_BR_MAX_AGE, As::number, "max_age"},
    {"bridge", IFLA_BR_AGEING_TIME, As::number, "ageing_time"},
    {"bridge", IFLA_BR_STP_STATE, As::number, "stp_state"},
    {"bridge", IFLA_BR_PRIORITY, As::number, "priority"},
    {"bridge", IFLA_BR_VLAN_FILTERING, As::number, "vlan_filtering"},
    {"bridge", IFLA_BR_VLAN_PROTOCOL, As::words, "vlan_protocol"},
    {"bridge", IFLA_BR_BRIDGE_ID, As::bridge, "bridge_id"},
    {"bridge", IFLA_BR_ROOT_ID, As::bridge, "designated_root"},
    {"bridge", IFLA_BR_ROOT_PORT, As::number, "root_port"},
    {"bridge", IFLA_BR_ROOT_PATH_COST, As::number, "root_path_cost"},
    {"bridge", IFLA_BR_TOPOLOGY_CHANGE, As::number, "topology_change"},
    {"bridge", IFLA_BR_TOPOLOGY_CHANGE_DETECTED, As::number, "topology_change_detected"},
    {"bridge", IFLA_BR_HELLO_TIMER, As::timer, "hello_timer"},
    {"bridge", IFLA_BR_TCN_TIMER, As::timer, "tcn_timer"},
    {"bridge", IFLA_BR_TOPOLOGY_CHANGE_TIMER, As::timer, "topology_change_timer"},
    {"bridge", IFLA_BR_GC_TIMER, As::timer, "gc_timer"},
    {"bridge", IFLA_BR_VLAN_DEFAULT_PVID, As::number, "vlan_default_pvid"},
    {"bridge", IFLA_BR_GROUP_FWD_MASK, As::number, "group_fwd_mask"},
    {"bridge", IFLA_BR_GROUP_ADDR, As::hardware, "group_address"},
    {"bridge", IFLA_BR_MCAST_SNOOPING, As::number, "mcast_snooping"},
    {"bridge", IFLA_BR_MCAST_ROUTER, As::number, "mcast_router"},
    {"bridge", IFLA_BR_MCAST_QUERY_USE_IFADDR, As::number, "mcast_query_use_ifaddr"},
    {"bridge", IFLA_BR_MCAST_QUERIER, As::number, "mcast_querier"},
    {"bridge", IFLA_BR_MCAST_HASH_MAX, As::number, "mcast_hash_max"},
    {"bridge", IFLA_BR_MCAST_LAST_MEMBER_CNT, As::number, "mcast_last_member_count"},
    {"bridge", IFLA_BR_MCAST_MEMBERSHIP_INTVL, As::number, "mcast_membership_interval"},
    {"bridge", IFLA_BR_MCAST_QUERY_INTVL, As::number, "mcast_query_interval"},
    {"bridge", IFLA_BR_NF_CALL_IPTABLES, As::number, "nf_call_iptables"},
    {"bridge", IFLA_BR_NF_CALL_IP6TABLES, As::number, "nf_call_ip6tables"},
    {"bridge", IFLA_BR_NF_CALL_ARPTABLES, As::number, "nf_call_arptables"},
};

template <typename... Values>
std::string formatted(const char* format, Values... values) {
    char text[48];
    std::snprintf(text, sizeof text, format, values...);
    return text;
}

std::string hardware(Bytes bytes, const char* format, char separator) {
    std::string text;
    for (const auto byte : bytes) {
        if (!text.empty()) text += separator;
        text += formatted(format, std::to_integer<unsigned>(byte));
    }
    return text;
}

unsigned port(Bytes bytes) { return __builtin_bswap16(front<std::uint16_t>(bytes)); }

// `rest`: the words behind the name. False: it is left out.
bool value_of(As as, Bytes bytes, std::string_view rest, std::string& text) {
    // Numbers of all sizes, in the machine's order, which is the little end first.
    const auto number = front<std::uint64_t>(bytes);
    switch (as) {
        case As::number: text = std::to_string(number); return true;
        case As::given: text = std::to_string(number); return number != 0;
        case As::port: text = std::to_string(port(bytes)); return true;
        case As::ports:
            text = formatted("%u %u", port(bytes),
                             port(bytes.subspan(std::min<std::size_t>(bytes.size(), 2))));
            return true;
        case As::turned: text = number ? "on" : "off"; return true;
        case As::present: return true;
        case As::timer: text = formatted("%.2f", static_cast<double>(number) / 100); return true;
        case As::hardware: text = hardware(bytes, "%02x", ':'); return true;
        case As::bridge:
            if (bytes.size() != 8) return false;
            text = formatted("%02x%02x.", std::to_integer<unsigned>(bytes[0]),
                             std::to_integer<unsigned>(bytes[1])) +
                   hardware(bytes.subspan(2), "%x", ':');
            return true;
        case As::address: {
            Address address;
            address.family = bytes.size() == 4 ? AF_INET : AF_INET6;
            if (bytes.size() != 4 && bytes.size() != 16) return false;
            std::memcpy(address.bytes.data(), bytes.data(), bytes.size());
            text = parse::text(address);
            return !address.any();
        }
        case As::words:
            if (rest.empty()) {
                // A protocol of vlans.
                const auto protocol = port(bytes);
                text = protocol == 0x8100   ? "802.1Q"
                       : protocol == 0x88a8 ? "802.1ad"
                                            : formatted("0x%04x", protocol);
                return true;
            }
            for (std::uint64_t at = 0; !rest.empty(); ++at) {
                const auto word = take(rest, ' ');
                if (at == number) text = word;
            }
            if (text.empty()) text = std::to_string(number);
            return true;
        case As::bits:
            for (std::uint32_t at = 0; !rest.empty(); ++at) {
                const auto word = take(rest, ' ');
                if ((number >> at & 1) == 0) continue;
                text += text.empty() ? '<' : ',';
                text += word;
            }
            text += text.empty() ? "" : ">";
            return !text.empty();
    }
    return false;
}

}  // namespace

std::vector<std::pair<std::string, std::string>> link_details(std::string_view kind, Bytes data) {
    std::vector<std::pair<std::string, std::string>> list;
    Bytes by_number[64]{};
    for (Attribute a; next_attribute(data, a);) {
        if (a.type < std::size(by_number)) by_number[a.type] = a.payload;
    }
    for (const auto& field : fields) {
        const auto bytes = by_number[field.number];
        if (field.kind != kind || bytes.empty()) continue;
        std::string_view rest = field.name;
        const auto name = take(rest, ' ');
        std::string text;
        if (!value_of(field.as, bytes, rest, text)) continue;
        if (field.as == As::present && front<std::uint8_t>(bytes) == 0) continue;
        list.emplace_back(name, std::move(text));
    }
    return list;
}

}  // namespace limpet::parse
