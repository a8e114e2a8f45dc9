// network/trace.h - packets that may pass few routers, for traceroute and mtr.
#pragma once

#include "commands/network/internet.h"
#include "commands/network/probe.h"

#include <functional>
#include <vector>

namespace limpet::commands {

struct TraceQuery {
    std::int64_t sent = 0;
    std::int64_t took = -1;  // microseconds; -1: no answer
    bool over = false;
    ProbeArrival arrival;
};

struct Trace {
    Invocation& call;
    std::string host;
    Prober::Options probe;
    int first = 1;
    int hops = 30;
    int queries = 3;
    std::int64_t patience = 5 * second;
    std::uint16_t base = 0;       // sequence number of the first query
    std::vector<TraceQuery> all;  // those of a hop one behind the other
    int end = 0;                  // the hop that is the host itself; 0: not found yet

    [[nodiscard]] int last() const { return end ? end : hops; }
};

// Reads what both have: the host, how far, from where, by what.
Result<> read_trace(Trace& trace);
// Sends what may be sent and waits for what is out; `done` is told of every hop in order.
Result<> follow(Trace& trace, Prober& prober, const std::function<void(int hop)>& done);

}  // namespace limpet::commands
