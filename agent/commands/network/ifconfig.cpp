// network/ifconfig.cpp - ifconfig(8), a face of ip address; and the table of netstat -i.
#include "commands/network/ip.h"
#include "commands/network/net_tools.h"
#include "commands/table.h"

#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>

#include <array>
#include <cmath>

namespace limpet::commands {
namespace {

using parse::Link;

struct Flag {
    std::uint16_t bit;
    char letter;
    std::string_view name;
};
// In the order of ifconfig(8).
constexpr Flag flags[]{
    {IFF_UP, 'U', "UP"},
    {IFF_BROADCAST, 'B', "BROADCAST"},
    {IFF_DEBUG, 'D', "DEBUG"},
    {IFF_LOOPBACK, 'L', "LOOPBACK"},
    {IFF_POINTOPOINT, 'P', "POINTOPOINT"},
    {IFF_NOTRAILERS, 'N', "NOTRAILERS"},
    {IFF_RUNNING, 'R', "RUNNING"},
    {IFF_NOARP, 'O', "NOARP"},
    {IFF_PROMISC, 'P', "PROMISC"},
    {IFF_ALLMULTI, 'A', "ALLMULTI"},
    {IFF_SLAVE, 's', "SLAVE"},
    {IFF_MASTER, 'm', "MASTER"},
    {IFF_MULTICAST, 'M', "MULTICAST"},
    {IFF_DYNAMIC, 'd', "DYNAMIC"},
};

std::string flag_names(std::uint32_t set) {
    std::string text;
    for (const auto& [bit, letter, name] : flags) {
        if ((set & bit) == 0) continue;
        if (!text.empty()) text += ',';
        text += name;
    }
    return text;
}

std::string flag_letters(std::uint32_t set) {
    std::string text;
    for (const auto& flag : flags) {
        if (set & flag.bit) text += flag.letter;
    }
    std::ranges::sort(text);
    return text;
}

std::string mask_of(std::uint8_t prefix) {
    parse::Address mask;
    for (std::size_t i = 0; i < 4; ++i) {
        const int bits = std::clamp(prefix - static_cast<int>(i) * 8, 0, 8);
        mask.bytes[i] = static_cast<std::uint8_t>(0xff00 >> bits);
    }
    return parse::text(mask);
}

void print_address(Invocation& call, const parse::InterfaceAddress& address) {
    const auto local = parse::text(address.local);
    if (address.local.family == AF_INET) {
        call.out.print("        inet %s  netmask %s", local.c_str(),
                       mask_of(address.prefix).c_str());
        if (address.broadcast)
            call.out.print("  broadcast %s", parse::text(*address.broadcast).c_str());
        if (address.peer) call.out.print("  destination %s", parse::text(*address.peer).c_str());
        call.out.put('\n');
        return;
    }
    // The kernel's IPV6_ADDR_* of the scope.
    const bool host = address.scope == RT_SCOPE_HOST;
    const bool link = address.scope == RT_SCOPE_LINK;
    call.out.print("        inet6 %s  prefixlen %u  scopeid 0x%x<%s>\n", local.c_str(),
                   unsigned{address.prefix},
                   host   ? 0x10U
                   : link ? 0x20U
                          : 0U,
                   host   ? "host"
                   : link ? "link"
                          : "global");
}

// "1.5 KiB"
std::string amount(std::uint64_t bytes) {
    constexpr std::array units{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    for (; value >= 1024 && unit + 1 < units.size(); ++unit) value /= 1024;
    char text[32];
    // Cut, not rounded, as ifconfig(8) has it.
    std::snprintf(text, sizeof text, "%.1f %s", std::floor(value * 10) / 10, units[unit]);
    return text;
}

// As /proc/net/dev sums them up.
struct Counters {
    explicit Counters(const Link& link) {
        const auto c = link.counters.value_or(rtnl_link_stats64{});
        receive = {c.rx_packets,
                   c.rx_bytes,
                   c.rx_errors,
                   c.rx_dropped + c.rx_missed_errors,
                   c.rx_fifo_errors,
                   c.rx_length_errors + c.rx_over_errors + c.rx_crc_errors + c.rx_frame_errors};
        send = {
            c.tx_packets,
            c.tx_bytes,
            c.tx_errors,
            c.tx_dropped,
            c.tx_fifo_errors,
            c.tx_carrier_errors + c.tx_aborted_errors + c.tx_window_errors + c.tx_heartbeat_errors};
        collisions = c.collisions;
    }
    struct Way {
        unsigned long long packets, bytes, errors, dropped, overruns, last;  // frame or carrier
    };
    Way receive, send;
    unsigned long long collisions;
};

void print_link(Invocation& call, const Link& link,
                std::span<const parse::InterfaceAddress> addresses) {
    call.out.print("%s: flags=%u<%s>  mtu %u\n", visible(link.name).c_str(), link.flags & 0xffff,
                   flag_names(link.flags).c_str(), link.mtu);
    for (const auto& address : addresses) {
        if (address.index == link.index) print_address(call, address);
    }
    const bool loop = link.type == ARPHRD_LOOPBACK;
    if (loop) {
        call.out.print("        loop  ");
    } else if (link.type == ARPHRD_ETHER) {
        call.out.print("        ether %s  ", link.address.c_str());
    } else {
        call.out.print("        unspec %s  ", link.address.empty() ? "none" : link.address.c_str());
    }
    call.out.print("txqueuelen %u  (%s)\n", link.queue_length,
                   loop                        ? "Local Loopback"
                   : link.type == ARPHRD_ETHER ? "Ethernet"
                                               : "UNSPEC");
    const Counters c(link);
    call.out.print("        RX packets %llu  bytes %llu (%s)\n", c.receive.packets, c.receive.bytes,
                   amount(c.receive.bytes).c_str());
    call.out.print("        RX errors %llu  dropped %llu  overruns %llu  frame %llu\n",
                   c.receive.errors, c.receive.dropped, c.receive.overruns, c.receive.last);
    call.out.print("        TX packets %llu  bytes %llu (%s)\n", c.send.packets, c.send.bytes,
                   amount(c.send.bytes).c_str());
    call.out.print(
        "        TX errors %llu  dropped %llu overruns %llu  carrier %llu  collisions %llu\n\n",
        c.send.errors, c.send.dropped, c.send.overruns, c.send.last, c.collisions);
}

int run(Invocation& call) {
    const auto& given = call.options;
    if (call.operands.size() > 1)
        return call.misused("it only shows: nothing of the target is changed");
    if (given.has('s')) {
        if (const auto done = print_interface_table(call, given.has('a')); !done)
            call.complain(done.error());
        return call.status;
    }
    auto net = ip::open_net();
    if (!net) {
        call.complain(net.error());
        return 1;
    }
    ip::View view;
    view.json_lines = call.json();
    if (!call.operands.empty()) {
        view.device = call.operands[0];
        if (!net->find(view.device)) {
            call.complain("there is no device '" + view.device + "'");
            return 1;
        }
    }
    view.up_only = !given.has('a') && view.device.empty();
    if (view.json_lines) {
        if (const auto done = ip::show_addresses(call, view, *net); !done)
            call.complain(done.error());
        return call.status;
    }
    const auto addresses = ip::addresses(*net, AF_UNSPEC);
    if (!addresses) {
        call.complain(addresses.error());
        return 1;
    }
    std::ranges::sort(net->links, {}, &Link::name);
    for (const auto& link : net->links) {
        if (ip::wanted(view, link)) print_link(call, link, *addresses);
    }
    return call.status;
}

constexpr Option options[]{
    {'a', "", "", "also those that are down"},
    {'s', "", "", "a line each, as netstat -i"},
    {'v', "", "", "the same as without"},
    json_option,
};
constexpr Command ifconfig{
    .name = "ifconfig",
    .usage = "[-as] [-o json] [NAME]",
    .summary = "show interfaces, their addresses and counters",
    .theme = "network",
    .promise = Promise::network,
    .run = run,
    .options = option_table<options>,
    .help =
        "All addresses of an interface are shown, not only the first. JSON fields are those of ip\n"
        "address. Nothing is changed.\n"
        "\nExample:\n  ifconfig eth0\n",
};
const Register registered{ifconfig};

}  // namespace

Result<> print_interface_table(Invocation& call, bool down_too) {
    auto net = TRY(ip::open_net());
    ip::View view;
    view.json_lines = call.json();
    view.up_only = !down_too;
    view.statistics = true;
    if (view.json_lines) return ip::show_links(call, view, net);
    std::ranges::sort(net.links, {}, &Link::name);
    call.out.print("Kernel Interface table\n%-16s %5s %8s %6s %6s %-6s %8s %6s %6s %6s Flg\n",
                   "Iface", "MTU", "RX-OK", "RX-ERR", "RX-DRP", "RX-OVR", "TX-OK", "TX-ERR",
                   "TX-DRP", "TX-OVR");
    for (const auto& link : net.links) {
        if (!ip::wanted(view, link)) continue;
        const Counters c(link);
        call.out.print("%-16s %5u", visible(link.name).c_str(), link.mtu);
        for (const auto& way : {c.receive, c.send}) {
            call.out.print(" %8llu %6llu %6llu %-6llu", way.packets, way.errors, way.dropped,
                           way.overruns);
        }
        call.out.print(" %s\n", flag_letters(link.flags).c_str());
    }
    return {};
}

}  // namespace limpet::commands
