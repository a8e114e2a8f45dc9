// parse/rtnetlink.h - links, addresses, routes, neighbours and rules, rtnetlink(7).
#pragma once

#include "parse/netlink.h"
#include "parse/socket.h"

#include <linux/if_link.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace limpet::parse {

struct Link {
    std::uint32_t index = 0;
    std::string name;
    std::uint16_t type = 0;   // ARPHRD_*
    std::uint32_t flags = 0;  // IFF_*
    std::uint32_t mtu = 0;
    std::uint32_t queue_length = 0;
    std::uint32_t group = 0;
    std::uint8_t state = 0;                                    // IF_OPER_*
    std::uint8_t mode = 0;                                     // 1: dormant
    std::string discipline;                                    // "noqueue"
    std::string address, broadcast;                            // "02:42:ac:11:00:02"
    std::string kind;                                          // "veth", "bridge"
    std::vector<std::pair<std::string, std::string>> of_kind;  // link_kinds.h
    std::string alias;                                         // free text of whoever made it
    std::optional<std::uint32_t> master;                       // index
    std::optional<std::uint32_t> peer;            // IFLA_LINK: the other end, or what it stands on
    std::optional<std::uint32_t> peer_namespace;  // its number for us, when it is another one
    std::optional<rtnl_link_stats64> counters;
    std::uint32_t carrier_changes = 0;
    std::vector<std::pair<std::uint16_t, std::uint32_t>> details;  // IFLA_* of one number
    std::optional<std::uint8_t> generation;                        // IN6_ADDR_GEN_MODE_*
};

struct InterfaceAddress {
    std::uint32_t index = 0;
    std::uint8_t prefix = 0;
    std::uint8_t scope = 0;
    std::uint32_t flags = 0;  // IFA_F_*
    Address local;
    std::optional<Address> peer, broadcast;
    std::string label;
    std::uint32_t valid = 0xffffffff, preferred = 0xffffffff;  // seconds; all ones: forever
};

struct NextHop {
    std::uint32_t interface = 0;
    std::optional<Address> gateway;
    unsigned weight = 1;
    std::uint8_t flags = 0;  // RTNH_F_*
};

struct Route {
    int family = AF_INET;
    std::optional<Address> destination;  // none: default
    std::uint8_t prefix = 0;
    std::optional<Address> source, gateway, preferred_source;
    std::uint8_t source_prefix = 0;
    std::uint32_t interface = 0;
    std::uint32_t table = 254;
    std::optional<std::uint32_t> metric;
    std::vector<std::pair<std::uint16_t, std::uint32_t>> metrics;  // RTAX_*
    std::uint32_t locked = 0;                                      // bits 1 << RTAX_*
    std::uint32_t expires = 0;                                     // in hundredths of a second
    std::int32_t error = 0;
    std::optional<std::uint32_t> hop_id, incoming, mark;
    std::uint8_t protocol = 0, scope = 0, type = 0;
    std::uint32_t flags = 0;  // RTM_F_*, RTNH_F_*
    std::optional<std::uint32_t> uid;
    std::optional<std::uint8_t> preference;  // of IPv6 routers
    std::vector<NextHop> hops;               // of a multipath route
};

struct Neighbour {
    std::uint32_t index = 0;
    Address address;
    std::string link_address;
    std::uint16_t state = 0;  // NUD_*
    std::uint8_t flags = 0;   // NTF_*
    // Uses of it; seconds since it was used, confirmed and changed; attempts to find it.
    std::uint32_t references = 0, used = 0, confirmed = 0, updated = 0, probes = 0;
};

struct Rule {
    int family = AF_INET;
    std::uint32_t priority = 0;
    std::uint32_t table = 0;
    std::uint8_t action = 0;
    std::uint32_t flags = 0;
    std::optional<Address> source, destination;
    std::uint8_t source_prefix = 0, destination_prefix = 0;
    std::string input, output;
    std::optional<std::uint32_t> mark, mask;
    std::optional<std::uint32_t> suppress_prefix, go_to;
    struct Range {
        std::uint32_t first, last;
    };
    std::optional<Range> uids, source_ports, destination_ports;
    std::uint8_t service = 0;   // TOS
    std::uint8_t protocol = 0;  // of IP; 0: any
};

std::optional<Link> link(Bytes message);
std::optional<InterfaceAddress> interface_address(Bytes message);
std::optional<Route> route(Bytes message);
std::optional<Neighbour> neighbour(Bytes message);
std::optional<Rule> rule(Bytes message);

}  // namespace limpet::parse
