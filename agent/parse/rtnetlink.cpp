// parse/rtnetlink.cpp - links, addresses, routes, neighbours and rules, rtnetlink(7).
#include "parse/rtnetlink.h"

#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <cstdio>

namespace limpet::parse {
namespace {

std::uint32_t word(Bytes bytes) { return front<std::uint32_t>(bytes); }

std::optional<Address> address(int family, Bytes bytes) {
    const std::size_t size = family == AF_INET ? 4 : 16;
    if ((family != AF_INET && family != AF_INET6) || bytes.size() < size) return std::nullopt;
    Address result;
    result.family = family;
    std::memcpy(result.bytes.data(), bytes.data(), size);
    return result;
}

// "02:42:ac:11:00:02"; of other links whatever length theirs has (20 bytes of InfiniBand).
std::string hardware(Bytes bytes) {
    std::string text;
    char digits[4];
    for (const auto byte : bytes.first(std::min<std::size_t>(bytes.size(), 32))) {
        std::snprintf(digits, sizeof digits, "%02x", std::to_integer<unsigned>(byte));
        text += (text.empty() ? "" : ":") + std::string(digits);
    }
    return text;
}

LinkCounters counters(Bytes bytes) {
    const auto stats = front<rtnl_link_stats64>(bytes);
    return {.receive_packets = stats.rx_packets,
            .send_packets = stats.tx_packets,
            .receive_bytes = stats.rx_bytes,
            .send_bytes = stats.tx_bytes,
            .receive_errors = stats.rx_errors,
            .send_errors = stats.tx_errors,
            .receive_dropped = stats.rx_dropped,
            .send_dropped = stats.tx_dropped,
            .multicast = stats.multicast,
            .collisions = stats.collisions,
            .receive_overruns = stats.rx_over_errors,
            .send_carrier = stats.tx_carrier_errors};
}

std::vector<NextHop> next_hops(int family, Bytes bytes) {
    std::vector<NextHop> hops;
    while (bytes.size() >= sizeof(rtnexthop)) {
        const auto head = front<rtnexthop>(bytes);
        const std::size_t length = head.rtnh_len;
        if (length < sizeof head || length > bytes.size()) break;
        NextHop hop;
        hop.interface = static_cast<std::uint32_t>(head.rtnh_ifindex);
        hop.weight = head.rtnh_hops + 1U;
        each_attribute(bytes.first(length), sizeof head, [&](std::uint16_t type, Bytes payload) {
            if (type == RTA_GATEWAY) hop.gateway = address(family, payload);
        });
        hops.push_back(hop);
        bytes = bytes.subspan(std::min<std::size_t>((length + 3) & ~std::size_t{3}, bytes.size()));
    }
    return hops;
}

}  // namespace

std::optional<Link> link(Bytes message) {
    if (message.size() < sizeof(ifinfomsg)) return std::nullopt;
    const auto head = front<ifinfomsg>(message);
    Link result;
    result.index = static_cast<std::uint32_t>(head.ifi_index);
    result.type = head.ifi_type;
    result.flags = head.ifi_flags;
    each_attribute(message, sizeof head, [&](std::uint16_t type, Bytes payload) {
        switch (type) {
            case IFLA_IFNAME: result.name = text_of(payload); break;
            case IFLA_MTU: result.mtu = word(payload); break;
            case IFLA_TXQLEN: result.queue_length = word(payload); break;
            case IFLA_GROUP: result.group = word(payload); break;
            case IFLA_OPERSTATE: result.state = front<std::uint8_t>(payload); break;
            case IFLA_LINKMODE: result.mode = front<std::uint8_t>(payload); break;
            case IFLA_QDISC: result.discipline = text_of(payload); break;
            case IFLA_ADDRESS: result.address = hardware(payload); break;
            case IFLA_BROADCAST: result.broadcast = hardware(payload); break;
            case IFLA_MASTER: result.master = word(payload); break;
            case IFLA_LINK: result.peer = word(payload); break;
            case IFLA_LINK_NETNSID: result.peer_namespace = word(payload); break;
            case IFLA_STATS64: result.counters = counters(payload); break;
            case IFLA_LINKINFO:
                each_attribute(payload, 0, [&](std::uint16_t inner, Bytes kind) {
                    if (inner == IFLA_INFO_KIND) result.kind = text_of(kind);
                });
                break;
            default: break;
        }
    });
    return result;
}

std::optional<InterfaceAddress> interface_address(Bytes message) {
    if (message.size() < sizeof(ifaddrmsg)) return std::nullopt;
    const auto head = front<ifaddrmsg>(message);
    InterfaceAddress result;
    result.index = head.ifa_index;
    result.prefix = head.ifa_prefixlen;
    result.scope = head.ifa_scope;
    result.flags = head.ifa_flags;
    std::optional<Address> local, plain;
    each_attribute(message, sizeof head, [&](std::uint16_t type, Bytes payload) {
        switch (type) {
            case IFA_LOCAL: local = address(head.ifa_family, payload); break;
            case IFA_ADDRESS: plain = address(head.ifa_family, payload); break;
            case IFA_BROADCAST: result.broadcast = address(head.ifa_family, payload); break;
            case IFA_LABEL: result.label = text_of(payload); break;
            case IFA_FLAGS: result.flags = word(payload); break;
            case IFA_CACHEINFO: {
                const auto cache = front<ifa_cacheinfo>(payload);
                result.valid = cache.ifa_valid;
                result.preferred = cache.ifa_prefered;
                break;
            }
            default: break;
        }
    });
    if (!local) local = plain;
    if (!local) return std::nullopt;
    result.local = *local;
    // IFA_ADDRESS is the same again, but on a point-to-point link, where it is the other end.
    if (plain && plain->bytes != local->bytes) result.peer = plain;
    return result;
}

std::optional<Route> route(Bytes message) {
    if (message.size() < sizeof(rtmsg)) return std::nullopt;
    const auto head = front<rtmsg>(message);
    if (head.rtm_family != AF_INET && head.rtm_family != AF_INET6) return std::nullopt;
    const int family = head.rtm_family;
    Route result;
    result.family = family;
    result.prefix = head.rtm_dst_len;
    result.source_prefix = head.rtm_src_len;
    result.table = head.rtm_table;
    result.protocol = head.rtm_protocol;
    result.scope = head.rtm_scope;
    result.type = head.rtm_type;
    result.flags = head.rtm_flags;
    each_attribute(message, sizeof head, [&](std::uint16_t type, Bytes payload) {
        switch (type) {
            case RTA_DST: result.destination = address(family, payload); break;
            case RTA_SRC: result.source = address(family, payload); break;
            case RTA_GATEWAY: result.gateway = address(family, payload); break;
            case RTA_PREFSRC: result.preferred_source = address(family, payload); break;
            case RTA_OIF: result.interface = word(payload); break;
            case RTA_TABLE: result.table = word(payload); break;
            case RTA_PRIORITY: result.metric = word(payload); break;
            case RTA_UID: result.uid = word(payload); break;
            case RTA_PREF: result.preference = front<std::uint8_t>(payload); break;
            case RTA_MULTIPATH: result.hops = next_hops(family, payload); break;
            case RTA_METRICS:
                each_attribute(payload, 0, [&](std::uint16_t metric, Bytes value) {
                    if (metric == RTAX_MTU) result.mtu = word(value);
                });
                break;
            // A gateway of the other family, as IPv4 over IPv6 has it.
            case RTA_VIA:
                if (payload.size() > 2) {
                    result.gateway = address(front<std::uint16_t>(payload), payload.subspan(2));
                }
                break;
            default: break;
        }
    });
    return result;
}

std::optional<Neighbour> neighbour(Bytes message) {
    if (message.size() < sizeof(ndmsg)) return std::nullopt;
    const auto head = front<ndmsg>(message);
    Neighbour result;
    result.index = static_cast<std::uint32_t>(head.ndm_ifindex);
    result.state = head.ndm_state;
    result.flags = head.ndm_flags;
    bool known = false;
    each_attribute(message, sizeof head, [&](std::uint16_t type, Bytes payload) {
        if (type == NDA_LLADDR) result.link_address = hardware(payload);
        if (type != NDA_DST) return;
        if (const auto found = address(head.ndm_family, payload)) {
            result.address = *found;
            known = true;
        }
    });
    return known ? std::optional(result) : std::nullopt;
}

std::optional<Rule> rule(Bytes message) {
    if (message.size() < sizeof(fib_rule_hdr)) return std::nullopt;
    const auto head = front<fib_rule_hdr>(message);
    Rule result;
    result.family = head.family;
    result.table = head.table;
    result.action = head.action;
    result.flags = head.flags;
    result.source_prefix = head.src_len;
    result.destination_prefix = head.dst_len;
    each_attribute(message, sizeof head, [&](std::uint16_t type, Bytes payload) {
        switch (type) {
            case FRA_PRIORITY: result.priority = word(payload); break;
            case FRA_TABLE: result.table = word(payload); break;
            case FRA_SRC: result.source = address(head.family, payload); break;
            case FRA_DST: result.destination = address(head.family, payload); break;
            case FRA_IIFNAME: result.input = text_of(payload); break;
            case FRA_OIFNAME: result.output = text_of(payload); break;
            case FRA_FWMARK: result.mark = word(payload); break;
            case FRA_FWMASK: result.mask = word(payload); break;
            case FRA_SUPPRESS_PREFIXLEN:
                if (word(payload) != 0xffffffff) result.suppress_prefix = word(payload);
                break;
            default: break;
        }
    });
    return result;
}

}  // namespace limpet::parse
