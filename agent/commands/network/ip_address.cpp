// network/ip_address.cpp - ip address and ip link, as iproute2 prints them.
#include "commands/network/ip.h"
#include "commands/table.h"

#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cstdio>

namespace limpet::commands::ip {
namespace {

using parse::InterfaceAddress;
using parse::Link;

std::vector<std::string> link_flags(std::uint32_t flags) {
    struct Flag {
        std::uint32_t bit;
        std::string_view name;
    };
    constexpr std::array names{
        Flag{0x8, "LOOPBACK"},     Flag{0x2, "BROADCAST"},   Flag{0x10, "POINTOPOINT"},
        Flag{0x1000, "MULTICAST"}, Flag{0x80, "NOARP"},      Flag{0x200, "ALLMULTI"},
        Flag{0x100, "PROMISC"},    Flag{0x400, "MASTER"},    Flag{0x800, "SLAVE"},
        Flag{0x4, "DEBUG"},        Flag{0x8000, "DYNAMIC"},  Flag{0x4000, "AUTOMEDIA"},
        Flag{0x2000, "PORTSEL"},   Flag{0x20, "NOTRAILERS"}, Flag{0x1, "UP"},
        Flag{0x10000, "LOWER_UP"}, Flag{0x20000, "DORMANT"}, Flag{0x40000, "ECHO"},
    };
    std::vector<std::string> list;
    if ((flags & IFF_UP) && !(flags & IFF_RUNNING)) list.emplace_back("NO-CARRIER");
    for (const auto& [bit, name] : names) {
        if (flags & bit) list.emplace_back(name);
    }
    return list;
}

std::string link_type(std::uint16_t type) {
    switch (type) {
        case 1: return "ether";
        case 32: return "infiniband";
        case 512: return "ppp";
        case 768: return "ipip";
        case 769: return "tunnel6";
        case 772: return "loopback";
        case 776: return "sit";
        case 778: return "gre";
        case 823: return "gre6";
        case 65534: return "none";
        default: return "[" + std::to_string(type) + "]";
    }
}

std::string_view link_state(std::uint8_t state) {
    constexpr std::array<std::string_view, 7> names{
        "UNKNOWN", "NOTPRESENT", "DOWN", "LOWERLAYERDOWN", "TESTING", "DORMANT", "UP"};
    return state < names.size() ? names[state] : names[0];
}

// "eth0@if5": the other end of a veth, or what a vlan stands on.
std::string full_name(const Net& net, const Link& link) {
    if (!link.peer) return link.name;
    if (*link.peer == 0) return link.name + "@NONE";
    return link.name + "@" +
           (link.peer_namespace ? "if" + std::to_string(*link.peer) : net.name(*link.peer));
}

bool wanted(const View& view, const Link& link) {
    if (!view.device.empty() && link.name != view.device) return false;
    return !view.up_only || (link.flags & IFF_UP);
}

std::string_view family_name(int family) { return family == AF_INET ? "inet" : "inet6"; }

struct AddressFlag {
    std::uint32_t bit;
    std::string_view name;
};
constexpr std::array address_flags{
    AddressFlag{IFA_F_NODAD, "nodad"},
    AddressFlag{IFA_F_OPTIMISTIC, "optimistic"},
    AddressFlag{IFA_F_DADFAILED, "dadfailed"},
    AddressFlag{IFA_F_HOMEADDRESS, "home"},
    AddressFlag{IFA_F_DEPRECATED, "deprecated"},
    AddressFlag{IFA_F_TENTATIVE, "tentative"},
    AddressFlag{IFA_F_MANAGETEMPADDR, "mngtmpaddr"},
    AddressFlag{IFA_F_NOPREFIXROUTE, "noprefixroute"},
    AddressFlag{IFA_F_MCAUTOJOIN, "autojoin"},
    AddressFlag{IFA_F_STABLE_PRIVACY, "stable-privacy"},
};

std::vector<std::string> flags_of(const InterfaceAddress& address) {
    std::vector<std::string> list;
    if (address.flags & IFA_F_SECONDARY) {
        list.emplace_back(address.local.family == AF_INET ? "secondary" : "temporary");
    }
    if (!(address.flags & IFA_F_PERMANENT)) list.emplace_back("dynamic");
    for (const auto& [bit, name] : address_flags) {
        if (address.flags & bit) list.emplace_back(name);
    }
    return list;
}

std::string lifetime(std::uint32_t seconds) {
    return seconds == 0xffffffff ? "forever" : std::to_string(seconds) + "sec";
}

std::string address_line(const InterfaceAddress& address) {
    std::string line(family_name(address.local.family));
    line += " " + parse::text(address.local);
    if (address.peer) line += " peer " + parse::text(*address.peer);
    line += "/" + std::to_string(address.prefix);
    if (address.broadcast) line += " brd " + parse::text(*address.broadcast);
    line += " scope " + scope_name(address.scope);
    for (const auto& flag : flags_of(address)) line += " " + flag;
    if (!address.label.empty()) line += " " + visible(address.label);
    return line;
}

std::string address_json(const InterfaceAddress& address) {
    JsonObject object;
    object.text("family", family_name(address.local.family));
    object.text("local", parse::text(address.local));
    if (address.peer) object.text("address", parse::text(*address.peer));
    object.number("prefixlen", address.prefix);
    if (address.broadcast) object.text("broadcast", parse::text(*address.broadcast));
    object.text("scope", scope_name(address.scope));
    for (const auto& flag : flags_of(address)) object.boolean(flag, true);
    if (!address.label.empty()) object.text("label", address.label);
    object.number("valid_life_time", address.valid);
    object.number("preferred_life_time", address.preferred);
    return object.take();
}

std::string counters_json(const parse::LinkCounters& c) {
    JsonObject receive;
    receive.number("bytes", c.receive_bytes).number("packets", c.receive_packets);
    receive.number("errors", c.receive_errors).number("dropped", c.receive_dropped);
    receive.number("over_errors", c.receive_overruns).number("multicast", c.multicast);
    JsonObject send;
    send.number("bytes", c.send_bytes).number("packets", c.send_packets);
    send.number("errors", c.send_errors).number("dropped", c.send_dropped);
    send.number("carrier_errors", c.send_carrier).number("collisions", c.collisions);
    return JsonObject().raw("rx", receive.take()).raw("tx", send.take()).take();
}

JsonObject link_json(const View& view, const Net& net, const Link& link, bool with_mode) {
    JsonObject object;
    object.number("ifindex", link.index);
    if (link.peer && link.peer_namespace) {
        object.number("link_index", *link.peer);
    } else if (link.peer && *link.peer != 0) {
        object.text("link", net.name(*link.peer));
    }
    object.text("ifname", link.name);
    if (!view.brief) {
        object.texts("flags", link_flags(link.flags)).number("mtu", link.mtu);
        if (!link.discipline.empty()) object.text("qdisc", link.discipline);
        if (link.master) object.text("master", net.name(*link.master));
    }
    object.text("operstate", link_state(link.state));
    if (view.brief) {
        if (with_mode) object.text("address", link.address).texts("flags", link_flags(link.flags));
        return object;
    }
    if (with_mode) object.text("linkmode", link.mode == 1 ? "DORMANT" : "DEFAULT");
    object.text("group", link.group == 0 ? "default" : std::to_string(link.group));
    if (link.queue_length) object.number("txqlen", link.queue_length);
    object.text("link_type", link_type(link.type)).text("address", link.address);
    object.text("broadcast", link.broadcast);
    if (link.peer_namespace) object.number("link_netnsid", *link.peer_namespace);
    if (view.statistics && link.counters) object.raw("stats64", counters_json(*link.counters));
    return object;
}

std::string link_line(const Net& net, const Link& link, bool with_mode) {
    std::string line = std::to_string(link.index) + ": " + visible(full_name(net, link)) + ": <";
    bool first = true;
    for (const auto& flag : link_flags(link.flags)) {
        line += (first ? "" : ",") + flag;
        first = false;
    }
    line += "> mtu " + std::to_string(link.mtu);
    if (!link.discipline.empty()) line += " qdisc " + visible(link.discipline);
    if (link.master) line += " master " + visible(net.name(*link.master));
    line += " state " + std::string(link_state(link.state));
    if (with_mode) line += link.mode == 1 ? " mode DORMANT" : " mode DEFAULT";
    line += " group " + (link.group == 0 ? "default" : std::to_string(link.group));
    if (link.queue_length) line += " qlen " + std::to_string(link.queue_length);
    return line;
}

std::string hardware_line(const Link& link) {
    std::string line = "link/" + link_type(link.type);
    if (!link.address.empty()) line += " " + link.address;
    if (!link.broadcast.empty()) {
        line += ((link.flags & IFF_POINTOPOINT) ? " peer " : " brd ") + link.broadcast;
    }
    if (link.peer_namespace) line += " link-netnsid " + std::to_string(*link.peer_namespace);
    return line;
}

void print_counters(Invocation& call, const parse::LinkCounters& c) {
    const auto row = [&](const char* name, const std::array<std::uint64_t, 6>& values) {
        call.out.print("    %-3s", name);
        for (const auto value : values) {
            call.out.print(" %12llu", static_cast<unsigned long long>(value));
        }
        call.out.put('\n');
    };
    call.out.print("    %-3s %12s %12s %12s %12s %12s %12s\n", "RX", "bytes", "packets", "errors",
                   "dropped", "overrun", "mcast");
    row("", {c.receive_bytes, c.receive_packets, c.receive_errors, c.receive_dropped,
             c.receive_overruns, c.multicast});
    call.out.print("    %-3s %12s %12s %12s %12s %12s %12s\n", "TX", "bytes", "packets", "errors",
                   "dropped", "carrier", "collsns");
    row("", {c.send_bytes, c.send_packets, c.send_errors, c.send_dropped, c.send_carrier,
             c.collisions});
}

void print_brief(Invocation& call, const Net& net, const Link& link, const std::string& rest) {
    auto line = visible(full_name(net, link));
    line.resize(std::max<std::size_t>(line.size() + 1, 17), ' ');
    line += link_state(link.state);
    line.resize(std::max<std::size_t>(line.size() + 1, 32), ' ');
    call.out.write(line + rest + '\n');
}

}  // namespace

Result<> show_links(Invocation& call, const View& view, const Net& net) {
    Objects objects(call, view);
    for (const auto& link : net.links) {
        if (!wanted(view, link)) continue;
        if (view.json()) {
            objects.add(link_json(view, net, link, true));
            continue;
        }
        if (view.brief) {
            std::string flags;
            for (const auto& flag : link_flags(link.flags))
                flags += (flags.empty() ? "" : ",") + flag;
            print_brief(call, net, link, link.address + " <" + flags + ">");
            continue;
        }
        call.out.write(link_line(net, link, true));
        call.out.write(view.one_line ? "\\    " : "\n    ");
        call.out.write(hardware_line(link) + '\n');
        if (view.statistics && link.counters) print_counters(call, *link.counters);
    }
    objects.finish();
    return {};
}

Result<> show_addresses(Invocation& call, const View& view, const Net& net) {
    std::vector<InterfaceAddress> addresses;
    const int family = view.four == view.six ? AF_UNSPEC : view.four ? AF_INET : AF_INET6;
    TRY(dump(net, RTM_GETADDR, family, [&](parse::Bytes message) {
        if (auto address = parse::interface_address(message)) {
            addresses.push_back(*std::move(address));
        }
    }));
    Objects objects(call, view);
    for (const auto& link : net.links) {
        if (!wanted(view, link)) continue;
        std::vector<const InterfaceAddress*> own;
        for (const auto& address : addresses) {
            if (address.index == link.index) own.push_back(&address);
        }
        // Asked for one family, a link without it says nothing.
        if (family != AF_UNSPEC && own.empty()) continue;
        if (view.json()) {
            std::string list;
            for (const auto* address : own)
                list += (list.empty() ? "" : ",") + address_json(*address);
            objects.add(link_json(view, net, link, false).raw("addr_info", "[" + list + "]"));
        } else if (view.brief) {
            std::string list;
            for (const auto* address : own) {
                list += (list.empty() ? "" : " ") + parse::text(address->local) + "/" +
                        std::to_string(address->prefix);
            }
            print_brief(call, net, link, list);
        } else if (view.one_line) {
            for (const auto* address : own) {
                call.out.write(std::to_string(link.index) + ": " + visible(link.name) + "    " +
                               address_line(*address) + "\\       valid_lft " +
                               lifetime(address->valid) + " preferred_lft " +
                               lifetime(address->preferred) + '\n');
            }
        } else {
            call.out.write(link_line(net, link, false) + '\n');
            if (family == AF_UNSPEC) call.out.write("    " + hardware_line(link) + '\n');
            for (const auto* address : own) {
                call.out.write("    " + address_line(*address) + "\n       valid_lft " +
                               lifetime(address->valid) + " preferred_lft " +
                               lifetime(address->preferred) + '\n');
            }
            if (view.statistics && link.counters) print_counters(call, *link.counters);
        }
    }
    objects.finish();
    return {};
}

}  // namespace limpet::commands::ip
