// network/ip_route.cpp - ip route, neighbour and rule, as iproute2 prints them.
#include "commands/network/ip.h"
#include "commands/table.h"
#include "sys/netlink.h"

#include <arpa/inet.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstdio>

namespace limpet::commands::ip {
namespace {

using parse::Route;

std::string protocol_name(std::uint8_t protocol) {
    struct Name {
        std::uint8_t number;
        const char* name;
    };
    constexpr std::array names{
        Name{0, "unspec"}, Name{1, "redirect"}, Name{2, "kernel"},      Name{3, "boot"},
        Name{4, "static"}, Name{8, "gated"},    Name{9, "ra"},          Name{11, "zebra"},
        Name{12, "bird"},  Name{16, "dhcp"},    Name{18, "keepalived"}, Name{42, "babel"},
        Name{186, "bgp"},  Name{187, "isis"},   Name{188, "ospf"},      Name{189, "rip"},
    };
    for (const auto& [number, name] : names) {
        if (number == protocol) return name;
    }
    return std::to_string(protocol);
}

std::string type_name(std::uint8_t type) {
    constexpr std::array<std::string_view, 11> names{
        "none",      "unicast",     "local",    "broadcast", "anycast", "multicast",
        "blackhole", "unreachable", "prohibit", "throw",     "nat"};
    return type < names.size() ? std::string(names[type]) : std::to_string(type);
}

std::vector<std::string> route_flags(std::uint32_t flags) {
    std::vector<std::string> list;
    if (flags & RTNH_F_DEAD) list.emplace_back("dead");
    if (flags & RTNH_F_ONLINK) list.emplace_back("onlink");
    if (flags & RTNH_F_PERVASIVE) list.emplace_back("pervasive");
    if (flags & RTNH_F_LINKDOWN) list.emplace_back("linkdown");
    return list;
}

std::string_view preference_name(std::uint8_t preference) {
    // RFC 4191: 01 high, 00 medium, 11 low.
    return preference == 1 ? "high" : preference == 0 ? "medium" : preference == 3 ? "low" : "?";
}

// The pairs of a route in iproute2's order; JSON and text differ only in their form.
struct Pair {
    std::string_view field;  // of JSON
    std::string_view word;   // of the text
    std::string value;
    bool number = false;
};

std::vector<Pair> pairs(const Net& net, const Route& route, std::uint32_t table) {
    std::vector<Pair> list;
    if (route.source) {
        list.push_back(
            {"from", "from", prefix_text(route.source, route.source_prefix, route.family)});
    }
    if (route.gateway) list.push_back({"gateway", "via", parse::text(*route.gateway)});
    if (route.interface) list.push_back({"dev", "dev", net.name(route.interface)});
    const bool cached = route.flags & RTM_F_CLONED;
    if (route.table != table && !cached) {
        list.push_back({"table", "table", table_name(route.table)});
    }
    if (!cached && route.protocol != RTPROT_BOOT) {
        list.push_back({"protocol", "proto", protocol_name(route.protocol)});
    }
    if (!cached && route.scope != RT_SCOPE_UNIVERSE) {
        list.push_back({"scope", "scope", scope_name(route.scope)});
    }
    if (route.preferred_source) {
        list.push_back({"prefsrc", "src", parse::text(*route.preferred_source)});
    }
    if (route.metric) list.push_back({"metric", "metric", std::to_string(*route.metric), true});
    return list;
}

std::vector<Pair> last_pairs(const Route& route) {
    std::vector<Pair> list;
    if (route.uid) list.push_back({"uid", "uid", std::to_string(*route.uid), true});
    if (route.mtu) list.push_back({"mtu", "mtu", std::to_string(route.mtu), true});
    if (route.preference) {
        list.push_back({"pref", "pref", std::string(preference_name(*route.preference))});
    }
    return list;
}

void put(JsonObject& object, const std::vector<Pair>& list) {
    for (const auto& [field, word, value, number] : list) {
        number ? object.raw(field, value) : object.text(field, value);
    }
}

JsonObject route_json(const Net& net, const Route& route, std::uint32_t table) {
    JsonObject object;
    if (route.type != RTN_UNICAST) object.text("type", type_name(route.type));
    object.text("dst", prefix_text(route.destination, route.prefix, route.family));
    put(object, pairs(net, route, table));
    object.texts("flags", route_flags(route.flags));
    put(object, last_pairs(route));
    if (route.hops.empty()) return object;
    std::string hops;
    for (const auto& hop : route.hops) {
        JsonObject nested;
        if (hop.gateway) nested.text("gateway", parse::text(*hop.gateway));
        nested.text("dev", net.name(hop.interface)).number("weight", hop.weight);
        hops += (hops.empty() ? "" : ",") + nested.take();
    }
    object.raw("nexthops", "[" + hops + "]");
    return object;
}

std::string route_line(const Net& net, const Route& route, std::uint32_t table) {
    std::string line;
    if (route.type != RTN_UNICAST) line += type_name(route.type) + " ";
    line += prefix_text(route.destination, route.prefix, route.family);
    const auto append = [&](const std::vector<Pair>& list) {
        for (const auto& pair : list)
            line += " " + std::string(pair.word) + " " + visible(pair.value);
    };
    append(pairs(net, route, table));
    for (const auto& flag : route_flags(route.flags)) line += " " + flag;
    append(last_pairs(route));
    for (const auto& hop : route.hops) {
        line += "\n\tnexthop";
        if (hop.gateway) line += " via " + parse::text(*hop.gateway);
        line +=
            " dev " + visible(net.name(hop.interface)) + " weight " + std::to_string(hop.weight);
    }
    return line;
}

std::string neighbour_state(std::uint16_t state) {
    struct Name {
        std::uint16_t bit;
        const char* name;
    };
    constexpr std::array names{
        Name{NUD_INCOMPLETE, "INCOMPLETE"}, Name{NUD_REACHABLE, "REACHABLE"},
        Name{NUD_STALE, "STALE"},           Name{NUD_DELAY, "DELAY"},
        Name{NUD_PROBE, "PROBE"},           Name{NUD_FAILED, "FAILED"},
        Name{NUD_NOARP, "NOARP"},           Name{NUD_PERMANENT, "PERMANENT"},
    };
    for (const auto& [bit, name] : names) {
        if (state & bit) return name;
    }
    return "NONE";
}

std::string action_name(const parse::Rule& rule) {
    switch (rule.action) {
        case FR_ACT_TO_TBL: return "lookup";
        case FR_ACT_BLACKHOLE: return "blackhole";
        case FR_ACT_UNREACHABLE: return "unreachable";
        case FR_ACT_PROHIBIT: return "prohibit";
        case FR_ACT_GOTO: return "goto";
        case FR_ACT_NOP: return "nop";
        default: return std::to_string(rule.action);
    }
}

std::string hexadecimal(std::uint32_t value) {
    char text[16];
    std::snprintf(text, sizeof text, "%#x", value);
    return text;
}

void print_rule(Invocation& call, const parse::Rule& rule) {
    const bool inverted = rule.flags & FIB_RULE_INVERT;
    std::string line =
        std::to_string(rule.priority) + ":\t" + (inverted ? "not " : "") + "from " +
        (rule.source ? prefix_text(rule.source, rule.source_prefix, rule.family) : "all");
    if (rule.destination) {
        line += " to " + prefix_text(rule.destination, rule.destination_prefix, rule.family);
    }
    if (rule.mark) {
        line += " fwmark " + hexadecimal(*rule.mark);
        if (rule.mask.value_or(0xffffffff) != 0xffffffff) line += "/" + hexadecimal(*rule.mask);
    }
    if (!rule.input.empty()) line += " iif " + visible(rule.input);
    if (!rule.output.empty()) line += " oif " + visible(rule.output);
    line += " " + action_name(rule);
    if (rule.action == FR_ACT_TO_TBL) line += " " + table_name(rule.table);
    if (rule.suppress_prefix)
        line += " suppress_prefixlength " + std::to_string(*rule.suppress_prefix);
    call.out.write(line + '\n');
}

JsonObject rule_json(const parse::Rule& rule) {
    JsonObject object;
    object.number("priority", rule.priority);
    if (rule.flags & FIB_RULE_INVERT) object.boolean("not", true);
    object.text("src", rule.source ? parse::text(*rule.source) : "all");
    if (rule.source) object.number("srclen", rule.source_prefix);
    if (rule.destination) {
        object.text("dst", parse::text(*rule.destination));
        object.number("dstlen", rule.destination_prefix);
    }
    if (rule.mark) object.text("fwmark", hexadecimal(*rule.mark));
    if (!rule.input.empty()) object.text("iif", rule.input);
    if (!rule.output.empty()) object.text("oif", rule.output);
    if (rule.action == FR_ACT_TO_TBL) {
        object.text("table", table_name(rule.table));
    } else {
        object.text("action", action_name(rule));
    }
    return object;
}

}  // namespace

Result<> show_routes(Invocation& call, const View& view, const Net& net, std::uint32_t table) {
    Objects objects(call, view);
    const auto one_family = [&](int family) {
        return dump(net, RTM_GETROUTE, family, [&](parse::Bytes message) {
            const auto route = parse::route(message);
            if (!route || route->family != family || (route->flags & RTM_F_CLONED)) return;
            if (table != 0 && route->table != table) return;
            if (!view.device.empty() && net.name(route->interface) != view.device) return;
            const std::uint32_t known = table == 0 ? std::uint32_t{RT_TABLE_MAIN} : table;
            if (view.json()) {
                objects.add(route_json(net, *route, known));
            } else {
                call.out.write(route_line(net, *route, known) + '\n');
            }
        });
    };
    // As iproute2: IPv4 unless -6 is given, both for all tables.
    if (view.four || !view.six) TRY(one_family(AF_INET));
    if (view.six || (table == 0 && !view.four)) TRY(one_family(AF_INET6));
    objects.finish();
    return {};
}

Result<> get_route(Invocation& call, const View& view, const Net& net, const std::string& address) {
    struct {
        rtmsg head;
        rtattr attribute;
        std::array<std::uint8_t, 16> bytes;
    } request{};
    const int family = address.find(':') == address.npos ? AF_INET : AF_INET6;
    if (::inet_pton(family, address.c_str(), request.bytes.data()) != 1) {
        return refused("route", "'" + address + "' is not an address (names are not looked up)");
    }
    const std::size_t size = family == AF_INET ? 4 : 16;
    request.head.rtm_family = static_cast<unsigned char>(family);
    request.head.rtm_dst_len = static_cast<unsigned char>(size * 8);
    request.attribute.rta_type = RTA_DST;
    request.attribute.rta_len = static_cast<unsigned short>(RTA_LENGTH(size));
    const auto bytes =
        std::as_bytes(std::span(&request, 1)).first(sizeof request.head + RTA_LENGTH(size));
    Objects objects(call, view);
    TRY(sys::netlink_ask(
        net.netlink, RTM_GETROUTE, false, bytes,
        [&](std::uint16_t, parse::Bytes message) {
            const auto route = parse::route(message);
            if (!route) return;
            if (view.json()) {
                objects.add(route_json(net, *route, route->table));
                return;
            }
            call.out.write(route_line(net, *route, route->table) + '\n');
            if (route->flags & RTM_F_CLONED) call.out.write("    cache\n");
        },
        address));
    objects.finish();
    return {};
}

Result<> show_neighbours(Invocation& call, const View& view, const Net& net) {
    Objects objects(call, view);
    const int family = view.four == view.six ? AF_UNSPEC : view.four ? AF_INET : AF_INET6;
    TRY(dump(net, RTM_GETNEIGH, family, [&](parse::Bytes message) {
        const auto neighbour = parse::neighbour(message);
        // As iproute2: entries of multicast and loopback need no resolution and are left out.
        if (!neighbour || neighbour->state == NUD_NONE || (neighbour->state & NUD_NOARP)) return;
        const auto device = net.name(neighbour->index);
        if (!view.device.empty() && device != view.device) return;
        const auto state = neighbour_state(neighbour->state);
        if (view.json()) {
            JsonObject object;
            object.text("dst", parse::text(neighbour->address)).text("dev", device);
            if (!neighbour->link_address.empty()) object.text("lladdr", neighbour->link_address);
            if (neighbour->flags & NTF_ROUTER) object.boolean("router", true);
            object.texts("state", {state});
            objects.add(std::move(object));
            return;
        }
        std::string line = parse::text(neighbour->address) + " dev " + visible(device);
        if (!neighbour->link_address.empty()) line += " lladdr " + neighbour->link_address;
        if (neighbour->flags & NTF_ROUTER) line += " router";
        call.out.write(line + " " + state + '\n');
    }));
    objects.finish();
    return {};
}

Result<> show_rules(Invocation& call, const View& view, const Net& net) {
    Objects objects(call, view);
    const auto one_family = [&](int family) {
        return dump(net, RTM_GETRULE, family, [&](parse::Bytes message) {
            const auto rule = parse::rule(message);
            if (!rule || rule->family != family) return;
            if (view.json()) {
                objects.add(rule_json(*rule));
            } else {
                print_rule(call, *rule);
            }
        });
    };
    if (view.four || !view.six) TRY(one_family(AF_INET));
    if (view.six) TRY(one_family(AF_INET6));
    objects.finish();
    return {};
}

}  // namespace limpet::commands::ip
