// traceroute.cpp - traceroute(8): who is on the way, by packets that may pass few
// routers.
#include "commands/command.h"
#include "commands/json.h"
#include "commands/network/trace.h"
#include "parse/number.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>

namespace limpet::commands {
namespace {

// "!H", as traceroute(8) marks what is not a plain answer.
std::string mark_of(const ProbeArrival& arrival, int family) {
    if (arrival.reply || arrival.local) return "";
    if (family == AF_INET && arrival.type == 3) {
        switch (arrival.code) {
            case 0: return " !N";
            case 1: return " !H";
            case 2: return " !P";
            case 3: return "";
            case 4: return " !F-" + std::to_string(arrival.mtu);
            case 9:
            case 10:
            case 13: return " !X";
            default: return " !" + std::to_string(arrival.code);
        }
    }
    if (family == AF_INET6 && arrival.type == ICMP6_DST_UNREACH) {
        constexpr std::string_view letters = "NXSH";
        if (arrival.code < letters.size()) return std::string(" !") + letters[arrival.code];
        return arrival.code == 4 ? "" : " !" + std::to_string(arrival.code);
    }
    return "";
}

std::span<const TraceQuery> queries_of(const Trace& trace, int hop) {
    const auto count = static_cast<std::size_t>(trace.queries);
    return std::span(trace.all).subspan(static_cast<std::size_t>(hop - trace.first) * count, count);
}

void print_hop(Trace& trace, int hop) {
    auto& out = trace.call.out;
    const int family = trace.probe.to.family;
    if (trace.call.json()) {
        std::string list;
        for (const auto& query : queries_of(trace, hop)) {
            JsonObject object;
            if (query.took >= 0) {
                object.text("address", parse::text(query.arrival.from));
                object.real("time", static_cast<double>(query.took) / 1000.0);
                const auto mark = mark_of(query.arrival, family);
                if (!mark.empty()) object.text("error", arrival_text(query.arrival, family));
            }
            list += (list.empty() ? "" : ",") + object.take();
        }
        JsonObject().number("hop", hop).raw("probes", "[" + list + "]").line(out);
        out.flush();
        return;
    }
    out.print("%2d ", hop);
    parse::Address from;
    from.family = AF_UNSPEC;
    for (const auto& query : queries_of(trace, hop)) {
        if (query.took < 0) {
            out.write(" *");
            continue;
        }
        if (from.family == AF_UNSPEC || from.bytes != query.arrival.from.bytes) {
            from = query.arrival.from;
            out.print(" %s", parse::text(from).c_str());
        }
        out.print("  %.3f ms%s", static_cast<double>(query.took) / 1000.0,
                  mark_of(query.arrival, family).c_str());
    }
    out.put('\n');
    out.flush();
}

int run_traceroute(Invocation& call) {
    if (call.operands.empty() || call.operands.size() > 2) return call.misused("one host");
    Trace trace{.call = call, .host = call.operands[0]};
    const auto read_all = [&]() -> Result<> {
        TRY(read_trace(trace));
        trace.queries = static_cast<int>(TRY(number_option(call.options, 'q', 1, 10, 3)));
        trace.patience =
            static_cast<std::int64_t>(TRY(number_option(call.options, 'w', 0, 3600, 5)) * second);
        if (call.operands.size() == 2) {
            const auto size = parse::number<std::size_t>(call.operands[1]);
            if (!size || *size > 65000 || *size < 28)
                return refused("size", "'" + call.operands[1] + "' is no number from 28 to 65000");
            trace.probe.size = *size - 28;
        }
        return {};
    };
    if (const auto done = read_all(); !done) {
        call.complain(done.error());
        return 2;
    }
    trace.all.resize(static_cast<std::size_t>(trace.hops - trace.first + 1) *
                     static_cast<std::size_t>(trace.queries));
    auto prober = Prober::open(trace.probe);
    if (!prober) {
        call.complain(prober.error());
        return 1;
    }
    if (!call.json()) {
        call.out.print("traceroute to %s (%s), %d hops max, %zu byte packets\n", trace.host.c_str(),
                       parse::text(trace.probe.to).c_str(), trace.hops,
                       trace.probe.size + (trace.probe.to.family == AF_INET ? 28 : 48));
        call.out.flush();
    }
    catch_interrupt();
    if (const auto done = follow(trace, *prober, [&](int hop) { print_hop(trace, hop); }); !done)
        call.complain(done.error());
    return call.status;
}

constexpr Option traceroute_options[]{
    {'4', "", "", "only IPv4"},
    {'6', "", "", "only IPv6"},
    {'n', "", "", "addresses, no names: always so"},
    {'I', "icmp", "", "by ICMP instead of UDP"},
    {'T', "tcp", "", "by TCP connections"},
    {'p', "port", "PORT", "the first port of UDP (33434), the port of TCP (80)"},
    {'m', "max-hops", "HOPS", "at most so far (30)"},
    {'f', "first", "HOP", "begin there (1)"},
    {'q', "queries", "COUNT", "for each hop (3)"},
    {'w', "wait", "SECONDS", "for an answer (5)"},
    {'s', "source", "ADDRESS", "of ours"},
    {'i', "interface", "NAME", "by that one"},
    json_option,
};
constexpr Command traceroute{
    .name = "traceroute",
    .usage =
        "[-46nIT] [-p PORT] [-m HOPS] [-f HOP] [-q COUNT] [-w SECONDS] [-s ADDRESS] [-i NAME] [-o "
        "json] HOST [BYTES]",
    .summary = "show the routers on the way to a host",
    .theme = "network",
    .promise = Promise::network,
    .run = run_traceroute,
    .options = option_table<traceroute_options>,
    .help =
        "UDP and TCP need no privilege; ICMP what ping needs. Behind a time: !N, !H, !P, !X what a "
        "router\n"
        "refused. JSON fields: hop, probes (a list of address, time in ms, error; empty without "
        "answer).\n"
        "\nExample:\n  traceroute -n -m 5 10.0.0.1\n",
};
const Register registered_traceroute{traceroute};

}  // namespace
}  // namespace limpet::commands
