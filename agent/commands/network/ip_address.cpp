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

std::vector<std::string> link_flags(const Net& net, const Link& link) {
    const auto flags = link.flags;
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
    // What it stands on is down.
    if (link.peer && *link.peer && !link.peer_namespace) {
        for (const auto& below : net.links) {
            if (below.index == *link.peer && !(below.flags & IFF_UP)) list.emplace_back("M-DOWN");
        }
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

// "10.0.0.1/24", "10.0.0.1 peer 10.0.0.2/32"
std::string own_text(const InterfaceAddress& address) {
    auto text = parse::text(address.local);
    if (address.peer) text += " peer " + parse::text(*address.peer);
    return text + "/" + std::to_string(address.prefix);
}

std::string address_line(const InterfaceAddress& address) {
    std::string line(family_name(address.local.family));
    line += " " + own_text(address);
    if (address.broadcast) line += " brd " + parse::text(*address.broadcast);
    line += " scope " + scope_name(address.scope);
    for (const auto& flag : flags_of(address)) line += " " + flag;
    // Without a label it ends with the blank in front of it.
    return line + " " + visible(address.label);
}

std::string address_json(const View& view, const InterfaceAddress& address) {
    JsonObject object;
    if (!view.brief) object.text("family", family_name(address.local.family));
    object.text("local", parse::text(address.local));
    if (address.peer) object.text("address", parse::text(*address.peer));
    object.number("prefixlen", address.prefix);
    if (view.brief) return object.take();
    if (address.broadcast) object.text("broadcast", parse::text(*address.broadcast));
    object.text("scope", scope_name(address.scope));
    for (const auto& flag : flags_of(address)) object.boolean(flag, true);
    if (!address.label.empty()) object.text("label", address.label);
    object.number("valid_life_time", address.valid);
    object.number("preferred_life_time", address.preferred);
    return object.take();
}

JsonObject link_json(const View& view, const Net& net, const Link& link, bool with_mode) {
    JsonObject object;
    if (!view.brief) object.number("ifindex", link.index);
    if (link.peer && link.peer_namespace) {
        object.number("link_index", *link.peer);
    } else if (link.peer && *link.peer != 0) {
        object.text("link", net.name(*link.peer));
    }
    object.text("ifname", link.name);
    if (!view.brief) {
        object.texts("flags", link_flags(net, link)).number("mtu", link.mtu);
        if (!link.discipline.empty()) object.text("qdisc", link.discipline);
        if (link.master) object.text("master", net.name(*link.master));
    }
    object.text("operstate", link_state(link.state));
    if (view.brief) {
        if (with_mode && !link.address.empty()) object.text("address", link.address);
        if (with_mode) object.texts("flags", link_flags(net, link));
        return object;
    }
    if (with_mode) object.text("linkmode", link.mode == 1 ? "DORMANT" : "DEFAULT");
    object.text("group", link.group == 0 ? "default" : std::to_string(link.group));
    if (link.queue_length) object.number("txqlen", link.queue_length);
    object.text("link_type", link_type(link.type));
    if (!link.address.empty()) object.text("address", link.address);
    if (!link.broadcast.empty()) object.text("broadcast", link.broadcast);
    if (link.peer_namespace) object.number("link_netnsid", *link.peer_namespace);
    if (with_mode && !link.alias.empty()) object.text("ifalias", link.alias);
    if (view.details) {
        std::string none;
        add_details(link, &object, none);
    }
    if (view.statistics && link.counters) object.raw("stats64", counters_json(view, link));
    return object;
}

std::string link_line(const Net& net, const Link& link, bool with_mode) {
    std::string line = std::to_string(link.index) + ": " + visible(full_name(net, link)) + ": <";
    bool first = true;
    for (const auto& flag : link_flags(net, link)) {
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

std::string hardware_line(const View& view, const Link& link, bool with_alias) {
    std::string line = "link/" + link_type(link.type);
    if (!link.address.empty()) line += " " + link.address;
    if (!link.broadcast.empty()) {
        line += ((link.flags & IFF_POINTOPOINT) ? " peer " : " brd ") + link.broadcast;
    }
    if (link.peer_namespace) line += " link-netnsid " + std::to_string(*link.peer_namespace);
    if (view.details) add_details(link, nullptr, line, view.one_line ? "\\    " : "\n    ");
    if (with_alias && !link.alias.empty()) {
        line += view.one_line ? "\\    alias " : "\n    alias ";
        line += visible(link.alias);
    }
    return line;
}

void print_brief(Invocation& call, const Net& net, const Link& link, const std::string& rest) {
    auto line = visible(full_name(net, link));
    line.resize(std::max<std::size_t>(line.size() + 1, 17), ' ');
    line += link_state(link.state);
    line.resize(std::max<std::size_t>(line.size() + 1, 32), ' ');
    call.out.write(line + rest + '\n');
}

}  // namespace

bool wanted(const View& view, const Link& link) {
    if (!view.device.empty() && link.name != view.device) return false;
    if (!view.kind.empty() && link.kind != view.kind) return false;
    if (view.master && link.master != view.master) return false;
    return !view.up_only || (link.flags & IFF_UP);
}

Result<std::vector<InterfaceAddress>> addresses(const Net& net, int family) {
    std::vector<InterfaceAddress> list;
    TRY(dump(net, RTM_GETADDR, family, [&](parse::Bytes message) {
        if (auto address = parse::interface_address(message)) list.push_back(*std::move(address));
    }));
    return list;
}

namespace {

// "scope link", "to 10.0.0.0/8", "dynamic": those of the addresses that were asked for.
bool wanted(const View& view, const InterfaceAddress& address) {
    if (view.scope && address.scope != *view.scope) return false;
    if (!view.label.empty() && address.label != view.label) return false;
    if ((address.flags & view.flags) != view.flags || (address.flags & view.not_flags))
        return false;
    return !view.to ||
           (parse::within(address.local, *view.to) && address.prefix >= view.to->length);
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
            for (const auto& flag : link_flags(net, link))
                flags += (flags.empty() ? "" : ",") + flag;
            print_brief(call, net, link, link.address + " <" + flags + ">");
            continue;
        }
        call.out.write(link_line(net, link, true));
        call.out.write(view.one_line ? "\\    " : "\n    ");
        call.out.write(hardware_line(view, link, true) + '\n');
        print_counters(call, view, link);
    }
    objects.finish();
    return {};
}

Result<> show_addresses(Invocation& call, const View& view, const Net& net) {
    const int family = view.four == view.six ? AF_UNSPEC : view.four ? AF_INET : AF_INET6;
    const auto list = TRY(addresses(net, family));
    const bool some = family != AF_UNSPEC || view.scope || view.to || view.flags ||
                      view.not_flags || !view.label.empty();
    Objects objects(call, view);
    for (const auto& link : net.links) {
        if (!wanted(view, link)) continue;
        std::vector<const InterfaceAddress*> own;
        bool none = family == AF_UNSPEC;
        for (const auto& address : list) {
            if (address.index != link.index) continue;
            none = false;
            if (wanted(view, address)) own.push_back(&address);
        }
        // Asked for some addresses, a link that has only others says nothing.
        if (some && own.empty() && !none) continue;
        if (view.json()) {
            std::string info;
            for (const auto* address : own) {
                info += info.empty() ? "[" : ",";
                info += address_json(view, *address);
            }
            objects.add(link_json(view, net, link, false)
                            .raw("addr_info", info.empty() ? "[]" : info + "]"));
        } else if (view.brief) {
            std::string texts;
            for (const auto* address : own) {
                texts += own_text(*address) + " ";
            }
            print_brief(call, net, link, texts);
        } else if (view.one_line) {
            for (const auto* address : own) {
                call.out.write(std::to_string(link.index) + ": " + visible(link.name) + "    " +
                               address_line(*address) + "\\       valid_lft " +
                               lifetime(address->valid) + " preferred_lft " +
                               lifetime(address->preferred) + '\n');
            }
        } else {
            call.out.write(link_line(net, link, false));
            // Without the line of the hardware, what would stand at its end stands here.
            if (family != AF_UNSPEC && link.peer_namespace) {
                if (!link.queue_length) call.out.put(' ');
                call.out.write(" link-netnsid " + std::to_string(*link.peer_namespace));
            }
            call.out.put('\n');
            if (family == AF_UNSPEC)
                call.out.write("    " + hardware_line(view, link, false) + '\n');
            for (const auto* address : own) {
                call.out.write("    " + address_line(*address) + "\n       valid_lft " +
                               lifetime(address->valid) + " preferred_lft " +
                               lifetime(address->preferred) + '\n');
            }
            print_counters(call, view, link);
        }
    }
    objects.finish();
    return {};
}

}  // namespace limpet::commands::ip
