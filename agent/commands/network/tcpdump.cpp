// tcpdump.cpp - packets of the target's interfaces, as tcpdump(8) shows and keeps them.
#include "commands/network/packet_sink.h"
#include "parse/filter.h"
#include "parse/lines.h"
#include "parse/number.h"
#include "sys/file.h"

#include <linux/if.h>

#include <csignal>

namespace limpet::commands {
namespace {

constexpr std::uint32_t default_snapshot = 262'144;

volatile std::sig_atomic_t interrupted = 0;

void interrupt(int) { interrupted = 1; }

int times(const Options& options, char letter) {
    int count = 0;
    for (const auto& given : options.all()) {
        if (given.option.letter == letter) ++count;
    }
    return count;
}

parse::LinkLayer layer(std::uint16_t link, bool in_kernel) {
    switch (link) {
        case parse::linktype::ethernet:
            return in_kernel ? parse::LinkLayer::ethernet_socket : parse::LinkLayer::ethernet;
        case parse::linktype::cooked: return parse::LinkLayer::cooked;
        case parse::linktype::cooked2:
            return in_kernel ? parse::LinkLayer::cooked_socket : parse::LinkLayer::cooked2;
        case parse::linktype::null:
        case parse::linktype::loop: return parse::LinkLayer::null;
        default: return parse::LinkLayer::raw;
    }
}

Result<CaptureRequest> read_request(const Invocation& call) {
    CaptureRequest request;
    const auto& options = call.options;
    for (const auto& word : call.operands) {
        if (!request.filter.empty()) request.filter += ' ';
        request.filter += word;
    }
    if (const auto count = options.value('c')) {
        const auto number = parse::number<std::uint64_t>(*count);
        if (!number || *number == 0) return refused("-c", "it takes a number of packets");
        request.count = *number;
    }
    if (const auto size = options.value('s')) {
        const auto number = parse::number<std::uint32_t>(*size);
        if (!number || *number > default_snapshot) {
            return refused("-s", "it takes a number of bytes up to 262144");
        }
        if (*number != 0) request.snapshot = *number;
    }
    if (const auto size = options.value('B')) {
        constexpr std::uint32_t most = 1024 * 1024;
        const auto number = parse::number<std::uint32_t>(*size);
        if (!number || *number == 0 || *number > most) {
            return refused("-B", "it takes KiB, up to 1048576");
        }
        request.ring = std::size_t{*number} * 1024;
    }
    request.stamp = times(options, 't');
    auto& style = request.style;
    style.verbose = times(options, 'v');
    style.link = options.has('e');
    style.quiet = options.has('q');
    style.absolute = options.has('S');
    style.text = options.has('A');
    style.characters = options.has('X');
    style.hexadecimal = options.has('x');
    style.whole = times(options, 'X') > 1 || times(options, 'x') > 1 || times(options, 'A') > 1;
    return request;
}

void print_program(Invocation& call, const parse::BpfProgram& program) {
    call.out.print("%zu\n", program.size());
    for (const auto& [code, yes, no, value] : program) {
        call.out.print("%u %u %u %u\n", code, yes, no, value);
    }
}

int read_file(Invocation& call, const CaptureRequest& request, const std::string& name) {
    const bool standard = name == "-";
    auto input = standard ? Result<Fd>(sys::dup(call.in.fd()))
                          : target::open_for_reading(call.target, call.path(name));
    if (!input) {
        call.complain(input.error());
        return 1;
    }
    PacketSink sink(call, request, {});
    parse::CaptureReader reader;
    std::optional<std::uint16_t> link;
    parse::BpfProgram filter;
    Input buffered(*std::move(input), name);
    std::string piece;
    std::string_view rest;
    for (;;) {
        // Gathered from what the buffered input gives.
        piece.clear();
        const auto wants = reader.wants();
        while (piece.size() < wants) {
            if (rest.empty()) {
                const auto block = buffered.block();
                if (!block) {
                    call.complain(block.error());
                    return 1;
                }
                rest = *block;
                if (rest.empty()) break;
            }
            const auto part = rest.substr(0, wants - piece.size());
            piece += part;
            rest.remove_prefix(part.size());
        }
        if (piece.size() < wants) {
            if (piece.empty() && reader.at_boundary()) break;
            call.complain("'" + name + "' ends in the middle of a packet");
            break;
        }
        auto packet = reader.take(piece);
        if (!packet) {
            call.complain(packet.error());
            return 1;
        }
        if (!*packet) continue;
        if (link != (*packet)->link) {
            const bool first = !link;
            link = (*packet)->link;
            auto compiled = parse::compile_filter(request.filter, layer(*link, false), 1);
            if (!compiled) return call.misused(text(compiled.error()));
            filter = *std::move(compiled);
            if (first) {
                if (const auto opened = sink.open(*link, name, false); !opened) {
                    call.complain(opened.error());
                    return 1;
                }
            }
        }
        if (parse::bpf_run(filter, (*packet)->data, (*packet)->length) == 0) continue;
        if (!sink.take(**packet)) break;
    }
    sink.finish(nullptr);
    return call.status;
}

Result<CaptureInterface> chosen(const std::vector<CaptureInterface>& list,
                                const std::optional<std::string_view>& word) {
    if (word == "any") return CaptureInterface{.name = "any"};
    const auto number = word ? parse::number<std::uint32_t>(*word) : std::nullopt;
    const CaptureInterface* first = nullptr;
    for (const auto& one : list) {
        if (word ? one.name == *word || one.index == number : (one.flags & IFF_UP) != 0) {
            if (word) return one;
            // A loopback interface when there is no other.
            if (!first || (first->flags & IFF_LOOPBACK)) first = &one;
        }
    }
    if (first) return *first;
    return refused("interface", word ? "there is no " + std::string(*word) +
                                           " (-D lists them; any is all of them)"
                                     : "none is up");
}

int list_interfaces(Invocation& call, const std::vector<CaptureInterface>& list) {
    std::size_t number = 0;
    const auto flags = [](std::uint32_t bits) {
        std::string text = bits & IFF_UP ? "Up" : "";
        if (bits & IFF_RUNNING) text += text.empty() ? "Running" : ", Running";
        if (bits & IFF_LOOPBACK) text += text.empty() ? "Loopback" : ", Loopback";
        return text.empty() ? "none" : text;
    };
    for (const auto& one : list) {
        call.out.print("%zu.%s [%s]\n", ++number, one.name.c_str(), flags(one.flags).c_str());
    }
    call.out.print("%zu.any (all interfaces) [Up, Running]\n", ++number);
    return 0;
}

int capture(Invocation& call, const CaptureRequest& request) {
    const auto list = capture_interfaces();
    if (!list) {
        call.complain(list.error());
        return 1;
    }
    if (call.options.has('D')) return list_interfaces(call, *list);
    const auto interface = chosen(*list, call.options.value('i'));
    if (!interface) {
        call.complain(interface.error());
        return 1;
    }
    // A tag of a VLAN is no part of what the kernel's filter sees: then it is ours that looks.
    const bool ours = parse::filters_vlan(request.filter);
    const auto link = link_of(*interface);
    auto filter = parse::compile_filter(request.filter, layer(link, !ours), request.snapshot);
    if (!filter) return call.misused(text(filter.error()));
    if (call.options.has('d')) {
        print_program(call, *filter);
        return 0;
    }
    std::vector<parse::InterfaceName> names;
    std::uint32_t loopback = 0;
    for (const auto& one : *list) {
        names.push_back({one.index, one.name});
        const bool here = interface->index == 0 || interface->index == one.index;
        if ((one.flags & IFF_LOOPBACK) && here) loopback = one.index;
    }
    const parse::BpfProgram everything{{parse::bpf::ret | parse::bpf::k, 0, 0, request.snapshot}};
    auto ring = PacketRing::open(*interface, ours ? everything : *filter, loopback, request.ring);
    if (!ring) {
        auto problem = ring.error();
        if (problem.code == EPERM || problem.code == EACCES) problem.hint() = "needs CAP_NET_RAW";
        call.complain(problem);
        return 1;
    }
    PacketSink sink(call, request, std::move(names));
    if (const auto opened = sink.open(link, interface->name, true); !opened) {
        call.complain(opened.error());
        return 1;
    }
    // No SA_RESTART: a signal ends the wait.
    struct sigaction action{};
    action.sa_handler = interrupt;
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGTERM, &action, nullptr);
    call.error.print("tcpdump: listening on %s, link-type %s, snapshot length %u bytes\n",
                     interface->name.c_str(),
                     link == parse::linktype::ethernet  ? "EN10MB (Ethernet)"
                     : link == parse::linktype::cooked2 ? "LINUX_SLL2 (Linux cooked v2)"
                                                        : "RAW (Raw IP)",
                     request.snapshot);
    call.error.flush();
    bool more = true;
    const auto visit = [&](const parse::CapturedPacket& packet) {
        if (ours && parse::bpf_run(*filter, packet.data, packet.length) == 0) return true;
        more = sink.take(packet);
        return more;
    };
    while (more && !interrupted) {
        constexpr int look_up = 1000;
        const auto waited = ring->wait(look_up, visit);
        if (!waited && waited.error().code != EINTR) {
            call.complain(waited.error());
            break;
        }
        sink.flush();
        if (sink.failure()) break;
    }
    const auto statistics = ring->statistics();
    sink.finish(&statistics);
    call.out.flush();
    call.error.print(
        "%llu packets captured\n%llu packets received by filter\n"
        "%llu packets dropped by kernel\n",
        static_cast<unsigned long long>(sink.taken()),
        static_cast<unsigned long long>(statistics.received),
        static_cast<unsigned long long>(statistics.dropped));
    return call.status;
}

int run(Invocation& call) {
    const auto request = read_request(call);
    if (!request) return call.misused(text(request.error()));
    if (const auto file = call.options.value('r')) {
        return read_file(call, *request, std::string(*file));
    }
    return capture(call, *request);
}

// A file is read or written by who asks for it only, and names of processes go into what is kept.
Command::Asks asks(std::span<const std::string> arguments) {
    Command::Asks answer;
    Options options;
    std::vector<std::string> operands;
    if (!parse_options(*find("tcpdump"), arguments, options, operands)) return answer;
    const auto written = options.value('w');
    if (options.value('r').value_or("-") != "-") answer.more = Grant::files;
    if (written && *written != "-") {
        answer.more = Grant::files;
        answer.writes = true;
    }
    if (written && !options.has('r')) answer.welcome = Grant::processes;
    return answer;
}

constexpr Option options[]{
    {'i', "interface", "NAME", "where to listen; any: everywhere (the first that is up)"},
    {'D', "list-interfaces", "", "list the interfaces"},
    {'c', "", "N", "end after N packets"},
    {'w', "", "FILE", "keep the packets in a file (pcapng), - is standard output"},
    {0, "pcap", "", "with -w: in the older format, without names of processes"},
    {'r', "", "FILE", "read them from a file (pcap or pcapng), - is standard input"},
    {'s', "snapshot-length", "N", "keep at most N bytes of each (262144)"},
    {'n', "", "", "numbers instead of names: always so, and as -nn"},
    {'A', "", "", "also print them as text"},
    {'X', "", "", "also print them in hexadecimal and as text; -XX with the link's header"},
    {'x', "", "", "also print them in hexadecimal; -xx with the link's header"},
    {'e', "", "", "the link's header, too"},
    {'v', "verbose", "", "more of what is in them; -vv still more"},
    {'q', "", "", "less"},
    {'t', "", "",
     "no time; -tt seconds since 1970, -ttt since the packet before, -tttt with the "
     "date, -ttttt since the first"},
    {'S', "absolute-tcp-sequence-numbers", "", "sequence numbers as they are"},
    {'B', "buffer-size", "KIB", "how much the kernel may keep until it is read (16384)"},
    {'d', "", "", "print the filter's program instead, as -ddd of others"},
    {'l', "", "", "the same: what is printed comes at once"},
    {'U', "packet-buffered", "", "what is kept comes at once, too"},
    {'p', "no-promiscuous-mode", "", "the same: the interface's mode is never changed"},
    {'K', "dont-verify-checksums", "", "the same"},
};

constexpr Command tcpdump{
    .name = "tcpdump",
    .usage = "[-i NAME] [-c N] [-w FILE|-r FILE] [-AeqSvxX] [-t]... [FILTER]",
    .summary = "show or keep the packets of the target's interfaces",
    .theme = "network",
    .promise = Promise::network,
    .run = run,
    .options = option_table<options>,
    .help =
        "FILTER is pcap-filter(7)'s language: host, net, port, portrange, proto, src, dst, and, "
        "or, "
        "not,\nbytes (tcp[tcpflags] & tcp-syn != 0), vlan, less, greater, inbound … Names of hosts "
        "are not looked\nup. Times are UTC. Decoded are Ethernet, VLAN, ARP, IPv4, IPv6, ICMP, "
        "TCP, "
        "UDP, DNS, the first line\nof HTTP and the server that a TLS client asks for. With -w, "
        "each "
        "packet has the names of the\nprocesses at its ends as a comment, when the session may see "
        "processes. Ctrl-C ends it; how many\nwere captured and lost is told on standard error.\n"
        "\nExamples:\n  tcpdump -i any port 53\n  tcpdump -A -c 10 'tcp port 80 and host "
        "10.0.0.1'\n  tcpdump -i eth0 -w - | …\n",
    .asks = asks,
};
const Register registered{tcpdump};

}  // namespace
}  // namespace limpet::commands
