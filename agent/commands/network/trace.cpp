// network/trace.cpp - packets that may pass few routers, for traceroute and mtr.
#include "commands/network/trace.h"

#include <netinet/icmp6.h>

#include <algorithm>

namespace limpet::commands {
namespace {

constexpr std::size_t at_once = 16;  // as many packets are on their way, as traceroute(8) has it

// Nobody further on can answer any better: the host itself, or who refuses for good.
bool ends(const ProbeArrival& arrival, int family) {
    if (arrival.reply) return true;
    return !arrival.local && arrival.type == (family == AF_INET ? 3 : int{ICMP6_DST_UNREACH});
}

void take(Trace& trace, const ProbeArrival& arrival) {
    const auto index = static_cast<std::uint16_t>(arrival.sequence - trace.base);
    if (index >= trace.all.size()) return;
    auto& query = trace.all[index];
    if (query.over || query.sent == 0) return;
    query.over = true;
    query.took = now() - query.sent;
    query.arrival = arrival;
    const int hop = trace.first + static_cast<int>(index) / trace.queries;
    if (ends(arrival, trace.probe.to.family) && (trace.end == 0 || hop < trace.end))
        trace.end = hop;
}

}  // namespace

Result<> follow(Trace& trace, Prober& prober, const std::function<void(int hop)>& done) {
    std::size_t next = 0;
    int shown = trace.first - 1;
    while (!interrupted()) {
        const auto time = now();
        std::size_t out = 0;
        std::int64_t until = time + second;
        const auto limit = static_cast<std::size_t>(trace.last() - trace.first + 1) *
                           static_cast<std::size_t>(trace.queries);
        for (std::size_t i = 0; i < next; ++i) {
            auto& query = trace.all[i];
            if (query.over) continue;
            if (time - query.sent >= trace.patience) {
                query.over = true;
                prober.forget(static_cast<std::uint16_t>(trace.base + i));
                continue;
            }
            ++out;
            until = std::min(until, query.sent + trace.patience);
        }
        while (out < at_once && next < limit) {
            auto& query = trace.all[next];
            query.sent = now();
            const auto sequence = static_cast<std::uint16_t>(trace.base + next);
            const int ttl = trace.first + static_cast<int>(next) / trace.queries;
            if (const auto sent = prober.send(sequence, ttl); !sent) {
                if (next == 0) return sent;
                query.over = true;
            }
            ++next;
            ++out;
            until = std::min(until, query.sent + trace.patience);
        }
        while (const auto arrival = prober.receive()) take(trace, *arrival);
        for (; shown < trace.last(); ++shown) {
            const auto at = static_cast<std::size_t>(shown + 1 - trace.first) *
                            static_cast<std::size_t>(trace.queries);
            const auto own =
                std::span(trace.all).subspan(at, static_cast<std::size_t>(trace.queries));
            if (!std::ranges::all_of(own, [](const TraceQuery& query) { return query.over; }))
                break;
            done(shown + 1);
        }
        if (shown >= trace.last()) return {};
        prober.wait(
            static_cast<int>(std::clamp<std::int64_t>((until - now() + 999) / 1000, 0, 1000)));
        while (const auto arrival = prober.receive()) take(trace, *arrival);
    }
    return {};
}

Result<> read_trace(Trace& trace) {
    const auto& given = trace.call.options;
    const bool tcp = given.has('T');
    trace.hops = static_cast<int>(TRY(number_option(given, 'm', 1, 255, 30)));
    trace.first = static_cast<int>(TRY(number_option(given, 'f', 1, trace.hops, 1)));
    trace.probe.kind = tcp                                ? ProbeKind::tcp
                       : given.has('I') || given.has('e') ? ProbeKind::icmp
                                                          : ProbeKind::udp;
    trace.probe.source = given.value('s').value_or(given.value('i').value_or(""));
    const auto port = static_cast<std::uint16_t>(
        TRY(number_option(given, given.has('P') ? 'P' : 'p', 1, 65000, tcp ? 80 : 33434)));
    trace.probe.size = 32;
    const int family = given.has('4') ? AF_INET : given.has('6') ? AF_INET6 : AF_UNSPEC;
    trace.probe.to = TRY(host_address(trace.call.target, trace.host, family));
    trace.probe.to.port = port;
    return {};
}

}  // namespace limpet::commands
