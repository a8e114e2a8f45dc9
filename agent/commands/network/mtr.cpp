// mtr.cpp - mtr(8): the routers on the way, measured again and again.
#include "commands/command.h"
#include "commands/json.h"
#include "commands/network/trace.h"

#include <algorithm>
#include <cmath>

namespace limpet::commands {
namespace {

struct Hop {
    std::vector<parse::Address> addresses;  // at most eight
    std::uint64_t sent = 0, received = 0;
    double last = 0, best = 0, worst = 0, sum = 0, squares = 0;
};

void add(std::vector<Hop>& hops, const Trace& trace) {
    hops.resize(std::max(hops.size(), static_cast<std::size_t>(trace.last() - trace.first + 1)));
    for (int number = trace.first; number <= trace.last(); ++number) {
        auto& hop = hops[static_cast<std::size_t>(number - trace.first)];
        const auto& query = trace.all[static_cast<std::size_t>(number - trace.first)];
        if (query.sent == 0) continue;
        ++hop.sent;
        if (query.took < 0) continue;
        const double took = static_cast<double>(query.took) / 1000.0;
        if (hop.received == 0 || took < hop.best) hop.best = took;
        hop.worst = std::max(hop.worst, took);
        hop.last = took;
        hop.sum += took;
        hop.squares += took * took;
        ++hop.received;
        const auto same = [&](const parse::Address& address) {
            return address.bytes == query.arrival.from.bytes;
        };
        if (hop.addresses.size() < 8 && std::ranges::none_of(hop.addresses, same))
            hop.addresses.push_back(query.arrival.from);
    }
}

void print_report(Trace& trace, const std::vector<Hop>& hops) {
    auto& out = trace.call.out;
    const bool json = trace.call.json();
    if (!json)
        out.print("HOST: %-28s %6s%% %5s %6s %6s %6s %6s %6s\n", trace.host.c_str(), "Loss", "Snt",
                  "Last", "Avg", "Best", "Wrst", "StDev");
    for (std::size_t i = 0; i < hops.size(); ++i) {
        const auto& hop = hops[i];
        const auto count = static_cast<double>(hop.received);
        const double loss = hop.sent ? 100.0 * static_cast<double>(hop.sent - hop.received) /
                                           static_cast<double>(hop.sent)
                                     : 0;
        const double average = hop.received ? hop.sum / count : 0;
        const double deviation =
            hop.received ? std::sqrt(std::max(0.0, hop.squares / count - average * average)) : 0;
        const auto number = trace.first + static_cast<int>(i);
        if (json) {
            std::vector<std::string> addresses;
            for (const auto& address : hop.addresses) addresses.push_back(parse::text(address));
            JsonObject object;
            object.number("hop", number)
                .texts("addresses", addresses)
                .number("sent", hop.sent)
                .number("received", hop.received);
            object.real("loss", loss)
                .real("last", hop.last)
                .real("avg", average)
                .real("best", hop.best)
                .real("worst", hop.worst)
                .real("stdev", deviation);
            object.line(out);
            continue;
        }
        out.print("%3d.|-- %-26s %6.1f%% %5llu %6.1f %6.1f %6.1f %6.1f %6.1f\n", number,
                  hop.addresses.empty() ? "???" : parse::text(hop.addresses[0]).c_str(), loss,
                  static_cast<unsigned long long>(hop.sent), hop.last, average, hop.best, hop.worst,
                  deviation);
        for (std::size_t other = 1; other < hop.addresses.size(); ++other)
            out.print("    |  `|-- %s\n", parse::text(hop.addresses[other]).c_str());
    }
    out.flush();
}

int run_mtr(Invocation& call) {
    if (call.operands.size() != 1) return call.misused("one host");
    Trace trace{.call = call, .host = call.operands[0], .queries = 1};
    // Until somebody stops it on a terminal, ten times for a report.
    const bool report =
        call.options.has('r') || call.options.has('w') || call.json() || !call.out.terminal();
    std::uint64_t cycles = 0;
    const auto read_all = [&]() -> Result<> {
        TRY(read_trace(trace));
        if (!call.options.has('u') && !call.options.has('T')) trace.probe.kind = ProbeKind::icmp;
        cycles = static_cast<std::uint64_t>(
            TRY(number_option(call.options, 'c', 1, 1e9, report ? 10 : 1e9)));
        trace.patience =
            static_cast<std::int64_t>(TRY(number_option(call.options, 'Z', 0, 3600, 1)) * second);
        return {};
    };
    if (const auto done = read_all(); !done) {
        call.complain(done.error());
        return 2;
    }
    catch_interrupt();
    std::vector<Hop> hops;
    for (std::uint64_t cycle = 0; cycle < cycles && !interrupted(); ++cycle) {
        const auto begun = now();
        auto prober = Prober::open(trace.probe);
        if (!prober) {
            call.complain(prober.error());
            return 1;
        }
        trace.all.assign(
            static_cast<std::size_t>(trace.hops) - static_cast<std::size_t>(trace.first) + 1, {});
        if (const auto done = follow(trace, *prober, [](int) {}); !done)
            call.complain(done.error());
        add(hops, trace);
        if (trace.end)
            hops.resize(std::min(hops.size(), static_cast<std::size_t>(trace.end) -
                                                  static_cast<std::size_t>(trace.first) + 1));
        // No two cycles have numbers in common, so that what comes late counts for none.
        trace.base = static_cast<std::uint16_t>((trace.base + 256) % 16384);
        if (!report) {
            call.out.write("\x1b[H\x1b[J");
            print_report(trace, hops);
        }
        while (cycle + 1 < cycles && !interrupted() && now() - begun < second) {
            prober->wait(static_cast<int>((begun + second - now()) / 1000 + 1));
            while (prober->receive()) {
            }
        }
    }
    if (report) print_report(trace, hops);
    return call.status;
}

constexpr Option mtr_options[]{
    {'4', "", "", "only IPv4"},
    {'6', "", "", "only IPv6"},
    {'n', "no-dns", "", "addresses, no names: always so"},
    {'r', "report", "", "print once, at the end"},
    {'w', "report-wide", "", "the same"},
    {'c', "report-cycles", "COUNT", "rounds (10 for a report)"},
    {'u', "udp", "", "by UDP instead of ICMP"},
    {'T', "tcp", "", "by TCP connections"},
    {'P', "port", "PORT", "of UDP or TCP"},
    {'m', "max-ttl", "HOPS", "at most so far (30)"},
    {'f', "first-ttl", "HOP", "begin there (1)"},
    {'Z', "timeout", "SECONDS", "for an answer (1)"},
    {'i', "interface", "NAME", "by that one"},
    json_option,
};
constexpr Command mtr{
    .name = "mtr",
    .usage =
        "[-46nrwuT] [-c COUNT] [-P PORT] [-m HOPS] [-f HOP] [-Z SECONDS] [-i NAME] [-o json] HOST",
    .summary = "measure the routers on the way to a host, again and again",
    .theme = "network",
    .promise = Promise::network,
    .run = run_mtr,
    .options = option_table<mtr_options>,
    .help =
        "On a terminal the table is drawn anew each second until ^C; else, and with -r, once.\n"
        "JSON fields: hop, addresses, sent, received, loss (percent), last, avg, best, worst, "
        "stdev (ms).\n"
        "\nExample:\n  mtr -n --report -c 3 10.0.0.1\n",
};
const Register registered_mtr{mtr};

}  // namespace
}  // namespace limpet::commands
