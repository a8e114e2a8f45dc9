// nc.cpp - bytes to and from anywhere: TCP, UDP and unix sockets, as netcat; telnet as its face.
#include "commands/network/carry.h"
#include "commands/network/resolve.h"
#include "commands/session/duration.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <netinet/in.h>
#include <poll.h>

#include <algorithm>

namespace limpet::commands {
namespace {

// A scan asks each port for so long when -w says nothing: a filtered one never answers.
constexpr std::int64_t scan_patience = 3 * second;

struct Request : Conversation {
    bool listens = false, unix_ = false, scans = false, verbose = false, keeps = false;
    int family = AF_UNSPEC;
    std::optional<parse::Address> local;
};

// Of the target's /etc/services.
std::string service_name(const Invocation& call, std::uint16_t port, bool udp) {
    const auto text = target::read(call.target, "/etc/services", limits::small_file);
    const auto wanted = std::to_string(port) + (udp ? "/udp" : "/tcp");
    std::string_view rest = text ? std::string_view(*text) : std::string_view();
    while (!rest.empty()) {
        auto line = parse::take_line(rest);
        const auto name = parse::take_word(line);
        if (parse::take_word(line) == wanted) return std::string(name);
    }
    return "*";
}

int carry_all(Invocation& call, const Request& request, BorrowedFd socket) {
    const auto done = carry(call, request, socket);
    if (!done) call.complain(done.error());
    if (done && *done && request.telnet) call.complain("connection closed by the other end");
    return done ? 0 : 1;
}

void say(Invocation& call, const std::string& line) {
    call.error.write(line + '\n');
    call.error.flush();
}

// UDP has no handshake: a closed port tells by ICMP, an open one by nothing or an answer.
Result<> probe(const Request& request, BorrowedFd socket, const std::string& name) {
    const auto deadline = now() + std::min(request.patience, second);
    TRY(send_all(socket, "X", deadline));
    char byte[1];
    const auto got = receive(socket, byte, deadline);
    if (!got && got.error().code != ETIMEDOUT) return failed("connect to", name, got.error().code);
    return {};
}

int to_port(Invocation& call, const Request& request, const std::string& host,
            const std::vector<parse::Address>& addresses, std::uint16_t port) {
    const char* protocol = request.udp ? "udp" : "tcp";
    const auto patience =
        request.scans && request.patience == never ? scan_patience : request.patience;
    for (auto address : addresses) {
        address.port = port;
        const auto where = parse::text(address);
        auto socket = connect_to(address, request.udp ? SOCK_DGRAM : SOCK_STREAM, until(patience),
                                 request.local ? &*request.local : nullptr);
        if (socket && request.scans && request.udp) {
            const auto answer = probe(request, *socket, where);
            if (!answer) socket = std::unexpected(answer.error());
        }
        if (!socket) {
            if (request.verbose || !request.scans) {
                std::string line("connect to ");
                line += host;
                if (where != host) line.append(" (").append(where).append(")");
                line.append(" port ").append(std::to_string(port)).append(" (").append(protocol);
                line.append(") failed: ");
                const auto& error = socket.error();
                line += error.code ? ::strerrordesc_np(error.code) : error.subject();
                call.complain(line);
            }
            continue;
        }
        if (request.verbose) {
            std::string line("Connection to ");
            line += host;
            if (where != host) line.append(" (").append(where).append(")");
            line.append(" ").append(std::to_string(port)).append(" port [").append(protocol);
            line.append("/").append(service_name(call, port, request.udp)).append("] succeeded!");
            say(call, line);
        }
        if (request.scans) return 0;
        return carry_all(call, request, *socket);
    }
    return 1;
}

Result<Fd> accepted(Invocation& call, const Request& request, BorrowedFd listener) {
    if (!TRY(ready(listener, POLLIN, until(request.patience)))) {
        return failed("accept", "", ETIMEDOUT);
    }
    SocketAddress peer;
    Fd socket;
    if (request.udp) {
        char byte;
        if (::recvfrom(listener.get(), &byte, 1, MSG_PEEK, peer.get(), &peer.size) < 0 ||
            ::connect(listener.get(), peer.get(), peer.size) != 0) {
            return failed("connect", "to the sender");
        }
    } else {
        socket =
            Fd(::accept4(listener.get(), peer.get(), &peer.size, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket) return failed("accept", "");
    }
    if (request.verbose && peer.storage.ss_family != AF_UNIX) {
        const auto from = address_of(peer);
        say(call, "Connection received on " + parse::text(from) + " " + std::to_string(from.port));
    }
    return socket;
}

Result<int> listen_on(Invocation& call, const Request& request, parse::Address address) {
    do {
        const int type = (request.udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC | SOCK_NONBLOCK;
        const Fd listener(::socket(address.family, type, 0));
        const int on = 1;
        ::setsockopt(listener.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const auto here = socket_address(address);
        const auto name = parse::text_with_port(address);
        if (!listener || ::bind(listener.get(), here.get(), here.size) != 0 ||
            (!request.udp && ::listen(listener.get(), 1) != 0)) {
            return failed("listen on", name);
        }
        SocketAddress bound;
        ::getsockname(listener.get(), bound.get(), &bound.size);
        if (request.verbose) {
            const auto at = address_of(bound);
            say(call, (request.udp ? "Bound on " : "Listening on ") + parse::text(at) + " " +
                          std::to_string(at.port));
        }
        do {
            const Fd socket = TRY(accepted(call, request, listener));
            if (carry_all(call, request, request.udp ? BorrowedFd(listener) : socket) != 0 &&
                !request.keeps) {
                return 1;
            }
        } while (request.keeps && !request.udp);
    } while (request.keeps);
    return 0;
}

Result<std::pair<std::uint16_t, std::uint16_t>> port_range(const Invocation& call,
                                                           std::string_view word, bool udp) {
    auto rest = word;
    const auto first = parse::take(rest, '-');
    auto from = parse::number<std::uint16_t>(first);
    const auto to = rest.empty() ? from : parse::number<std::uint16_t>(rest);
    if (!from && rest.empty()) {
        const auto text = target::read(call.target, "/etc/services", limits::small_file);
        std::string_view lines = text ? std::string_view(*text) : std::string_view();
        while (!lines.empty() && !from) {
            auto line = parse::take_line(lines);
            if (parse::take_word(line) != word) continue;
            auto port = parse::take_word(line);
            const auto number = parse::number<std::uint16_t>(parse::take(port, '/'));
            if (port == (udp ? "udp" : "tcp")) from = number;
        }
        if (from) return std::pair{*from, *from};
    }
    if (!from || !to || *from > *to) return refused("port", "'" + std::string(word) + "' is none");
    return std::pair{*from, *to};
}

int dial(Invocation& call, const Request& request, const std::string& host,
         std::string_view ports) {
    const auto range = port_range(call, ports, request.udp);
    if (!range) return call.misused(text(range.error()));
    if (range->first != range->second && !request.scans) {
        return call.misused("a range of ports is for -z");
    }
    const auto addresses = resolve(call.target, host, request.family);
    if (!addresses) {
        call.complain(addresses.error());
        return 1;
    }
    if (request.telnet) say(call, "Trying " + parse::text(addresses->front()) + "...");
    int status = 1;
    for (unsigned port = range->first; port <= range->second; ++port) {
        if (to_port(call, request, host, *addresses, static_cast<std::uint16_t>(port)) == 0) {
            status = 0;
        }
    }
    return status;
}

int run_unix(Invocation& call, const Request& request) {
    if (call.operands.size() != 1) return call.misused("-U needs the path of a socket");
    if (request.listens) {
        call.complain("listening on a unix socket would make a file in the target");
        return 1;
    }
    const auto& word = call.operands[0];
    const auto path = word.starts_with('@') ? word : call.path(word);
    const auto socket = connect_unix(call.target, path, request.udp ? SOCK_DGRAM : SOCK_STREAM,
                                     until(request.patience));
    if (!socket) {
        call.complain(socket.error());
        return 1;
    }
    if (request.verbose) say(call, "Connection to " + word + " succeeded!");
    return request.scans ? 0 : carry_all(call, request, *socket);
}

Result<Request> read_request(const Invocation& call) {
    const auto& given = call.options;
    Request request;
    request.udp = given.has('u');
    request.half_close = given.has('N');
    request.silent = given.has('d');
    request.listens = given.has('l');
    request.unix_ = given.has('U');
    request.scans = given.has('z');
    request.verbose = given.has('v');
    request.keeps = given.has('k');
    if (given.has('4') != given.has('6')) request.family = given.has('4') ? AF_INET : AF_INET6;
    for (const char letter : {'w', 'q'}) {
        const auto value = given.value(letter);
        if (!value || (letter == 'q' && value->starts_with('-'))) continue;
        const auto seconds = duration(std::string(*value));
        if (!seconds) return refused("time", "'" + std::string(*value) + "' is none");
        const auto length = static_cast<std::int64_t>(std::fmin(*seconds, 1e9) * second);
        if (letter == 'w') {
            request.patience = length;
        } else {
            request.linger = length;
            request.half_close = true;
        }
    }
    const auto source = given.value('s');
    const auto port = given.value('p');
    if (source || port) {
        request.local =
            parse::address(source.value_or(request.family == AF_INET6 ? "::" : "0.0.0.0"));
        const auto number = parse::number<std::uint16_t>(port.value_or("0"));
        if (!request.local || !number) return refused("-s, -p", "an address, and a port");
        request.local->port = *number;
    }
    return request;
}

int run_nc(Invocation& call) {
    auto request = read_request(call);
    if (!request) return call.misused(text(request.error()));
    if (request->unix_) return run_unix(call, *request);
    const auto& words = call.operands;
    if (!request->listens) {
        if (words.size() != 2) return call.misused("a host and a port are needed");
        return dial(call, *request, words[0], words[1]);
    }
    auto address =
        request->local.value_or(*parse::address(request->family == AF_INET6 ? "::" : "0.0.0.0"));
    if (words.size() > 2) return call.misused("one host and one port");
    if (words.size() == 2) {
        const auto named = resolve(call.target, words[0], request->family);
        if (!named) {
            call.complain(named.error());
            return 1;
        }
        address = named->front();
    }
    if (!words.empty()) {
        const auto range = port_range(call, words.back(), request->udp);
        if (!range) return call.misused(text(range.error()));
        address.port = range->first;
    } else if (!request->local) {
        return call.misused("a port to listen on is needed");
    }
    const auto status = listen_on(call, *request, address);
    if (!status) call.complain(status.error());
    return status.value_or(1);
}

int run_telnet(Invocation& call) {
    if (call.operands.empty() || call.operands.size() > 2) {
        return call.misused("a host is needed, and a port");
    }
    Request request;
    request.verbose = request.telnet = true;
    if (call.options.has('4') != call.options.has('6')) {
        request.family = call.options.has('4') ? AF_INET : AF_INET6;
    }
    return dial(call, request, call.operands[0],
                call.operands.size() == 2 ? std::string_view(call.operands[1]) : "23");
}

constexpr Option options[]{
    {'4', "", "", "only IPv4"},
    {'6', "", "", "only IPv6"},
    {'d', "", "", "do not read standard input"},
    {'k', "", "", "with -l: another connection after each"},
    {'l', "", "", "listen for a connection"},
    {'N', "", "", "at the end of the input tell the peer (shutdown)"},
    {'n', "", "", "numbers only: names are looked up when they are given"},
    {'p', "", "PORT", "from this port; with -l, on it"},
    {'q', "", "SECONDS", "as -N, and give up so long after the end of the input"},
    {'s', "", "ADDRESS", "from this address"},
    {'U', "", "", "to a unix socket: a path of the target, or @NAME"},
    {'u', "", "", "UDP"},
    {'v', "", "", "say what is connected, and what is not"},
    {'w', "", "SECONDS", "for connecting, and for silence afterwards"},
    {'z', "", "", "only see whether something listens; PORT may be FROM-TO"},
};
constexpr Command nc{
    .name = "nc",
    .usage = "[-46dklNnuUvz] [-p PORT] [-q S] [-s ADDRESS] [-w S] [HOST] PORT | -U PATH",
    .summary = "carry bytes to and from a socket",
    .theme = "network",
    .promise = Promise::network,
    .run = run_nc,
    .options = option_table<options>,
    .help =
        "Standard input goes to the peer, what it sends to standard output, until the peer ends.\n"
        "-z waits 3 s for each port unless -w says otherwise; of UDP, a port counts as open when\n"
        "nothing came back that says it is closed. Exit status 1 when nothing was connected.\n"
        "\nExamples:\n  nc -zv db 5432\n  nc -zv -w 1 10.0.0.7 8000-8100\n  echo stats | nc -N "
        "cache "
        "11211\n  nc -U /run/app.sock\n",
};
const Register registered_nc{nc};

constexpr Option telnet_options[]{{'4', "", "", "only IPv4"}, {'6', "", "", "only IPv6"}};
constexpr Command telnet{
    .name = "telnet",
    .usage = "[-46] HOST [PORT]",
    .summary = "connect to a port and talk to it",
    .theme = "network",
    .promise = Promise::network,
    .run = run_telnet,
    .options = option_table<telnet_options>,
    .help =
        "Every option that the other end offers is turned down (RFC 854).\n"
        "\nExample:\n  telnet mail 25\n",
};
const Register registered_telnet{telnet};

}  // namespace
}  // namespace limpet::commands
