// network/ip_route.cpp - ip route, neighbour and rule, as iproute2 prints them.
#include "commands/network/ip.h"
#include "commands/table.h"
#include "parse/number.h"
#include "sys/netlink.h"

#include <linux/rtnetlink.h>

#include <array>
#include <cstdio>

namespace limpet::commands::ip {

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

Result<std::uint8_t> number_of(std::string_view word, std::string (*name)(std::uint8_t),
                               std::string_view what) {
    if (const auto number = parse::number<std::uint8_t>(word)) return *number;
    for (unsigned number = 0; number < 256; ++number) {
        if (name(static_cast<std::uint8_t>(number)) == word)
            return static_cast<std::uint8_t>(number);
    }
    return refused("ip", "there is no " + std::string(what) + " '" + std::string(word) + "'");
}

namespace {

using parse::Route;

std::vector<std::string> route_flags(std::uint32_t flags) {
    std::vector<std::string> list;
    if (flags & RTNH_F_DEAD) list.emplace_back("dead");
    if (flags & RTNH_F_ONLINK) list.emplace_back("onlink");
    if (flags & RTNH_F_PERVASIVE) list.emplace_back("pervasive");
    if (flags & RTNH_F_LINKDOWN) list.emplace_back("linkdown");
    if (flags & RTNH_F_OFFLOAD) list.emplace_back("offload");
    if (flags & RTNH_F_TRAP) list.emplace_back("trap");
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

std::vector<Pair> pairs(const View& view, const Net& net, const Route& route, std::uint32_t table) {
    std::vector<Pair> list;
    if (route.source) {
        list.push_back(
            {"from", "from", prefix_text(route.source, route.source_prefix, route.family)});
    }
    // What was asked for needs no telling.
    if (route.hop_id) list.push_back({"nhid", "nhid", std::to_string(*route.hop_id), true});
    if (route.gateway && route.gateway->family != route.family) {
        // RFC 5549: JSON has an object of it.
        const auto text = parse::text(*route.gateway);
        const bool six = route.gateway->family == AF_INET6;
        list.push_back({"via", six ? "via inet6" : "via inet", text});
    } else if (route.gateway && !view.via) {
        list.push_back({"gateway", "via", parse::text(*route.gateway)});
    }
    if (route.interface && view.device.empty())
        list.push_back({"dev", "dev", net.name(route.interface)});
    const bool cached = route.flags & RTM_F_CLONED;
    if (route.table != table && route.table != RT_TABLE_UNSPEC) {
        list.push_back({"table", "table", table_name(route.table)});
    }
    if (!cached && !view.protocol && (route.protocol != RTPROT_BOOT || view.details)) {
        list.push_back({"protocol", "proto", protocol_name(route.protocol)});
    }
    if (!cached && !view.scope && (route.scope != RT_SCOPE_UNIVERSE || view.details)) {
        list.push_back({"scope", "scope", scope_name(route.scope)});
    }
    if (route.preferred_source && !view.source) {
        list.push_back({"prefsrc", "src", parse::text(*route.preferred_source)});
    }
    if (route.metric) list.push_back({"metric", "metric", std::to_string(*route.metric), true});
    return list;
}

// RTAX_*, by their numbers.
constexpr std::array<std::string_view, 18> metric_names{
    "",         "",        "mtu",      "window",     "rtt",      "rttvar",
    "ssthresh", "cwnd",    "advmss",   "reordering", "hoplimit", "initcwnd",
    "features", "rto_min", "initrwnd", "quickack",   "cc_algo",  "fastopen_no_cookie"};

void add_metrics(const Route& route, JsonObject* object, std::string& line) {
    JsonObject own;
    for (const auto& [type, value] : route.metrics) {
        if (type >= metric_names.size() || metric_names[type].empty()) continue;
        line += ' ';
        line += metric_names[type];
        line += route.locked >> type & 1 ? " lock " : " ";
        line += std::to_string(value);
        own.number(metric_names[type], value);
    }
    if (object && !route.metrics.empty()) object->raw("metrics", "[" + own.take() + "]");
}

// How the answer was found, in the upper bits that the kernel keeps of it: RTCF_*.
std::vector<std::string> cache_flags(std::uint32_t flags) {
    constexpr std::array<std::pair<std::uint32_t, std::string_view>, 5> names{
        {{0x80000000, "local"},
         {0x40000000, "reject"},
         {0x20000000, "mc"},
         {0x10000000, "brd"},
         {0x00040000, "redirected"}}};
    std::vector<std::string> list;
    for (const auto& [bit, name] : names) {
        if (flags & bit) list.emplace_back(name);
    }
    return list;
}

std::vector<Pair> mark_pairs(const Route& route) {
    std::vector<Pair> list;
    if (route.mark) list.push_back({"mark", "mark", hexadecimal(*route.mark)});
    if (route.uid) list.push_back({"uid", "uid", std::to_string(*route.uid), true});
    return list;
}

void put(JsonObject& object, const std::vector<Pair>& list) {
    for (const auto& [field, word, value, number] : list) {
        if (field == "via") {
            JsonObject via;
            via.text("family", word.substr(4)).text("host", value);
            object.raw(field, via.take());
        } else {
            number ? object.raw(field, value) : object.text(field, value);
        }
    }
}

void put_hops(const Net& net, const Route& route, JsonObject* object, std::string& line) {
    std::string list;
    for (const auto& hop : route.hops) {
        JsonObject nested;
        line += "\n\tnexthop";
        if (hop.gateway) {
            const auto gateway = parse::text(*hop.gateway);
            const bool other = hop.gateway->family != route.family;
            const std::string_view family = hop.gateway->family == AF_INET6 ? "inet6" : "inet";
            line += " via ";
            if (other) {
                line += family;
                line += ' ';
                nested.raw("via", JsonObject().text("family", family).text("host", gateway).take());
            } else {
                nested.text("gateway", gateway);
            }
            line += gateway;
        }
        const auto device = net.name(hop.interface);
        nested.text("dev", device).number("weight", hop.weight);
        nested.texts("flags", route_flags(hop.flags));
        line += " dev " + visible(device) + " weight " + std::to_string(hop.weight);
        for (const auto& flag : route_flags(hop.flags)) line += " " + flag;
        list += list.empty() ? "[" : ",";
        list += nested.take();
    }
    if (object && !list.empty()) object->raw("nexthops", list + "]");
}

// Both forms of one route; the object is left alone when there is none.
std::string route_line(const View& view, const Net& net, const Route& route, std::uint32_t table,
                       JsonObject* object) {
    std::string line;
    const bool cached = route.flags & RTM_F_CLONED;
    const auto destination = prefix_text(route.destination, route.prefix, route.family);
    if (route.type != RTN_UNICAST || view.details) {
        line = type_name(route.type) + " ";
        if (object) object->text("type", type_name(route.type));
    }
    line += destination;
    if (object) object->text("dst", destination);
    const auto append = [&](const std::vector<Pair>& list) {
        for (const auto& pair : list) {
            line += ' ';
            line += pair.word;
            line += ' ';
            line += visible(pair.value);
        }
        if (object) put(*object, list);
    };
    append(pairs(view, net, route, table));
    for (const auto& flag : route_flags(route.flags)) line += " " + flag;
    if (object) object->texts("flags", route_flags(route.flags));
    append(mark_pairs(route));
    std::string cache;
    if (cached) {
        // As for what it was asked: each on a line of its own.
        cache = "\n    cache";
        const auto flags = cache_flags(route.flags);
        for (const auto& flag : flags) cache += (&flag == flags.data() ? " <" : ",") + flag;
        if (!flags.empty()) cache += '>';
        if (object) object->texts("cache", flags);
    }
    auto& last = cached ? cache : line;
    // The kernel counts in USER_HZ.
    if (route.expires) {
        last += " expires " + std::to_string(route.expires / 100) + "sec";
        if (object) object->number("expires", route.expires / 100);
    }
    if (route.error) {
        last += " error " + std::to_string(route.error);
        if (object) object->number("error", route.error);
    }
    add_metrics(route, object, line);
    if (cached && route.incoming) {
        cache += " iif " + visible(net.name(*route.incoming));
        if (object) object->text("iif", net.name(*route.incoming));
    }
    if (route.preference) {
        line += " pref ";
        line += preference_name(*route.preference);
        if (object) object->text("pref", preference_name(*route.preference));
    }
    put_hops(net, route, object, line);
    return line + cache;
}

}  // namespace

namespace {

bool wanted(const View& view, const Net& net, const Route& route) {
    if (!view.device.empty() && net.name(route.interface) != view.device) return false;
    if (view.scope && route.scope != *view.scope) return false;
    if (view.protocol && route.protocol != *view.protocol) return false;
    if (view.type && route.type != *view.type) return false;
    const auto same = [](const std::optional<parse::Address>& one, const parse::Address& other) {
        return one && one->bytes == other.bytes && one->family == other.family;
    };
    if (view.via && !same(route.gateway, *view.via)) return false;
    if (view.source && !same(route.preferred_source, *view.source)) return false;
    if (!view.to) return true;
    parse::Prefix own{route.destination.value_or(parse::Address{}), route.prefix};
    own.address.family = route.family;
    auto to = *view.to;
    // "default" is that of either family.
    if (to.address.family == AF_UNSPEC) to.address.family = route.family;
    switch (view.how) {
        case View::To::root: return own.length >= to.length && parse::within(own.address, to);
        case View::To::match: return own.length <= to.length && parse::within(to.address, own);
        case View::To::exact: return own.length == to.length && parse::within(own.address, to);
    }
    return false;
}

void put_route(Invocation& call, Objects& objects, const View& view, const Net& net,
               const Route& route, std::uint32_t table) {
    JsonObject object;
    auto line = route_line(view, net, route, table, view.json() ? &object : nullptr);
    if (view.json()) return objects.add(std::move(object));
    if (view.one_line) {
        for (auto at = line.find('\n'); at != line.npos; at = line.find('\n', at)) line[at] = '\\';
    }
    line += '\n';
    call.out.write(line);
}

// Adds an attribute to a request that is put together.
void add(std::vector<std::byte>& request, std::uint16_t type, std::span<const std::byte> payload) {
    const rtattr header{static_cast<unsigned short>(RTA_LENGTH(payload.size())), type};
    const auto bytes = std::as_bytes(std::span(&header, 1));
    request.insert(request.end(), bytes.begin(), bytes.end());
    request.insert(request.end(), payload.begin(), payload.end());
    request.resize((request.size() + 3) & ~std::size_t{3});
}

void add(std::vector<std::byte>& request, std::uint16_t type, std::uint32_t value) {
    add(request, type, std::as_bytes(std::span(&value, 1)));
}

}  // namespace

Result<> show_routes(Invocation& call, const View& view, const Net& net, std::uint32_t table) {
    Objects objects(call, view);
    const auto one_family = [&](int family) {
        return dump(net, RTM_GETROUTE, family, [&](parse::Bytes message) {
            const auto route = parse::route(message);
            if (!route || route->family != family || (route->flags & RTM_F_CLONED)) return;
            if (table != 0 && route->table != table) return;
            if (!wanted(view, net, *route)) return;
            put_route(call, objects, view, net, *route,
                      table == 0 ? std::uint32_t{RT_TABLE_MAIN} : table);
        });
    };
    // As iproute2: IPv4 unless -6 is given, both for all tables.
    const bool six = view.six || (view.to && view.to->address.family == AF_INET6);
    if (view.four || !six) TRY(one_family(AF_INET));
    if (six || (table == 0 && !view.four)) TRY(one_family(AF_INET6));
    objects.finish();
    return {};
}

Result<> get_route(Invocation& call, const View& view, const Net& net,
                   const RouteQuestion& question) {
    const auto to = parse::prefix(question.to);
    if (!to)
        return refused("route",
                       "'" + question.to + "' is not an address (names are not looked up)");
    rtmsg head{};
    head.rtm_family = static_cast<unsigned char>(to->address.family);
    head.rtm_dst_len = to->length;
    // RTM_F_LOOKUP_TABLE: of which table it is.
    head.rtm_flags = RTM_F_LOOKUP_TABLE;
    const std::size_t size = to->address.family == AF_INET ? 4 : 16;
    std::vector<std::byte> attributes;
    add(attributes, RTA_DST, std::as_bytes(std::span(to->address.bytes)).first(size));
    if (!question.from.empty()) {
        const auto from = parse::prefix(question.from);
        if (!from || from->address.family != to->address.family)
            return refused("route", "'" + question.from + "' is not such an address");
        head.rtm_src_len = from->length;
        add(attributes, RTA_SRC, std::as_bytes(std::span(from->address.bytes)).first(size));
    }
    for (const auto& [name, type] :
         {std::pair{&question.input, RTA_IIF}, {&question.output, RTA_OIF}}) {
        if (name->empty()) continue;
        const auto* link = net.find(*name);
        if (!link) return refused("ip", "there is no device '" + *name + "'");
        add(attributes, static_cast<std::uint16_t>(type), link->index);
    }
    if (question.mark) add(attributes, RTA_MARK, *question.mark);
    if (question.uid) add(attributes, RTA_UID, *question.uid);
    const auto bytes = std::as_bytes(std::span(&head, 1));
    attributes.insert(attributes.begin(), bytes.begin(), bytes.end());
    Objects objects(call, view);
    TRY(sys::netlink_ask(
        net.netlink, RTM_GETROUTE, false, attributes,
        [&](std::uint16_t, parse::Bytes message) {
            if (const auto route = parse::route(message))
                put_route(call, objects, view, net, *route, RT_TABLE_MAIN);
        },
        question.to));
    objects.finish();
    return {};
}

}  // namespace limpet::commands::ip
