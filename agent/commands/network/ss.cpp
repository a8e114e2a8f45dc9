// ss.cpp - sockets of the target's network namespace; the options of ss(8).
#include "commands/json.h"
#include "commands/network/ip.h"
#include "commands/network/resolve.h"
#include "commands/network/socket_table.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <array>

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

// "state established exclude bucket", in front of the expression; returns how many words they are.
Result<std::size_t> read_states(const std::vector<std::string>& words, SocketView& view) {
    std::size_t at = 0;
    for (; at < words.size() && (words[at] == "state" || words[at] == "exclude"); ++at) {
        const bool first = at == 0;
        const bool exclude = words[at] == "exclude";
        if (++at == words.size()) return refused("filter", words[at - 1] + " needs a state");
        const auto states = TRY(states_of(words[at]));
        auto& wanted = view.query.states;
        if (exclude) {
            wanted = (first ? all_states : wanted) & ~states;
        } else {
            wanted = first ? states : wanted | states;
        }
    }
    return at;
}

Result<std::uint16_t> service_port(const target::Target& target, std::string_view name) {
    const auto text = target::read(target, "/etc/services", limits::small_file);
    std::string_view rest = text ? std::string_view(*text) : std::string_view{};
    while (!rest.empty()) {
        auto line = parse::take_line(rest);
        line = line.substr(0, line.find('#'));
        auto word = parse::take_word(line);
        auto number = parse::take_word(line);
        const auto port = parse::number<std::uint16_t>(parse::take(number, '/'));
        for (; !word.empty(); word = parse::take_word(line)) {
            if (word == name && port) return *port;
        }
    }
    return refused("filter",
                   "'" + std::string(name) + "' is no port, by number or by /etc/services");
}

Result<std::uint32_t> interface_index(std::string_view name) {
    const auto net = TRY(ip::open_net());
    if (const auto* link = net.find(name)) return link->index;
    return refused("filter", "there is no device '" + std::string(name) + "'");
}

// "-f inet", "-A tcp,udp": names of what is wanted.
bool add_kind(SocketQuery& query, std::string_view name) {
    const bool every = name == "all";
    const bool inet = every || name == "inet";
    const bool named_unix = name.starts_with("unix") || name.starts_with("u_");
    query.tcp |= inet || name == "tcp" || name == "inet6";
    query.udp |= inet || name == "udp" || name == "inet6";
    query.raw |= inet || name == "raw" || name == "inet6";
    query.unix_ |= every || named_unix;
    return inet || named_unix || name == "tcp" || name == "udp" || name == "raw" || name == "inet6";
}

Result<> read_kinds(const Invocation& call, SocketQuery& query) {
    const auto& given = call.options;
    query.tcp = given.has('t');
    query.udp = given.has('u');
    query.raw = given.has('w');
    query.unix_ = given.has('x');
    for (const char letter : {'A', 'f'}) {
        std::string_view names = given.value(letter).value_or("");
        while (!names.empty()) {
            const auto name = parse::take(names, ',');
            if (!add_kind(query, name)) {
                return refused("ss",
                               "'" + std::string(name) +
                                   "' is not told of (tcp, udp, raw, unix, inet, inet6, all)");
            }
        }
    }
    const auto family = given.value('f').value_or("");
    const bool four = given.has('4') || family == "inet";
    const bool six = given.has('6') || family == "inet6";
    if (four != six) {
        query.four = four;
        query.six = six;
    }
    if (!query.tcp && !query.udp && !query.raw && !query.unix_) {
        query.tcp = query.udp = query.raw = true;
        query.unix_ = query.four && query.six;
    }
    return {};
}

Result<SocketView> read_view(const Invocation& call) {
    const auto& given = call.options;
    SocketView view;
    auto& query = view.query;
    TRY(read_kinds(call, query));
    view.details = query.details = given.has('i');
    view.memory = query.memory = given.has('m');
    view.extended = given.has('e');
    view.timers =
        view.extended || given.has("options") || (given.has('o') && given.value('o') != "json");
    view.processes = given.has('p');
    view.heading = !given.has('H');
    view.one_line = given.has('O');
    view.names = given.has('r');
    query.states = given.has('a')   ? all_states
                   : given.has('l') ? listening_states
                                    : connected & ~bit(3) & ~bit(6);
    const auto states = TRY(read_states(call.operands, view));
    const SocketNames names{
        .port = [&](std::string_view name) { return service_port(call.target, name); },
        .interface = interface_index,
        .host = [&](const std::string& name) -> Result<parse::Address> {
            return TRY(resolve(call.target, name)).front();
        },
    };
    view.filter = TRY(socket_filter(std::span(call.operands).subspan(states), names));
    query.local_port = view.filter.port(true);
    query.remote_port = view.filter.port(false);
    return view;
}

int json_summary(Invocation& call) {
    std::array<std::array<std::uint64_t, 13>, 4> counts{};
    const auto done = each_socket(call.target, every_socket, [&](parse::Socket&& socket) {
        const auto state = std::min<std::size_t>(socket.state, counts[0].size() - 1);
        ++counts[static_cast<std::size_t>(socket.protocol)][state];
    });
    if (!done) {
        call.complain(done.error());
        return 1;
    }
    for (std::size_t protocol = 0; protocol < counts.size(); ++protocol) {
        for (std::size_t state = 0; state < counts[0].size(); ++state) {
            if (counts[protocol][state] == 0) continue;
            JsonObject object;
            object.text("protocol", parse::protocol_name(static_cast<parse::Protocol>(protocol)));
            object.text("state", parse::state_name(static_cast<std::uint8_t>(state)));
            object.number("count", counts[protocol][state]);
            object.line(call.out);
        }
    }
    return call.status;
}

// "TCP: inuse 9 orphan 0 tw 0 alloc 9 mem 1" of /proc/PID/net/sockstat: what stands behind `name`.
long count_of(std::string_view text, std::string_view line_name, std::string_view name) {
    while (!text.empty()) {
        auto line = parse::take_line(text);
        if (parse::take(line, ':') != line_name) continue;
        for (auto word = parse::take_word(line); !word.empty(); word = parse::take_word(line)) {
            const auto value = parse::number<long>(parse::take_word(line));
            if (word == name) return value.value_or(0);
        }
    }
    return 0;
}

int print_summary(Invocation& call) {
    if (call.json()) return json_summary(call);
    const auto process = open_process(call.target, call.target.inner_pid);
    if (!process) {
        call.complain(process.error());
        return 1;
    }
    const auto four = read_small(*process, "net/sockstat").value_or("");
    const auto six = read_small(*process, "net/sockstat6").value_or("");
    const auto snmp = read_small(*process, "net/snmp").value_or("");
    long established = 0;
    for (std::string_view rest = snmp, titles; !rest.empty();) {
        // Two lines that begin with "Tcp:", names and values.
        auto line = parse::take_line(rest);
        if (!line.starts_with("Tcp:")) continue;
        if (titles.empty()) {
            titles = line;
            continue;
        }
        for (auto title = parse::take_word(titles); !title.empty();
             title = parse::take_word(titles)) {
            const auto value = parse::take_word(line);
            if (title == "CurrEstab") established = parse::number<long>(value).value_or(0);
        }
    }
    const auto waiting = count_of(four, "TCP", "tw");
    const auto total = count_of(four, "TCP", "alloc");
    const auto hashed = count_of(four, "TCP", "inuse") + count_of(six, "TCP6", "inuse");
    call.out.print("Total: %ld\nTCP:   %ld (estab %ld, closed %ld, orphaned %ld, timewait %ld)\n\n",
                   count_of(four, "sockets", "used"), total + waiting, established,
                   total - (hashed - waiting), count_of(four, "TCP", "orphan"), waiting);
    call.out.write("Transport Total     IP        IPv6\n");
    long all_four = 0;
    long all_six = 0;
    for (const std::string_view name : {"RAW", "UDP", "TCP", "INET", "FRAG"}) {
        auto in_four = count_of(four, name, "inuse");
        auto in_six = count_of(six, std::string(name) + "6", "inuse");
        if (name == "INET") {
            in_four = all_four;
            in_six = all_six;
        }
        all_four += in_four;
        all_six += in_six;
        call.out.print("%s\t  %-9ld %-9ld %-9ld\n", name.data(), in_four + in_six, in_four, in_six);
    }
    call.out.put('\n');
    return call.status;
}

int run(Invocation& call) {
    if (call.options.has('s')) return print_summary(call);
    if (call.options.has('K')) {
        return call.misused("-K closes sockets: nothing of the target is changed");
    }
    const auto view = read_view(call);
    if (!view) return call.misused(text(view.error()));
    if (const auto done = print_sockets(call, *view); !done) call.complain(done.error());
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
    {'r', "resolve", "", "names for hosts, by the target's own ways"},
    {'p', "processes", "", "who holds each: users:((\"NAME\",pid=PID,fd=FD))"},
    {'o', "output", format_or_nothing, "timers; -o json: one object a line"},
    {0, "options", "", "timers"},
    {'e', "extended", "", "timers, owner, inode, cookie, mark, what is shut down"},
    {'m', "memory", "", "memory of each, and its limits"},
    {'i', "info", "", "round trips, windows and bytes of TCP connections"},
    {'O', "oneline", "", "all of a socket in one line"},
    {'s', "summary", "", "how many there are"},
    {'A', "query", "KINDS", "of tcp, udp, raw, unix, inet, all; a comma between them"},
    {'f', "family", "FAMILY", "inet, inet6 or unix"},
    {'H', "no-header", "", "no line of titles"},
    {'K', "kill", "", "refused: nothing is changed"},
};

constexpr Command ss{
    .name = "ss",
    .usage =
        "[-tuwx46lanrpoemisHO] [-o json] [-A KINDS] [state STATE] [exclude STATE] [EXPRESSION]",
    .summary = "list sockets of the target's network namespace",
    .theme = "network",
    .promise = Promise::network | Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "STATE: all, connected, synchronized, bucket, big, established, syn-sent, syn-recv,\n"
        "fin-wait-1, fin-wait-2, time-wait, closed, close-wait, last-ack, listening, closing.\n"
        "EXPRESSION: 'sport = :80', 'dport >= 1024', 'src 10.0.0.0/8', 'dst [::1]:443',\n"
        "'src /run/*' of unix sockets, 'dev eth0', 'fwmark = 1'; with and, or, not, ( ).\n"
        "JSON fields: protocol (tcp, udp, raw, unix), state, recv_queue, send_queue, family,\n"
        "local_address, local_port, remote_address, remote_port, interface (index, 0: any), "
        "inode,\n"
        "uid; of unix: type, path, peer_inode. With -e cookie, mark, cgroup (its id); with -p\n"
        "processes (a list of pid, fd, comm); with -i or --options timer, timer_expires (ms),\n"
        "retransmits; with -m memory (receive, receive_limit, send, send_limit, forward, queued,\n"
        "options, backlog, dropped); with -i tcp (congestion, options, rtt, rtt_variance, rto in "
        "ms,\n"
        "retransmitted, and the fields of ss by their names there). With -s: protocol, state, "
        "count.\n"
        "\nExamples:\n  ss -tlnp\n  ss -tn state established '( sport = :80 or dport = :443 )'\n",
};
const Register registered{ss};

}  // namespace
}  // namespace limpet::commands
