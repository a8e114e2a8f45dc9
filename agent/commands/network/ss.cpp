// ss.cpp - sockets of the target's network namespace; the options of ss(8).
#include "commands/json.h"
#include "commands/network/socket_table.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <map>

namespace limpet::commands {
namespace {

constexpr std::uint32_t bit(unsigned state) { return 1U << state; }

struct StateWord {
    std::string_view word;
    std::uint32_t states;
};
// ss(8): "connected" is all but listening and closed, "synchronized" also not SYN-SENT, "bucket"
// those that live as minisockets and "big" the others.
constexpr std::uint32_t connected = all_states & ~bit(10) & ~bit(7) & ~bit(0);
constexpr StateWord state_words[]{
    {"all", all_states},
    {"connected", connected},
    {"synchronized", connected & ~bit(2)},
    {"bucket", bit(3) | bit(6)},
    {"big", all_states & ~(bit(3) | bit(6))},
    {"established", bit(1)},
    {"syn-sent", bit(2)},
    {"syn-recv", bit(3)},
    {"fin-wait-1", bit(4)},
    {"fin-wait-2", bit(5)},
    {"time-wait", bit(6)},
    {"closed", bit(7)},
    {"unconnected", bit(7)},
    {"close-wait", bit(8)},
    {"last-ack", bit(9)},
    {"listening", bit(10)},
    {"listen", bit(10)},
    {"closing", bit(11)},
};

Result<std::uint32_t> states_of(std::string_view word) {
    for (const auto& [name, states] : state_words) {
        if (name == word) return states;
    }
    return refused("filter", "there is no state '" + std::string(word) + "'");
}

// "sport = :80", "dport eq 443", each alone or joined by "and".
Result<std::uint16_t> port_of(const std::vector<std::string>& words, std::size_t& at) {
    const auto name = words[at];
    if (at + 1 < words.size() &&
        (words[at + 1] == "=" || words[at + 1] == "==" || words[at + 1] == "eq")) {
        ++at;
    }
    if (++at >= words.size()) return refused("filter", name + " needs a port");
    std::string_view text = words[at];
    if (text.starts_with(':')) text.remove_prefix(1);
    const auto port = parse::number<std::uint16_t>(text);
    if (!port) return refused("filter", "'" + words[at] + "' is not a port number");
    return *port;
}

Result<> read_filter(const std::vector<std::string>& words, SocketView& view) {
    bool first_state = true;
    for (std::size_t at = 0; at < words.size(); ++at) {
        const auto& word = words[at];
        if (word == "(" || word == ")" || word == "and" || word == "&&") continue;
        if (word == "state" || word == "exclude") {
            if (++at == words.size()) return refused("filter", word + " needs a state");
            const auto states = TRY(states_of(words[at]));
            if (word == "exclude") {
                view.query.states = (first_state ? all_states : view.query.states) & ~states;
            } else {
                view.query.states = first_state ? states : view.query.states | states;
            }
            first_state = false;
        } else if (word == "sport") {
            view.local_port = TRY(port_of(words, at));
        } else if (word == "dport") {
            view.remote_port = TRY(port_of(words, at));
        } else {
            return refused("filter", "'" + word +
                                         "' is not understood (state, exclude, sport, "
                                         "dport)");
        }
    }
    return {};
}

SocketView read_view(const Invocation& call) {
    const auto& given = call.options;
    SocketView view;
    auto& query = view.query;
    query.tcp = given.has('t');
    query.udp = given.has('u');
    query.raw = given.has('w');
    query.unix_ = given.has('x');
    if (given.has('4') != given.has('6')) {
        query.four = given.has('4');
        query.six = given.has('6');
    }
    if (!query.tcp && !query.udp && !query.raw && !query.unix_) {
        query.tcp = query.udp = query.raw = true;
        query.unix_ = query.four && query.six;
    }
    view.details = given.has('i');
    view.query.details = view.details;
    view.extended = given.has('e');
    view.processes = given.has('p');
    view.heading = !given.has('H');
    query.states = given.has('a')   ? all_states
                   : given.has('l') ? listening_states
                                    : connected & ~bit(3) & ~bit(6);
    return view;
}

int print_summary(Invocation& call) {
    SocketQuery query{.tcp = true, .udp = true, .raw = true, .unix_ = true};
    std::map<std::string, std::map<std::string, std::uint64_t>> counts;
    const auto done = each_socket(call.target, query, [&](parse::Socket&& socket) {
        ++counts[std::string(parse::protocol_name(socket.protocol))]
                [std::string(parse::state_name(socket.state))];
    });
    if (!done) {
        call.complain(done.error());
        return 1;
    }
    Table table(call, {{"protocol"}, {"state"}, {"count", Align::right}}, !call.options.has('H'));
    for (const auto& [protocol, states] : counts) {
        for (const auto& [state, count] : states) {
            std::vector<Cell> cells;
            cells.emplace_back(protocol);
            cells.emplace_back(state);
            cells.emplace_back(count);
            table.row(std::move(cells));
        }
    }
    table.finish();
    return call.status;
}

int run(Invocation& call) {
    if (call.options.has('s')) return print_summary(call);
    auto view = read_view(call);
    if (const auto done = read_filter(call.operands, view); !done) {
        return call.misused(text(done.error()));
    }
    if (const auto done = print_sockets(call, view); !done) call.complain(done.error());
    return call.status;
}

constexpr Option options[]{
    {'t', "tcp", "", "TCP sockets"},
    {'u', "udp", "", "UDP sockets"},
    {'w', "raw", "", "raw sockets"},
    {'x', "unix", "", "unix sockets"},
    {'4', "ipv4", "", "only IPv4"},
    {'6', "ipv6", "", "only IPv6"},
    {'l', "listening", "", "only those that listen"},
    {'a', "all", "", "also those that listen"},
    {'n', "numeric", "", "numbers for ports: always so"},
    {'p', "processes", "", "who holds each: NAME[PID]:FD"},
    {'e', "extended", "", "owner and inode"},
    {'i', "info", "", "timers, round trips, windows and bytes of TCP connections"},
    {'s', "summary", "", "how many of each state"},
    {'H', "no-header", "", "no line of titles"},
    json_option,
};

constexpr Command ss{
    .name = "ss",
    .usage = "[-tuwx46lanpeisH] [-o json] [state STATE] [sport = :PORT] [dport = :PORT]",
    .summary = "list sockets of the target's network namespace",
    .theme = "network",
    .promise = Promise::network | Promise::processes,
    .run = run,
    .options = options,
    .help =
        "Names of hosts and ports are never looked up. STATE: all, connected, synchronized, "
        "bucket,\n"
        "big, established, syn-sent, syn-recv, fin-wait-1, fin-wait-2, time-wait, closed, "
        "close-wait,\n"
        "last-ack, listening, closing; also 'exclude STATE'. Timers come with -i.\n"
        "JSON fields: protocol (tcp, udp, raw, unix), state, recv_queue, send_queue, family,\n"
        "local_address, local_port, remote_address, remote_port, interface (index, 0: any), "
        "inode,\n"
        "uid; of unix: type, path, peer_inode. With -p processes (a list of pid, fd, comm); with "
        "-i\n"
        "timer, timer_expires (ms), retransmits and tcp (congestion, rtt, rtt_variance, rto in "
        "ms,\n"
        "mss, cwnd, bytes_sent, bytes_acked, bytes_received, retransmitted, lost, delivery_rate).\n"
        "With -s: protocol, state, count.\n"
        "\nExamples:\n  ss -tlnp\n  ss -tn state established\n",
};
const Register registered{ss};

}  // namespace
}  // namespace limpet::commands
