// parse/rtnetlink.cpp - links, addresses, routes, neighbours and rules, rtnetlink(7).
#include "parse/rtnetlink.h"

#include "parse/link_kinds.h"

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

// A gateway of the other family, as IPv4 over IPv6 has it: struct rtvia.
std::optional<Address> via(Bytes bytes) {
    if (bytes.size() <= 2) return std::nullopt;
    return address(front<std::uint16_t>(bytes), bytes.subspan(2));
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

constexpr std::uint16_t ifla_allmulti = 61;  // Linux 6.1

Rule::Range ports(Bytes bytes) {
    const auto range = front<fib_rule_port_range>(bytes);
    return {range.start, range.end};
}

std::optional<std::uint8_t> generation(Bytes families) {
    for (Attribute family; next_attribute(families, family);) {
        if (family.type != AF_INET6) continue;
        for (Attribute a; next_attribute(family.payload, a);) {
            if (a.type == IFLA_INET6_ADDR_GEN_MODE) return front<std::uint8_t>(a.payload);
        }
    }
    return std::nullopt;
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
        Bytes rest = attributes(bytes.first(length), sizeof head);
        for (Attribute a; next_attribute(rest, a);) {
            if (a.type == RTA_GATEWAY) hop.gateway = address(family, a.payload);
            if (a.type == RTA_VIA) hop.gateway = via(a.payload);
        }
        hop.flags = head.rtnh_flags;
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
    Attribute attribute;
    const auto& payload = attribute.payload;
    for (Bytes rest = attributes(message, sizeof head); next_attribute(rest, attribute);) {
        switch (attribute.type) {
            case IFLA_IFNAME: result.name = text_of(payload); break;
            case IFLA_IFALIAS: result.alias = text_of(payload); break;
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
            case IFLA_CARRIER_CHANGES: result.carrier_changes = word(payload); break;
            case IFLA_PROMISCUITY:
            case ifla_allmulti:
            case IFLA_MIN_MTU:
            case IFLA_MAX_MTU:
            case IFLA_NUM_TX_QUEUES:
            case IFLA_NUM_RX_QUEUES:
            case IFLA_GSO_MAX_SIZE:
            case IFLA_GSO_MAX_SEGS:
            case IFLA_TSO_MAX_SIZE:
            case IFLA_TSO_MAX_SEGS:
            case IFLA_GRO_MAX_SIZE:
                result.details.emplace_back(attribute.type, word(payload));
                break;
            case IFLA_AF_SPEC: result.generation = generation(payload); break;
            case IFLA_STATS64: result.counters = front<rtnl_link_stats64>(payload); break;
            case IFLA_LINKINFO: {
                Bytes info = payload;
                for (Attribute inner; next_attribute(info, inner);) {
                    if (inner.type == IFLA_INFO_KIND) result.kind = text_of(inner.payload);
                    if (inner.type == IFLA_INFO_DATA) {
                        result.of_kind = link_details(result.kind, inner.payload);
                    }
                }
                break;
            }
            default: break;
        }
    }
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
    Attribute attribute;
    const auto& payload = attribute.payload;
    for (Bytes rest = attributes(message, sizeof head); next_attribute(rest, attribute);) {
        switch (attribute.type) {
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
    }
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
    Attribute attribute;
    const auto& payload = attribute.payload;
    for (Bytes rest = attributes(message, sizeof head); next_attribute(rest, attribute);) {
        switch (attribute.type) {
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
            case RTA_METRICS: {
                Bytes metrics = payload;
                for (Attribute metric; next_attribute(metrics, metric);) {
                    if (metric.type == RTAX_LOCK) {
                        result.locked = word(metric.payload);
                    } else if (metric.type != RTAX_CC_ALGO) {
                        result.metrics.emplace_back(metric.type, word(metric.payload));
                    }
                }
                break;
            }
            case RTA_CACHEINFO: {
                const auto cache = front<rta_cacheinfo>(payload);
                result.expires =
                    cache.rta_expires > 0 ? static_cast<std::uint32_t>(cache.rta_expires) : 0;
                result.error = static_cast<std::int32_t>(cache.rta_error);
                break;
            }
            case RTA_NH_ID: result.hop_id = word(payload); break;
            case RTA_IIF: result.incoming = word(payload); break;
            case RTA_MARK: result.mark = word(payload); break;
            case RTA_VIA: result.gateway = via(payload); break;
            default: break;
        }
    }
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
    Bytes rest = attributes(message, sizeof head);
    for (Attribute a; next_attribute(rest, a);) {
        if (a.type == NDA_LLADDR) result.link_address = hardware(a.payload);
        if (a.type == NDA_PROBES) result.probes = word(a.payload);
        if (a.type == NDA_CACHEINFO) {
            // In USER_HZ.
            const auto cache = front<nda_cacheinfo>(a.payload);
            result.references = cache.ndm_refcnt;
            result.used = cache.ndm_used / 100;
            result.confirmed = cache.ndm_confirmed / 100;
            result.updated = cache.ndm_updated / 100;
        }
        if (a.type != NDA_DST) continue;
        if (const auto found = address(head.ndm_family, a.payload)) {
            result.address = *found;
            known = true;
        }
    }
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
    result.service = head.tos;
    result.source_prefix = head.src_len;
    result.destination_prefix = head.dst_len;
    Attribute attribute;
    const auto& payload = attribute.payload;
    for (Bytes rest = attributes(message, sizeof head); next_attribute(rest, attribute);) {
        switch (attribute.type) {
            case FRA_PRIORITY: result.priority = word(payload); break;
            case FRA_TABLE: result.table = word(payload); break;
            case FRA_SRC: result.source = address(head.family, payload); break;
            case FRA_DST: result.destination = address(head.family, payload); break;
            case FRA_IIFNAME: result.input = text_of(payload); break;
            case FRA_OIFNAME: result.output = text_of(payload); break;
            case FRA_FWMARK: result.mark = word(payload); break;
            case FRA_GOTO: result.go_to = word(payload); break;
            case FRA_UID_RANGE: result.uids = front<Rule::Range>(payload); break;
            case FRA_IP_PROTO: result.protocol = front<std::uint8_t>(payload); break;
            case FRA_SPORT_RANGE: result.source_ports = ports(payload); break;
            case FRA_DPORT_RANGE: result.destination_ports = ports(payload); break;
            case FRA_FWMASK: result.mask = word(payload); break;
            case FRA_SUPPRESS_PREFIXLEN:
                if (word(payload) != 0xffffffff) result.suppress_prefix = word(payload);
                break;
            default: break;
        }
    }
    return result;
}

}  // namespace limpet::parse
