// netstat.cpp - netstat(8) as people type it: a face of ss and of ip route.
#include "commands/network/ip.h"
#include "commands/network/socket_table.h"

#include <linux/rtnetlink.h>

namespace limpet::commands {
namespace {

constexpr std::uint32_t bit(unsigned state) { return 1U << state; }

int print_routes(Invocation& call) {
    ip::View view;
    view.json_lines = call.json();
    view.six = call.options.has('6');
    view.four = call.options.has('4');
    const auto net = ip::open_net();
    if (!net) {
        call.complain(net.error());
        return 1;
    }
    const auto done = ip::show_routes(call, view, *net, RT_TABLE_MAIN);
    if (!done) call.complain(done.error());
    return call.status;
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    const auto& given = call.options;
    if (given.has('r')) return print_routes(call);
    SocketView view;
    view.query.tcp = given.has('t');
    view.query.udp = given.has('u');
    view.query.raw = given.has('w');
    view.query.unix_ = given.has('x');
    if (!view.query.tcp && !view.query.udp && !view.query.raw && !view.query.unix_) {
        view.query.tcp = view.query.udp = view.query.raw = view.query.unix_ = true;
    }
    if (given.has('4') != given.has('6')) {
        view.query.four = given.has('4');
        view.query.six = given.has('6');
        view.query.unix_ = false;
    }
    view.query.states = given.has('a')   ? all_states
                        : given.has('l') ? listening_states
                                         : all_states & ~bit(10) & ~bit(7);
    view.extended = given.has('e');
    view.processes = given.has('p');
    if (const auto done = print_sockets(call, view); !done) call.complain(done.error());
    return call.status;
}

constexpr Option options[]{
    {'t', "tcp", "", "TCP sockets"},
    {'u', "udp", "", "UDP sockets"},
    {'w', "raw", "", "raw sockets"},
    {'x', "unix", "", "unix sockets"},
    {'4', "inet", "", "only IPv4"},
    {'6', "inet6", "", "only IPv6"},
    {'l', "listening", "", "only those that listen"},
    {'a', "all", "", "also those that listen"},
    {'n', "numeric", "", "numbers for hosts and ports: always so"},
    {'p', "programs", "", "who holds each: NAME[PID]:FD"},
    {'e', "extend", "", "owner and inode"},
    {'r', "route", "", "the routes instead, as ip route shows them"},
    json_option,
};

constexpr Command netstat{
    .name = "netstat",
    .usage = "[-tuwx46lanpe] [-o json]  or  netstat -r [-46n]",
    .summary = "list sockets or routes of the target's network namespace",
    .theme = "network",
    .promise = Promise::network | Promise::processes,
    .run = run,
    .options = options,
    .help =
        "The table and the JSON fields are those of ss, and with -r those of ip route.\n"
        "\nExample:\n  netstat -tln\n",
};
const Register registered{netstat};

}  // namespace
}  // namespace limpet::commands
