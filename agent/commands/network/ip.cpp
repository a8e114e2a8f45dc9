// ip.cpp - links, addresses, routes, neighbours and rules of the target's network namespace.
#include "commands/network/ip.h"

#include "parse/number.h"
#include "sys/netlink.h"

#include <linux/if_addr.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace limpet::commands {
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
            ++view.statistics;
        } else if (abbreviates(word, "details")) {
            view.details = true;
        } else if (word == "f" || word == "family") {
            if (++at == words.size()) return refused("ip", "-f needs inet or inet6");
            view.four = words[at] == "inet";
            view.six = words[at] == "inet6";
            if (!view.four && !view.six)
                return refused("ip", "'" + words[at] + "' is not inet or inet6");
        } else if (word == "N" || word == "Numeric" || word == "c" || word.starts_with("color") ||
                   abbreviates(word, "pretty") || word == "h" ||
                   abbreviates(word, "human-readable")) {
            // Names stand for few numbers, and there are no colours: all the same.
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
    ip::RouteQuestion get;                // of "route get ADDRESS"
    std::uint32_t table = RT_TABLE_MAIN;  // 0: all
    std::string master;
};

Result<std::uint32_t> table_of(const std::string& word) {
    for (const std::uint32_t table : {RT_TABLE_MAIN, RT_TABLE_LOCAL, RT_TABLE_DEFAULT}) {
        if (word == ip::table_name(table)) return table;
    }
    if (word == "all") return 0;
    if (const auto number = parse::number<std::uint32_t>(word)) return *number;
    return refused("route", "there is no table '" + word + "'");
}

Result<parse::Prefix> prefix_of(const std::string& word) {
    if (word == "default" || word == "any" || word == "all") {
        parse::Prefix every;
        every.address.family = AF_UNSPEC;
        return every;
    }
    if (const auto prefix = parse::prefix(word)) return *prefix;
    return refused("ip", "'" + word + "' is no address or prefix");
}

Result<parse::Address> address_of(const std::string& word) {
    if (const auto address = parse::numeric_address(word)) return *address;
    return refused("ip", "'" + word + "' is no address");
}

struct Flag {
    std::string_view word;
    std::uint32_t flags, not_flags;
};
constexpr Flag address_flags[]{
    {"primary", 0, IFA_F_SECONDARY},     {"secondary", IFA_F_SECONDARY, 0},
    {"temporary", IFA_F_SECONDARY, 0},   {"permanent", IFA_F_PERMANENT, 0},
    {"dynamic", 0, IFA_F_PERMANENT},     {"tentative", IFA_F_TENTATIVE, 0},
    {"deprecated", IFA_F_DEPRECATED, 0}, {"dadfailed", IFA_F_DADFAILED, 0},
};

// A word that narrows what is shown, with its value in the next.
Result<bool> read_selector(Request& request, const std::string& word, const std::string& value) {
    auto& view = request.view;
    const bool route = request.object == Object::route;
    if (word == "table" && route) {
        request.table = TRY(table_of(value));
    } else if (word == "dev" || (word == "oif" && route)) {
        view.device = value;
    } else if (word == "scope") {
        view.scope = TRY(ip::number_of(value, ip::scope_name, "scope"));
    } else if (abbreviates(word, "protocol") && word.size() > 4 - 1 && route) {
        view.protocol = TRY(ip::number_of(value, ip::protocol_name, "protocol"));
    } else if (word == "type" && route) {
        view.type = TRY(ip::number_of(value, ip::type_name, "type"));
    } else if (word == "type") {
        view.kind = value;
    } else if (word == "master") {
        request.master = value;
    } else if (word == "label") {
        view.label = value;
    } else if (word == "via" && route) {
        view.via = TRY(address_of(value));
    } else if (word == "src" && route) {
        view.source = TRY(address_of(value));
    } else if (word == "nud" || word == "state") {
        const auto states = ip::neighbour_states(value);
        if (!states) return refused("ip", "there is no state '" + value + "'");
        view.states = static_cast<std::uint16_t>(view.states | *states);
    } else if (word == "to" || word == "exact" || word == "match" || word == "root") {
        view.to = TRY(prefix_of(value));
        if (word != "root" && route) view.how = word == "match" ? View::To::match : View::To::exact;
    } else {
        return false;
    }
    return true;
}

Result<> read_question(const std::vector<std::string>& words, std::size_t at,
                       ip::RouteQuestion& question) {
    for (; at < words.size(); ++at) {
        const auto& word = words[at];
        if (at + 1 == words.size() && !question.to.empty())
            return refused("route", word + " needs a value");
        if (word == "to") {
            question.to = words[++at];
        } else if (word == "from") {
            question.from = words[++at];
        } else if (word == "iif") {
            question.input = words[++at];
        } else if (word == "oif" || word == "dev") {
            question.output = words[++at];
        } else if (word == "mark" || word == "uid") {
            std::string_view digits = words[++at];
            const bool sixteen = digits.starts_with("0x");
            const auto number =
                parse::number<std::uint32_t>(digits.substr(sixteen ? 2 : 0), sixteen ? 16 : 10);
            if (!number) return refused("route", "'" + words[at] + "' is no number");
            (word == "mark" ? question.mark : question.uid) = number;
        } else if (question.to.empty()) {
            question.to = word;
        } else {
            return refused("route", "'" + word + "' is not understood");
        }
    }
    if (question.to.empty()) return refused("route", "get needs an address");
    return {};
}

// What changes, of any object: refused by name, so that nobody believes that it was done.
constexpr std::string_view changing[]{"add",     "append",  "change",  "delete", "flush",
                                      "prepend", "replace", "restore", "set"};

Result<Request> read_request(const std::vector<std::string>& words) {
    Request request;
    auto& view = request.view;
    auto at = TRY(read_options(words, view));
    if (at == words.size())
        return refused("ip", "no object (address, link, neighbour, route, rule)");
    request.object = TRY(object_of(words[at++]));
    if (at < words.size()) {
        const auto& verb = words[at];
        if (abbreviates(verb, "show") || abbreviates(verb, "list") || verb == "lst" ||
            verb == "ls") {
            ++at;
        } else if (request.object == Object::route && abbreviates(verb, "get")) {
            TRY(read_question(words, at + 1, request.get));
            return request;
        }
        for (const auto word : changing) {
            if (abbreviates(verb, word))
                return refused(verb, "it only shows: nothing of the target is changed");
        }
    }
    const bool links = request.object != Object::route && request.object != Object::rule;
    for (; at < words.size(); ++at) {
        const auto& word = words[at];
        if (word == "up" && links) {
            view.up_only = true;
            continue;
        }
        const auto* flag = std::ranges::find(address_flags, word, &Flag::word);
        if (request.object == Object::address && flag != std::end(address_flags)) {
            view.flags |= flag->flags;
            view.not_flags |= flag->not_flags;
            continue;
        }
        if (at + 1 < words.size()) {
            if (TRY(read_selector(request, word, words[at + 1]))) {
                ++at;
                continue;
            }
        }
        const auto prefix = parse::prefix(word);
        if (request.object == Object::neighbour && prefix) {
            view.to = prefix;
        } else if (view.device.empty() && links) {
            view.device = word;
        } else if (request.object == Object::route && !view.to) {
            view.to = TRY(prefix_of(word));
            view.how = View::To::exact;
        } else {
            return refused("ip", "'" + word + "' is not understood");
        }
    }
    // Addresses are of the family of the prefix that they are compared with.
    if (request.object == Object::address && view.to && !view.four && !view.six) {
        view.four = view.to->address.family == AF_INET;
        view.six = !view.four;
    }
    return request;
}

Result<> show(Invocation& call, Request& request) {
    auto& view = request.view;
    const auto net = TRY(ip::open_net());
    if (!request.master.empty()) {
        const auto* master = net.find(request.master);
        if (!master) return refused("device", "there is no '" + request.master + "'");
        view.master = master->index;
    }
    if (!view.device.empty() && !net.find(view.device)) {
        return refused("device", "there is no '" + view.device + "'");
    }
    switch (request.object) {
        case Object::address: return ip::show_addresses(call, view, net);
        case Object::link: return ip::show_links(call, view, net);
        case Object::neighbour: return ip::show_neighbours(call, view, net);
        case Object::rule: return ip::show_rules(call, view, net);
        case Object::route:
            return request.get.to.empty() ? ip::show_routes(call, view, net, request.table)
                                          : ip::get_route(call, view, net, request.get);
    }
    return {};
}

int run(Invocation& call) {
    auto request = read_request(call.operands);
    if (!request) return call.misused(text(request.error()));
    if (const auto done = show(call, *request); !done) call.complain(done.error());
    return call.status;
}

// For the help and the completion; ip reads its words itself.
constexpr Option options[]{
    {'4', "", "", "only IPv4"},
    {'6', "", "", "only IPv6"},
    {'b', "brief", "", "an interface a line (-br)"},
    {'s', "statistics", "", "bytes, packets and errors of links; twice: of every kind"},
    {'d', "details", "", "also limits, kinds and what is otherwise left out as usual"},
    {'f', "family", "FAMILY", "inet or inet6"},
    {'o', "oneline", "", "an address or link a line; -o json: a JSON object a line"},
    {'j', "json", "", "one JSON array"},
};

constexpr Command ip_command{
    .name = "ip",
    .usage =
        "[-46sdj] [-br] [-o [json]] address|link|neighbour|rule [show] [[dev] NAME] [SELECTOR...]\n"
        "       ip [-46dj] route [show] [PREFIX] [table TABLE] [SELECTOR...]\n"
        "       ip [-j] route get ADDRESS [from ADDRESS] [iif NAME] [oif NAME] [mark N] [uid N]",
    .summary = "show links, addresses, routes, neighbours and rules",
    .theme = "network",
    .promise = Promise::network,
    .run = run,
    .options = option_table<options>,
    .help =
        "Objects and verbs may be abbreviated, as in 'ip a', 'ip r'. Nothing is changed.\n"
        "SELECTOR: of links up, type KIND, master NAME; of addresses also scope NAME, to PREFIX,\n"
        "label NAME, primary, secondary, dynamic, permanent, tentative, deprecated; of routes dev, "
        "proto,\n"
        "scope, type, via, src, and root, match or exact PREFIX; of neighbours nud STATE, to "
        "PREFIX.\n"
        "JSON fields are those of iproute2: of a link ifindex, ifname, flags, mtu, qdisc, master,\n"
        "operstate, group, txqlen, link_type, address, broadcast, link, stats64,\n"
        "link_netnsid; of an address\n"
        "also addr_info (family, local, address, prefixlen, broadcast, scope, flags, label,\n"
        "valid_life_time, preferred_life_time); of a route type, dst, from, gateway, dev, table,\n"
        "protocol, scope, prefsrc, metric, flags, uid, metrics, expires, error, pref, cache, "
        "nexthops;\n"
        "of a neighbour dst,\n"
        "dev, lladdr, router, state; of a rule priority, src, srclen, dst, dstlen, iif, oif,\n"
        "fwmark, table, action.\n"
        "\nExamples:\n  ip addr\n  ip -4 route\n",
    .raw = true,
};
const Register registered{ip_command};

}  // namespace
}  // namespace limpet::commands
