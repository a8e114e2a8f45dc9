// ping.cpp - ping(8) as iputils has it.
#include "commands/command.h"
#include "commands/json.h"
#include "commands/network/internet.h"
#include "commands/network/probe.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace limpet::commands {
namespace {

struct Ping {
    Invocation& call;
    std::string host;
    parse::Address to;
    std::int64_t count = 0;  // 0: without end
    std::int64_t interval = second;
    std::int64_t patience =
        0;  // for the last answers; 0: twice the round trip, at least 10 s without any
    std::int64_t deadline = 0;  // of all; 0: none
    std::size_t size = 56;
    int ttl = 0;

    std::int64_t changed = 0;  // when something was last sent or came
    std::uint64_t sent = 0, received = 0, duplicates = 0, errors = 0;
    double least = 0, most = 0, sum = 0, squares = 0;
    struct Place {
        std::int64_t at = 0;
        std::uint16_t sequence = 0;
        bool answered = false;
    };
    // Answers to older ones are no longer told apart from duplicates.
    std::array<Place, 1024> places{};

    [[nodiscard]] Place& place(std::uint16_t sequence) { return places[sequence % places.size()]; }
};

// iputils' digits: as many as leave four that count.
std::string time_text(double milliseconds) {
    char text[32];
    const int digits = milliseconds >= 100 ? 0 : milliseconds >= 10 ? 1 : milliseconds >= 1 ? 2 : 3;
    std::snprintf(text, sizeof text, "%.*f", digits, milliseconds);
    return text;
}

void told(Ping& ping, const ProbeArrival& arrival, double milliseconds, bool timed,
          bool duplicate) {
    auto& out = ping.call.out;
    if (ping.call.json()) {
        JsonObject object;
        object.number("seq", arrival.sequence).text("from", parse::text(arrival.from));
        if (arrival.reply) {
            object.number("bytes", arrival.bytes).number("ttl", arrival.ttl);
            if (timed) object.real("time", milliseconds);
            object.boolean("duplicate", duplicate);
        } else {
            object.text("error", arrival_text(arrival, ping.to.family));
        }
        object.line(out);
    } else if (!ping.call.options.has('q')) {
        const auto from = parse::text(arrival.from);
        if (ping.call.options.has('D')) {
            timespec now{};
            ::clock_gettime(CLOCK_REALTIME, &now);
            out.print("[%lld.%06ld] ", static_cast<long long>(now.tv_sec), now.tv_nsec / 1000);
        }
        if (arrival.reply) {
            out.print("%zu bytes from %s: icmp_seq=%u", arrival.bytes, from.c_str(),
                      unsigned{arrival.sequence});
            if (arrival.ttl >= 0) out.print(" ttl=%d", arrival.ttl);
            if (timed) out.print(" time=%s ms", time_text(milliseconds).c_str());
            out.write(duplicate ? " (DUP!)\n" : "\n");
        } else if (arrival.local) {
            ping.call.complain("local error: " + arrival_text(arrival, ping.to.family));
        } else {
            out.print("From %s icmp_seq=%u %s\n", from.c_str(), unsigned{arrival.sequence},
                      arrival_text(arrival, ping.to.family).c_str());
        }
    }
    out.flush();
}

void take(Ping& ping, const ProbeArrival& arrival) {
    ping.changed = now();
    if (!arrival.reply) {
        ++ping.errors;
        return told(ping, arrival, 0, false, false);
    }
    auto& place = ping.place(arrival.sequence);
    const bool timed = place.sequence == arrival.sequence && place.at != 0;
    const bool duplicate = timed && place.answered;
    const double took = static_cast<double>(ping.changed - place.at) / 1000.0;
    if (timed) {
        place.answered = true;
        if (ping.received == 0 || took < ping.least) ping.least = took;
        ping.most = std::max(ping.most, took);
        ping.sum += took;
        ping.squares += took * took;
    }
    ++(duplicate ? ping.duplicates : ping.received);
    told(ping, arrival, took, timed, duplicate);
}

Result<> exchange(Ping& ping, Prober& prober) {
    const auto begun = now();
    auto next = begun;
    auto last = begun;
    catch_interrupt();
    while (!interrupted()) {
        const auto time = now();
        if (ping.deadline && time - begun >= ping.deadline) break;
        const bool more = ping.count == 0 || ping.sent < static_cast<std::uint64_t>(ping.count);
        if (more && time >= next) {
            const auto sequence = static_cast<std::uint16_t>(ping.sent + 1);
            auto& place = ping.place(sequence);
            const bool silent =
                ping.sent > 0 && !ping.place(static_cast<std::uint16_t>(ping.sent)).answered;
            if (silent && ping.call.options.has('O') && !ping.call.json()) {
                ping.call.out.print("no answer yet for icmp_seq=%llu\n",
                                    static_cast<unsigned long long>(ping.sent));
                ping.call.out.flush();
            }
            place = {now(), sequence, false};
            last = ping.changed = place.at;
            ++ping.sent;
            if (const auto done = prober.send(sequence, ping.ttl); !done) {
                // What cannot leave us is said each time, as the network may come back.
                ping.call.complain(done.error());
                ++ping.errors;
            }
            next = std::max(next + ping.interval, time);
            continue;
        }
        while (const auto arrival = prober.receive()) take(ping, *arrival);
        if (!more && ping.received + ping.errors >= ping.sent) break;
        // iputils waits two round trips for the last answer, when there was one.
        const auto round_trip = static_cast<std::int64_t>(2 * ping.most * 1000);
        const auto patience = ping.patience   ? ping.patience
                              : ping.received ? std::max(round_trip, ping.interval)
                                              : 10 * second;
        auto until = more ? next : last + patience;
        if (!more && time >= until) break;
        if (ping.deadline) until = std::min(until, begun + ping.deadline);
        prober.wait(
            static_cast<int>(std::clamp<std::int64_t>((until - now() + 999) / 1000, 0, 3'600'000)));
        while (const auto arrival = prober.receive()) take(ping, *arrival);
    }
    const auto took = (ping.changed - begun) / 1000;
    const auto lost = ping.sent
                          ? static_cast<double>(ping.sent - std::min(ping.received, ping.sent)) *
                                100 / static_cast<double>(ping.sent)
                          : 0;
    const auto number = static_cast<double>(ping.received);
    const double average = ping.received ? ping.sum / number : 0;
    const double deviation =
        ping.received ? std::sqrt(std::max(0.0, ping.squares / number - average * average)) : 0;
    auto& out = ping.call.out;
    if (ping.call.json()) {
        JsonObject object;
        object.text("host", ping.host).text("address", parse::text(ping.to));
        object.number("transmitted", ping.sent).number("received", ping.received);
        object.number("duplicates", ping.duplicates)
            .number("errors", ping.errors)
            .real("loss", lost);
        if (ping.received)
            object.real("min", ping.least)
                .real("avg", average)
                .real("max", ping.most)
                .real("mdev", deviation);
        object.line(out);
        return {};
    }
    const auto whole = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
    out.print("\n--- %s ping statistics ---\n%llu packets transmitted, %llu received, ",
              ping.host.c_str(), whole(ping.sent), whole(ping.received));
    if (ping.duplicates) out.print("+%llu duplicates, ", whole(ping.duplicates));
    if (ping.errors) out.print("+%llu errors, ", whole(ping.errors));
    out.print("%g%% packet loss, time %lldms\n", lost, static_cast<long long>(took));
    if (ping.received) {
        out.print("rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms", ping.least, average, ping.most,
                  deviation);
    }
    out.put('\n');
    return {};
}

constexpr std::int64_t microseconds(double seconds) {
    return static_cast<std::int64_t>(seconds * second);
}

Result<> read(Ping& ping, Prober::Options& options) {
    const auto& given = ping.call.options;
    ping.count = static_cast<std::int64_t>(TRY(number_option(given, 'c', 1, 1e15, 0)));
    ping.size = static_cast<std::size_t>(TRY(number_option(given, 's', 0, 65507, 56)));
    ping.ttl = static_cast<int>(TRY(number_option(given, 't', 1, 255, 0)));
    ping.interval = microseconds(TRY(number_option(given, 'i', 0, 1e8, 1)));
    ping.patience = microseconds(TRY(number_option(given, 'W', 0, 1e8, 0)));
    ping.deadline = microseconds(TRY(number_option(given, 'w', 0, 1e8, 0)));
    // Shorter is a flood: nothing that a look at a container should be.
    if (ping.interval < 2000) return refused("-i", "less than 0.002 seconds");
    options.size = ping.size;
    options.source = given.value('I').value_or("");
    if (const auto word = given.value('M')) {
        options.discover = *word == "do" || *word == "probe" ? IP_PMTUDISC_DO
                           : *word == "want"                 ? IP_PMTUDISC_WANT
                           : *word == "dont"                 ? IP_PMTUDISC_DONT
                                                             : -1;
        if (options.discover < 0)
            return refused("-M", "'" + std::string(*word) + "' is not do, want or dont");
    }
    return {};
}

int run(Invocation& call) {
    if (call.operands.size() != 1)
        return call.misused(call.operands.empty() ? "no host" : "one host");
    Ping ping{.call = call, .host = call.operands[0]};
    Prober::Options options;
    if (const auto done = read(ping, options); !done) return call.misused(text(done.error()));
    const int family = call.options.has('4')   ? AF_INET
                       : call.options.has('6') ? AF_INET6
                                               : AF_UNSPEC;
    const auto address = host_address(call.target, ping.host, family);
    if (!address) {
        call.complain(address.error());
        return 2;
    }
    ping.to = options.to = *address;
    auto prober = Prober::open(options);
    if (!prober) {
        call.complain(prober.error());
        return 2;
    }
    const auto shown = parse::text(ping.to);
    if (!call.json()) {
        std::string from;
        if (!options.source.empty()) {
            from = " from " + parse::text(prober->source()) + " ";
            if (!parse::numeric_address(options.source)) from += options.source;
            from += ":";
        }
        if (ping.to.family == AF_INET) {
            call.out.print("PING %s (%s)%s %zu(%zu) bytes of data.\n", ping.host.c_str(),
                           shown.c_str(), from.c_str(), ping.size, ping.size + 28);
        } else {
            call.out.print("PING %s(%s)%s %zu data bytes\n", ping.host.c_str(), shown.c_str(),
                           from.c_str(), ping.size);
        }
        call.out.flush();
    }
    static_cast<void>(exchange(ping, *prober));
    const bool enough = !ping.deadline || ping.count == 0 ||
                        ping.received >= static_cast<std::uint64_t>(ping.count);
    return ping.received && enough ? 0 : 1;
}

constexpr Option options[]{
    {'c', "", "COUNT", "stop after that many"},
    {'i', "", "SECONDS", "between two (1)"},
    {'W', "", "SECONDS", "wait that long for the last answer"},
    {'w', "", "SECONDS", "stop then, whatever came"},
    {'s', "", "BYTES", "of data (56)"},
    {'t', "", "TTL", "how many routers it may pass"},
    {'I', "", "SOURCE", "an interface or an address of ours"},
    {'M', "", "WHETHER", "to fragment: do (never), want, dont"},
    {'4', "", "", "only IPv4"},
    {'6', "", "", "only IPv6"},
    {'n', "", "", "addresses, no names: always so"},
    {'q', "", "", "only the summary"},
    {'D', "", "", "the time in front of each line"},
    {'O', "", "", "say when there is no answer before the next"},
    json_option,
};

constexpr Command command{
    .name = "ping",
    .usage =
        "[-46nqDO] [-c COUNT] [-i SECONDS] [-w SECONDS] [-W SECONDS] [-s BYTES] [-t TTL] [-I "
        "SOURCE] "
        "[-M WHETHER] [-o json] HOST",
    .summary = "ask a host to answer, from the target's network namespace",
    .theme = "network",
    .promise = Promise::network,
    .run = run,
    .options = option_table<options>,
    .help =
        "By an ICMP socket where net.ipv4.ping_group_range of the target lets, else by a raw one.\n"
        "Exits 1 when nothing came back (with -c and -w: not all), 2 on other problems.\n"
        "JSON fields of an answer: seq, from, bytes, ttl, time (ms), duplicate, or error; and of "
        "the\n"
        "last line host, address, transmitted, received, duplicates, errors, loss (percent), min, "
        "avg,\n"
        "max, mdev (ms).\n"
        "\nExample:\n  ping -c 3 -W 1 10.0.0.1\n",
};
const Register registered{command};

}  // namespace
}  // namespace limpet::commands
