// network/route.cpp - route(8) and arp(8): what /proc/net/route and arp tell, in their form.
#include "commands/network/ip.h"
#include "commands/network/net_tools.h"
#include "commands/process/process.h"
#include "commands/table.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <linux/ipv6_route.h>
#include <linux/route.h>
#include <linux/rtnetlink.h>
#include <net/if_arp.h>

#include <bit>

namespace limpet::commands {
namespace {

// Lines of a file of the main process's network namespace, without its heading.
Result<> each_line(Invocation& call, const char* path, bool heading,
                   const std::function<void(std::string_view)>& visit) {
    const auto process = TRY(open_process(call.target, call.target.inner_pid));
    const auto file = TRY(process.at.open(path, O_RDONLY));
    Input input(file, true);
    for (bool first = heading;; first = false) {
        const auto line = TRY(input.line());
        if (!line) return {};
        if (!first) visit(line->substr(0, line->find('\n')));
    }
}

std::string four(std::string_view word) {
    parse::Address address;
    const auto number = parse::number<std::uint32_t>(word, 16).value_or(0);
    std::memcpy(address.bytes.data(), &number, sizeof number);
    return parse::text(address);
}

std::string six(std::string_view digits) {
    parse::Address address;
    address.family = AF_INET6;
    for (std::size_t i = 0; i < 16 && digits.size() == 32; ++i) {
        address.bytes[i] = parse::number<std::uint8_t>(digits.substr(i * 2, 2), 16).value_or(0);
    }
    return parse::text(address);
}

struct Letter {
    std::uint32_t bit;
    char letter;
};

std::string letters(std::uint32_t flags, std::span<const Letter> known) {
    // A route that refuses is not told of its other properties.
    if (flags & RTF_REJECT) return flags & RTF_HOST ? "!H" : flags & RTF_NONEXTHOP ? "!n" : "!";
    std::string text;
    for (const auto& [bit, letter] : known) {
        if (flags & bit) text += letter;
    }
    return text;
}

constexpr Letter letters_four[]{{RTF_UP, 'U'},        {RTF_GATEWAY, 'G'},   {RTF_HOST, 'H'},
                                {RTF_REINSTATE, 'R'}, {RTF_DYNAMIC, 'D'},   {RTF_MODIFIED, 'M'},
                                {RTF_DEFAULT, 'd'},   {RTF_ALLONLINK, 'a'}, {RTF_ADDRCONF, 'A'},
                                {RTF_CACHE, 'C'}};
constexpr Letter letters_six[]{{RTF_UP, 'U'},        {RTF_GATEWAY, 'G'},   {RTF_HOST, 'H'},
                               {RTF_REINSTATE, 'R'}, {RTF_DYNAMIC, 'D'},   {RTF_MODIFIED, 'M'},
                               {RTF_DEFAULT, 'd'},   {RTF_ALLONLINK, 'a'}, {RTF_ADDRCONF, 'A'},
                               {RTF_EXPIRES, 'e'},   {RTF_CACHE, 'c'},     {RTF_NONEXTHOP, 'n'}};

// Iface Destination Gateway Flags RefCnt Use Metric Mask MTU Window IRTT
void print_four(Invocation& call, std::string_view line, bool of_netstat) {
    const auto device = parse::take_word(line);
    const auto destination = four(parse::take_word(line));
    auto gateway = four(parse::take_word(line));
    const auto flags = parse::number<std::uint32_t>(parse::take_word(line), 16).value_or(0);
    const std::string references(parse::take_word(line));
    const std::string use(parse::take_word(line));
    const std::string metric(parse::take_word(line));
    const auto mask = four(parse::take_word(line));
    const std::string mtu(parse::take_word(line));
    const std::string window(parse::take_word(line));
    const std::string round_trip(parse::trimmed(line));
    const bool refuses = flags & RTF_REJECT;
    if (refuses) gateway = "-";
    const auto name = visible(refuses ? "-" : device);
    call.out.print("%-15s %-15s %-15s %-6s", destination.c_str(), gateway.c_str(), mask.c_str(),
                   letters(flags, letters_four).c_str());
    const auto told = [&](const std::string& value) { return refuses ? "-" : value.c_str(); };
    if (of_netstat) {
        call.out.print("%5s %-5s %6s %s\n", told(mtu), told(window), told(round_trip),
                       name.c_str());
    } else {
        call.out.print("%-6s %-2s %7s %s\n", metric.c_str(), told(references), use.c_str(),
                       name.c_str());
    }
}

// Destination prefix source prefix next-hop metric references use flags device
void print_six(Invocation& call, std::string_view line) {
    const auto number = [&] {
        return parse::number<std::uint32_t>(parse::take_word(line), 16).value_or(0);
    };
    auto destination = six(parse::take_word(line));
    const auto prefix = number();
    destination += "/" + std::to_string(prefix);
    parse::take_word(line);
    parse::take_word(line);
    const auto hop = six(parse::take_word(line));
    const auto metric = number();
    const auto references = number();
    const auto use = number();
    const auto flags = number();
    call.out.print("%-30s %-26s %-4s %-3d %-3u%5u %s\n", destination.c_str(), hop.c_str(),
                   letters(flags, letters_six).c_str(), static_cast<int>(metric), references, use,
                   visible(parse::take_word(line)).c_str());
}

bool changes(Invocation& call) {
    for (const auto& word : call.operands) {
        if (word == "add" || word == "del" || word == "delete" || word == "flush") return true;
    }
    return false;
}

// With -o json the objects are those of ip.
Result<> as_ip(Invocation& call, bool of_six, bool neighbours) {
    ip::View view;
    view.json_lines = true;
    view.six = of_six;
    view.four = !of_six;
    const auto net = TRY(ip::open_net());
    return neighbours ? ip::show_neighbours(call, view, net)
                      : ip::show_routes(call, view, net, RT_TABLE_MAIN);
}

int run_route(Invocation& call) {
    if (changes(call)) return call.misused("it only shows: nothing of the target is changed");
    if (!call.operands.empty()) return call.misused("it takes no operand");
    const auto& given = call.options;
    const bool of_six = given.has('6') || given.value('A') == "inet6";
    const auto done = print_route_table(call, of_six, given.has('e'));
    if (!done) call.complain(done.error());
    return call.status;
}

struct ArpEntry {
    std::string address, hardware, device;
    std::uint32_t type = 0, flags = 0;
};

// IP address, HW type, Flags, HW address, Mask, Device
ArpEntry arp_entry(std::string_view line) {
    ArpEntry entry;
    const auto hexadecimal = [&] {
        auto word = parse::take_word(line);
        if (word.starts_with("0x")) word.remove_prefix(2);
        return parse::number<std::uint32_t>(word, 16).value_or(0);
    };
    entry.address = parse::take_word(line);
    entry.type = hexadecimal();
    entry.flags = hexadecimal();
    entry.hardware = parse::take_word(line);
    parse::take_word(line);
    entry.device = parse::take_word(line);
    return entry;
}

int run_arp(Invocation& call) {
    const auto& given = call.options;
    if (given.has('d') || given.has('s') || given.has('f')) {
        return call.misused("it only shows: nothing of the target is changed");
    }
    if (call.operands.size() > 1) return call.misused("it takes one address");
    if (call.json()) {
        if (const auto done = as_ip(call, false, true); !done) call.complain(done.error());
        return call.status;
    }
    const bool as_list = given.has('a');
    bool any = false;
    const auto done = each_line(call, "net/arp", true, [&](std::string_view line) {
        const auto entry = arp_entry(line);
        if (const auto device = given.value('i'); device && *device != entry.device) return;
        if (!call.operands.empty() && call.operands[0] != entry.address) return;
        const bool complete = entry.flags & ATF_COM;
        const bool published = entry.flags & ATF_PUBL;
        const char* type = !complete                         ? published ? "*" : ""
                           : entry.type == ARPHRD_ETHER      ? "ether"
                           : entry.type == ARPHRD_INFINIBAND ? "infiniband"
                                                             : "unknown";
        const auto hardware = complete    ? entry.hardware
                              : published ? "<from_interface>"
                              : as_list   ? "<incomplete>"
                                          : "(incomplete)";
        std::string flags;
        const auto device = visible(entry.device);
        if (as_list) {
            if (entry.flags & ATF_PERM) flags += "PERM ";
            if (published) flags += "PUB ";
            call.out.print("? (%s) at %s ", entry.address.c_str(), hardware.c_str());
            if (complete) call.out.print("[%s] ", type);
            call.out.print("%son %s\n", flags.c_str(), device.c_str());
        } else {
            if (!any)
                call.out.write(
                    "Address                  HWtype  HWaddress           Flags Mask            "
                    "Iface\n");
            if (complete) flags += 'C';
            if (entry.flags & ATF_PERM) flags += 'M';
            if (published) flags += 'P';
            call.out.print("%-23s  %-7s %-19s %-21s %s\n", entry.address.c_str(), type,
                           hardware.c_str(), flags.c_str(), device.c_str());
        }
        any = true;
    });
    if (!done) call.complain(done.error());
    if (done && !any && !call.operands.empty()) {
        call.complain(call.operands[0] + ": there is no entry");
    }
    return call.status;
}

constexpr Option route_options[]{
    {'n', "numeric", "", "numbers for hosts: always so"},
    {'e', "extend", "", "the columns of netstat -r"},
    {'6', "", "", "IPv6"},
    {'A', "", "FAMILY", "inet or inet6"},
    json_option,
};
constexpr Command route{
    .name = "route",
    .usage = "[-n6e] [-A FAMILY] [-o json]",
    .summary = "show the main routing table",
    .theme = "network",
    .promise = Promise::network,
    .run = run_route,
    .options = option_table<route_options>,
    .help =
        "Flags: U up, G by a gateway, H of one host, ! refused. JSON fields are those of ip "
        "route,\n"
        "which also knows the other tables. Nothing is changed.\n"
        "\nExample:\n  route -n\n",
};
const Register registered_route{route};

constexpr Option arp_options[]{
    {'a', "", "", "in words: ? (ADDRESS) at HARDWARE [ether] on DEVICE"},
    {'n', "numeric", "", "numbers for hosts: always so"},
    {'e', "", "", "as a table, the default"},
    {'i', "device", "NAME", "only of that device"},
    {'d', "delete", "", "refused, as -s and -f: nothing is changed"},
    {'s', "set", "", "refused"},
    {'f', "file", "", "refused"},
    json_option,
};
constexpr Command arp{
    .name = "arp",
    .usage = "[-an] [-i NAME] [-o json] [ADDRESS]",
    .summary = "show the IPv4 neighbours and their hardware addresses",
    .theme = "network",
    .promise = Promise::network,
    .run = run_arp,
    .options = option_table<arp_options>,
    .help =
        "JSON fields are those of ip neighbour, which also knows IPv6 and the states.\n"
        "\nExample:\n  arp -an\n",
};
const Register registered_arp{arp};

}  // namespace

Result<> print_route_table(Invocation& call, bool of_six, bool of_netstat) {
    if (call.json()) return as_ip(call, of_six, false);
    if (of_six) {
        call.out.print("Kernel IPv6 routing table\n%-30s %-26s %s\n", "Destination", "Next Hop",
                       "Flag Met Ref  Use If");
        return each_line(call, "net/ipv6_route", false,
                         [&](std::string_view line) { print_six(call, line); });
    }
    call.out.print("Kernel IP routing table\n%-15s %-15s %-15s %s\n", "Destination", "Gateway",
                   "Genmask",
                   of_netstat ? "Flags   MSS Window  irtt Iface" : "Flags Metric Ref    Use Iface");
    return each_line(call, "net/route", true,
                     [&](std::string_view line) { print_four(call, line, of_netstat); });
}

}  // namespace limpet::commands
