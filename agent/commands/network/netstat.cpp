// netstat.cpp - netstat(8) as people type it: sockets, routes, interfaces and counters.
#include "commands/json.h"
#include "commands/names.h"
#include "commands/network/net_tools.h"
#include "commands/network/socket_table.h"
#include "commands/table.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <algorithm>
#include <array>

namespace limpet::commands {
namespace {

using parse::Protocol;
using parse::Socket;

constexpr std::uint32_t bit(unsigned state) { return 1U << state; }

std::string_view state_of(const Socket& socket) {
    constexpr std::array<std::string_view, 13> names{
        "",      "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT",
        "CLOSE", "CLOSE_WAIT",  "LAST_ACK", "LISTEN",   "CLOSING",   "SYN_RECV"};
    const auto state = std::min<std::size_t>(socket.state, names.size() - 1);
    if (socket.protocol == Protocol::unix_)
        return socket.state == 1 ? "CONNECTED" : socket.state == 10 ? "LISTENING" : "";
    return socket.protocol == Protocol::tcp || socket.state == 1 ? names[state] : "";
}

std::string end_text(const parse::Address& end) {
    return parse::text(end) + ":" + (end.port ? std::to_string(end.port) : "*");
}

struct Face {
    Invocation& call;
    const SocketView& view;
    SocketOwners owners;
    Names users;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> references;  // of unix sockets, by inode
    bool numeric = false;
    std::string_view which;

    // The last column but the timers: who holds it first.
    std::string program(const Socket& socket) {
        const auto own = owners.of(socket.inode);
        if (own.empty()) return "-";
        return std::to_string(own.front().pid) + "/" + visible(owners.comms[own.front().comm]);
    }
    void heading(bool of_unix) {
        if (call.json()) return;
        if (of_unix) {
            call.out.print("Active UNIX domain sockets (%s)\n%-5s %-6s %-11s %-10s %-13s %-8s ",
                           which.data(), "Proto", "RefCnt", "Flags", "Type", "State", "I-Node");
            if (view.processes) call.out.print("%-20s ", "PID/Program name");
            call.out.write("Path\n");
            return;
        }
        call.out.print("Active Internet connections (%s)\n%-5s %-6s %-6s %-23s %-23s %-11s",
                       which.data(), "Proto", "Recv-Q", "Send-Q", "Local Address",
                       "Foreign Address", "State");
        if (view.extended) call.out.print(" %-10s %-10s", "User", "Inode");
        if (view.processes) call.out.print(" %-20s", "PID/Program name");
        if (view.timers) call.out.write(" Timer");
        call.out.put('\n');
    }
    void unix_row(const Socket& socket) {
        const auto known = std::ranges::lower_bound(references, std::pair{socket.inode, 0U});
        const auto count =
            known != references.end() && known->first == socket.inode ? known->second : 0;
        call.out.print("unix  %-6u %-11s %-10s %-13s %-8llu ", count,
                       socket.state == 10 ? "[ ACC ]" : "[ ]",
                       socket.unix_type == SOCK_STREAM  ? "STREAM"
                       : socket.unix_type == SOCK_DGRAM ? "DGRAM"
                                                        : "SEQPACKET",
                       state_of(socket).data(), static_cast<unsigned long long>(socket.inode));
        if (view.processes) call.out.print("%-20s ", program(socket).c_str());
        call.out.write(visible(socket.path));
        call.out.put('\n');
    }
    void row(const Socket& socket) {
        if (call.json()) return print_socket_json(call, view, socket, owners);
        const bool of_unix = socket.protocol == Protocol::unix_;
        if (of_unix) return unix_row(socket);
        std::string protocol(parse::protocol_name(socket.protocol));
        if (socket.local.family == AF_INET6) protocol += '6';
        call.out.print("%-5s %6llu %6llu %-23s %-23s %-11s", protocol.c_str(),
                       static_cast<unsigned long long>(socket.receive_queue),
                       static_cast<unsigned long long>(socket.state == 10 ? 0 : socket.send_queue),
                       end_text(socket.local).c_str(), end_text(socket.remote).c_str(),
                       socket.protocol == Protocol::raw ? std::to_string(socket.state).c_str()
                                                        : state_of(socket).data());
        if (view.extended) {
            call.out.print(
                " %-10s %-10llu",
                numeric ? std::to_string(socket.uid).c_str() : users.user(socket.uid).c_str(),
                static_cast<unsigned long long>(socket.inode));
        }
        if (view.processes) call.out.print(" %-20s", program(socket).c_str());
        if (view.timers) {
            constexpr std::array names{"off", "on", "keepalive", "timewait", "probe", "unkn-5"};
            call.out.print(" %s (%.2f/%u/0)",
                           names[std::min<std::size_t>(socket.timer, names.size() - 1)],
                           static_cast<double>(socket.timer_expires) / 1000.0, socket.retransmits);
        }
        call.out.put('\n');
    }
};

Result<> print_sockets_of(Invocation& call, const SocketView& view, std::string_view which) {
    Face face{
        call, view, owners_for(call, view.processes), Names(call.target), {}, call.options.has('n'),
        which};
    if (view.query.unix_ && !call.json()) {
        // Only /proc counts who refers to a socket.
        const auto process = TRY(open_process(call.target, call.target.inner_pid));
        each_proc_socket(
            process,
            [&](Socket&& socket) { face.references.emplace_back(socket.inode, socket.references); },
            {.unix_ = true});
        std::ranges::sort(face.references);
    }
    const auto& query = view.query;
    if (query.tcp || query.udp || query.raw) face.heading(false);
    for (auto flag : {&SocketQuery::tcp, &SocketQuery::udp, &SocketQuery::raw}) {
        if (!(query.*flag)) continue;
        SocketQuery one{.four = query.four, .six = query.six, .states = query.states};
        one.*flag = true;
        // Unconnected datagram sockets are shown as those that listen.
        const bool connected = query.states == (all_states & ~bit(10));
        if (flag != &SocketQuery::tcp && connected) one.states = bit(1);
        TRY(each_socket(call.target, one, [&](Socket&& socket) { face.row(socket); }));
    }
    if (!query.unix_) return {};
    face.heading(true);
    SocketQuery names{.unix_ = true};
    names.states = view.query.states == listening_states ? bit(10) : view.query.states;
    return each_socket(call.target, names, [&](Socket&& socket) { face.row(socket); });
}

// "Ip: InReceives OutRequests" and "Ip: 17 4", or in the files of IPv6 "Ip6InReceives 17".
Result<> print_counters(Invocation& call, const Process& process, const char* path) {
    const auto file = TRY(process.at.open(path, O_RDONLY));
    Input input(file, true);
    std::string titles;
    std::string shown;
    const auto put = [&](std::string_view group, std::string_view name, std::string_view value) {
        if (call.json()) {
            JsonObject object;
            object.text("group", group)
                .text("name", name)
                .raw("value", parse::number<std::int64_t>(value) ? value : "null");
            object.line(call.out);
            return;
        }
        if (shown != group) {
            shown = group;
            call.out.write(shown + ":\n");
        }
        call.out.print("    %s: %s\n", std::string(name).c_str(), std::string(value).c_str());
    };
    for (;;) {
        const auto line = TRY(input.line());
        if (!line) return {};
        auto values = line->substr(0, line->find('\n'));
        const auto colon = values.find(':');
        if (colon == values.npos) {
            const auto name = parse::take_word(values);
            const auto group = name.substr(0, std::min(name.find('6') + 1, name.size()));
            put(group, name.substr(group.size()), parse::trimmed(values));
        } else if (titles.empty()) {
            titles = values;
        } else {
            const auto group = values.substr(0, colon);
            values.remove_prefix(colon + 1);
            std::string_view names = titles;
            names.remove_prefix(std::min(colon + 1, names.size()));
            for (auto name = parse::take_word(names); !name.empty();
                 name = parse::take_word(names)) {
                put(group, name, parse::take_word(values));
            }
            titles.clear();
        }
    }
}

Result<> print_statistics(Invocation& call) {
    const auto process = TRY(open_process(call.target, call.target.inner_pid));
    if (!call.options.has('6')) {
        TRY(print_counters(call, process, "net/snmp"));
        TRY(print_counters(call, process, "net/netstat"));
    }
    // A kernel without IPv6 has no such file.
    if (!call.options.has('4')) static_cast<void>(print_counters(call, process, "net/snmp6"));
    return {};
}

Result<> show_sockets(Invocation& call) {
    const auto& given = call.options;
    SocketView view;
    auto& query = view.query;
    query.tcp = given.has('t');
    query.udp = given.has('u');
    query.raw = given.has('w');
    query.unix_ = given.has('x');
    const auto family = given.value('A').value_or("");
    const bool four = given.has('4') || family == "inet";
    const bool six = given.has('6') || family == "inet6";
    if (family == "unix") query.unix_ = true;
    if (!query.tcp && !query.udp && !query.raw && !query.unix_) {
        query.tcp = query.udp = query.raw = true;
        query.unix_ = !four && !six;
    }
    if (four != six) {
        query.four = four;
        query.six = six;
    }
    query.states = given.has('a')   ? all_states
                   : given.has('l') ? listening_states
                                    : all_states & ~bit(10);
    view.extended = given.has('e');
    view.processes = given.has('p');
    view.timers = given.has("timers") || (given.has('o') && given.value('o') != "json");
    return print_sockets_of(call, view,
                            given.has('a')   ? "servers and established"
                            : given.has('l') ? "only servers"
                                             : "w/o servers");
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    const auto& given = call.options;
    const auto done = given.has('r')   ? print_route_table(call, given.has('6'), !given.has('e'))
                      : given.has('i') ? print_interface_table(call, given.has('a'))
                      : given.has('s') ? print_statistics(call)
                                       : show_sockets(call);
    if (!done) call.complain(done.error());
    return call.status;
}

constexpr Option options[]{
    {'t', "tcp", "", "TCP sockets"},
    {'u', "udp", "", "UDP sockets"},
    {'w', "raw", "", "raw sockets"},
    {'x', "unix", "", "unix sockets"},
    {'4', "inet", "", "only IPv4"},
    {'6', "inet6", "", "only IPv6"},
    {'A', "protocol", "FAMILY", "inet, inet6 or unix"},
    {'l', "listening", "", "only those that listen"},
    {'a', "all", "", "also those that listen; with -i interfaces that are down"},
    {'n', "numeric", "", "numbers for users; hosts and ports are always numbers"},
    {'p', "programs", "", "who holds each: PID/NAME"},
    {'e', "extend", "", "owner and inode; with -r the columns of route"},
    {'o', "output", format_or_nothing, "timers; -o json: one object a line"},
    {0, "timers", "", "timers"},
    {'W', "wide", "", "addresses in full: always so"},
    {'v', "verbose", "", "the same as without"},
    {'r', "route", "", "the routes instead"},
    {'i', "interfaces", "", "the interfaces instead"},
    {'s', "statistics", "", "the counters of each protocol instead"},
};

constexpr Command netstat{
    .name = "netstat",
    .usage = "[-tuwx46lanpeo] [-o json]  or  netstat -r|-i|-s [-46ane]",
    .summary = "list sockets, routes, interfaces or counters of the target's network namespace",
    .theme = "network",
    .promise = Promise::network | Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Counters are called as in /proc/net/snmp, netstat and snmp6. The JSON fields are those "
        "of\n"
        "ss; with -r those of ip route, with -i those of ip link, with -s group, name, value.\n"
        "\nExamples:\n  netstat -tulpn\n  netstat -rn\n",
};
const Register registered{netstat};

}  // namespace
}  // namespace limpet::commands
