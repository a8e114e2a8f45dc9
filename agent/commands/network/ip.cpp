// ip.cpp - links, addresses, routes, neighbours and rules of the target's network namespace.
#include "commands/network/ip.h"

#include "parse/number.h"
#include "sys/netlink.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace limpet::commands {
namespace ip {

std::string Net::name(std::uint32_t index) const {
    for (const auto& link : links) {
        if (link.index == index) return link.name;
    }
    return "if" + std::to_string(index);
}

const parse::Link* Net::find(std::string_view wanted) const {
    for (const auto& link : links) {
        if (link.name == wanted) return &link;
    }
    return nullptr;
}

Result<> dump(const Net& net, std::uint16_t type, int family,
              const std::function<void(parse::Bytes)>& visit) {
    // rtmsg is the largest of the fixed parts; all begin with the family.
    struct ifinfomsg request{};
    request.ifi_family = static_cast<unsigned char>(family);
    return sys::netlink_ask(
        net.netlink, type, true, std::as_bytes(std::span(&request, 1)),
        [&](std::uint16_t, parse::Bytes message) { visit(message); }, "rtnetlink");
}

Result<Net> open_net() {
    Net net{.netlink = TRY(sys::netlink(NETLINK_ROUTE))};
    TRY(dump(net, RTM_GETLINK, AF_UNSPEC, [&](parse::Bytes message) {
        if (auto link = parse::link(message)) net.links.push_back(*std::move(link));
    }));
    return net;
}

void Objects::add(JsonObject object) {
    if (view_.array) call_.out.put(any_ ? ',' : '[');
    any_ = true;
    call_.out.write(object.take());
    if (!view_.array) call_.out.put('\n');
}

void Objects::finish() {
    if (view_.array) call_.out.write(any_ ? "]\n" : "[]\n");
}

std::string prefix_text(const std::optional<parse::Address>& address, std::uint8_t length,
                        int family) {
    if (!address) {
        return length == 0 ? "default"
                           : (family == AF_INET ? "0/" : "::/") + std::to_string(length);
    }
    const unsigned whole = family == AF_INET ? 32 : 128;
    auto text = parse::text(*address);
    return length == whole ? text : text + "/" + std::to_string(length);
}

std::string table_name(std::uint32_t table) {
    switch (table) {
        case RT_TABLE_DEFAULT: return "default";
        case RT_TABLE_MAIN: return "main";
        case RT_TABLE_LOCAL: return "local";
        default: return std::to_string(table);
    }
}

std::string scope_name(std::uint8_t scope) {
    switch (scope) {
        case RT_SCOPE_UNIVERSE: return "global";
        case RT_SCOPE_SITE: return "site";
        case RT_SCOPE_LINK: return "link";
        case RT_SCOPE_HOST: return "host";
        case RT_SCOPE_NOWHERE: return "nowhere";
        default: return std::to_string(scope);
    }
}

}  // namespace ip

namespace {

using ip::View;

bool abbreviates(std::string_view word, std::string_view whole) {
    return !word.empty() && whole.starts_with(word);
}

// Options stand before the object: "-br", "-4", "-o", "-j", "-s", each with one dash or two. Gives
// the index of the first word behind them.
Result<std::size_t> read_options(const std::vector<std::string>& words, View& view) {
    std::size_t at = 0;
    for (; at < words.size() && words[at].starts_with('-'); ++at) {
        std::string_view word = words[at];
        word.remove_prefix(word.starts_with("--") ? 2 : 1);
        if (word == "4") {
            view.four = true;
        } else if (word == "6") {
            view.six = true;
        } else if (word == "o" && at + 1 < words.size() && words[at + 1] == "json") {
            view.json_lines = true;
            ++at;
        } else if (word == "ojson") {
            view.json_lines = true;
        } else if (word.size() >= 2 && abbreviates(word, "brief")) {
            view.brief = true;
        } else if (abbreviates(word, "oneline")) {
            view.one_line = true;
        } else if (abbreviates(word, "json")) {
            view.array = true;
        } else if (abbreviates(word, "statistics") || word == "stats") {
            view.statistics = true;
        } else {
            return refused("option", "there is no option " + words[at]);
        }
    }
    return at;
}

enum class Object { address, link, neighbour, route, rule };

Result<Object> object_of(std::string_view word) {
    struct Name {
        std::string_view name;
        Object object;
    };
    // In iproute2's order: "ip r" is route, "ip n" neighbour.
    constexpr Name names[]{{"address", Object::address},     {"link", Object::link},
                           {"neighbour", Object::neighbour}, {"neighbor", Object::neighbour},
                           {"route", Object::route},         {"rule", Object::rule}};
    for (const auto& [name, object] : names) {
        if (abbreviates(word, name)) return object;
    }
    return refused("ip", "there is no object '" + std::string(word) +
                             "' (address, link, neighbour, route, rule)");
}

struct Request {
    Object object = Object::address;
    View view;
    std::string get;                      // of "route get ADDRESS"
    std::uint32_t table = RT_TABLE_MAIN;  // 0: all
};

Result<std::uint32_t> table_of(const std::string& word) {
    for (const std::uint32_t table : {RT_TABLE_MAIN, RT_TABLE_LOCAL, RT_TABLE_DEFAULT}) {
        if (word == ip::table_name(table)) return table;
    }
    if (word == "all") return 0;
    if (const auto number = parse::number<std::uint32_t>(word)) return *number;
    return refused("route", "there is no table '" + word + "'");
}

Result<Request> read_request(const std::vector<std::string>& words) {
    Request request;
    auto at = TRY(read_options(words, request.view));
    if (at == words.size())
        return refused("ip", "no object (address, link, neighbour, route, rule)");
    request.object = TRY(object_of(words[at++]));
    if (at < words.size()) {
        const auto& verb = words[at];
        if (abbreviates(verb, "show") || abbreviates(verb, "list") || verb == "lst" ||
            verb == "ls") {
            ++at;
        } else if (request.object == Object::route && abbreviates(verb, "get")) {
            if (at + 1 == words.size()) return refused("route", "get needs an address");
            request.get = words[at + 1];
            at += 2;
            if (request.get == "to" && at < words.size()) request.get = words[at++];
        } else if (abbreviates(verb, "add") || abbreviates(verb, "delete") || verb == "set" ||
                   verb == "flush" || verb == "replace" || verb == "change") {
            return refused("ip", "it only shows: nothing of the target is changed");
        }
    }
    for (; at < words.size(); ++at) {
        const auto& word = words[at];
        if (word == "up") {
            request.view.up_only = true;
        } else if (word == "table" && at + 1 < words.size()) {
            request.table = TRY(table_of(words[++at]));
        } else if (word == "dev" && at + 1 < words.size()) {
            request.view.device = words[++at];
        } else if (request.view.device.empty() && request.object != Object::route &&
                   request.object != Object::rule) {
            request.view.device = word;
        } else {
            return refused("ip", "'" + word + "' is not understood");
        }
    }
    return request;
}

Result<> show(Invocation& call, const Request& request) {
    const auto& view = request.view;
    const auto net = TRY(ip::open_net());
    if (!view.device.empty() && !net.find(view.device)) {
        return refused("ip", "there is no device '" + view.device + "'");
    }
    switch (request.object) {
        case Object::address: return ip::show_addresses(call, view, net);
        case Object::link: return ip::show_links(call, view, net);
        case Object::neighbour: return ip::show_neighbours(call, view, net);
        case Object::rule: return ip::show_rules(call, view, net);
        case Object::route:
            return request.get.empty() ? ip::show_routes(call, view, net, request.table)
                                       : ip::get_route(call, view, net, request.get);
    }
    return {};
}

int run(Invocation& call) {
    const auto request = read_request(call.operands);
    if (!request) return call.misused(text(request.error()));
    if (const auto done = show(call, *request); !done) call.complain(done.error());
    return call.status;
}

// For the help and the completion; ip reads its words itself.
constexpr Option options[]{
    {'4', "", "", "only IPv4"},
    {'6', "", "", "only IPv6"},
    {'b', "brief", "", "an interface a line (-br)"},
    {'s', "statistics", "", "bytes, packets and errors of links"},
    {'o', "oneline", "", "an address or link a line; -o json: a JSON object a line"},
    {'j', "json", "", "one JSON array"},
};

constexpr Command ip_command{
    .name = "ip",
    .usage =
        "[-46sj] [-br] [-o [json]] address|link|neighbour|rule [show] [[dev] NAME]\n"
        "       ip [-46j] route [show] [table TABLE] [dev NAME]  or  ip route get ADDRESS",
    .summary = "show links, addresses, routes, neighbours and rules",
    .theme = "network",
    .promise = Promise::network,
    .run = run,
    .options = options,
    .help =
        "Objects and verbs may be abbreviated, as in 'ip a', 'ip r'. Nothing is changed.\n"
        "JSON fields are those of iproute2: of a link ifindex, ifname, flags, mtu, qdisc, master,\n"
        "operstate, group, txqlen, link_type, address, broadcast, link, stats64,\n"
        "link_netnsid; of an address\n"
        "also addr_info (family, local, address, prefixlen, broadcast, scope, flags, label,\n"
        "valid_life_time, preferred_life_time); of a route type, dst, from, gateway, dev, table,\n"
        "protocol, scope, prefsrc, metric, flags, uid, mtu, pref, nexthops; of a neighbour dst,\n"
        "dev, lladdr, router, state; of a rule priority, src, srclen, dst, dstlen, iif, oif,\n"
        "fwmark, table, action.\n"
        "\nExamples:\n  ip addr\n  ip -4 route\n",
    .raw = true,
};
const Register registered{ip_command};

}  // namespace
}  // namespace limpet::commands
