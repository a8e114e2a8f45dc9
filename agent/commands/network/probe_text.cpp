// network/probe_text.cpp - what ping, traceroute and mtr share beside packets: words, numbers,
// time.
#include "commands/network/probe.h"

#include "commands/network/resolve.h"
#include "commands/session/duration.h"

#include <netinet/icmp6.h>

#include <linux/icmp.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>

namespace limpet::commands {
namespace {

volatile std::sig_atomic_t stopped = 0;

}  // namespace

std::string arrival_text(const ProbeArrival& arrival, int family) {
    if (arrival.local)
        return std::string(arrival.error == EMSGSIZE
                               ? "message too long, mtu=" + std::to_string(arrival.mtu)
                               : std::strerror(arrival.error));
    constexpr std::array<std::string_view, 16> four{"Net Unreachable",
                                                    "Host Unreachable",
                                                    "Protocol Unreachable",
                                                    "Port Unreachable",
                                                    "Frag needed and DF set",
                                                    "Source Route Failed",
                                                    "Net Unknown",
                                                    "Host Unknown",
                                                    "Host Isolated",
                                                    "Net Prohibited",
                                                    "Host Prohibited",
                                                    "Net Unreachable for Type of Service",
                                                    "Host Unreachable for Type of Service",
                                                    "Packet filtered",
                                                    "Precedence Violation",
                                                    "Precedence Cutoff"};
    constexpr std::array<std::string_view, 7> six{"No route",
                                                  "Administratively prohibited",
                                                  "Beyond scope of source address",
                                                  "Address unreachable",
                                                  "Port unreachable",
                                                  "Source address failed policy",
                                                  "Reject route"};
    const bool unreachable =
        arrival.type == (family == AF_INET ? ICMP_DEST_UNREACH : ICMP6_DST_UNREACH);
    if (unreachable && family == AF_INET && arrival.code < four.size()) {
        std::string text(arrival.code == ICMP_FRAG_NEEDED || arrival.code == ICMP_PKT_FILTERED
                             ? ""
                             : "Destination ");
        text += four[arrival.code];
        if (arrival.mtu) text += " (mtu = " + std::to_string(arrival.mtu) + ")";
        return text;
    }
    if (unreachable && arrival.code < six.size())
        return "Destination unreachable: " + std::string(six[arrival.code]);
    if (arrival.type == (family == AF_INET ? ICMP_TIME_EXCEEDED : ICMP6_TIME_EXCEEDED)) {
        return arrival.code ? "Frag reassembly time exceeded" : "Time to live exceeded";
    }
    if (family == AF_INET6 && arrival.type == ICMP6_PACKET_TOO_BIG)
        return "Packet too big: mtu=" + std::to_string(arrival.mtu);
    return "ICMP type " + std::to_string(arrival.type) + " code " + std::to_string(arrival.code);
}

Result<double> number_option(const commands::Options& given, char letter, double least, double most,
                             double otherwise) {
    const auto text = given.value(letter);
    if (!text) return otherwise;
    const auto value = duration(std::string(*text)).value_or(-1);
    if (!(value >= least && value <= most)) {
        char range[80];
        std::snprintf(range, sizeof range, "no number from %.15g to %.15g", least, most);
        return refused(std::string("-") + letter, "'" + std::string(*text) + "' is " + range);
    }
    return value;
}

void catch_interrupt() {
    struct sigaction action{};
    action.sa_handler = [](int) { stopped = 1; };
    ::sigaction(SIGINT, &action, nullptr);
    ::sigaction(SIGALRM, &action, nullptr);
}

bool interrupted() { return stopped; }

Result<parse::Address> host_address(const target::Target& target, const std::string& host,
                                    int family) {
    const auto found = TRY(resolve(target, host, family));
    return found.front();
}

}  // namespace limpet::commands
