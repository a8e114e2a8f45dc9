// network/probe.h - single packets whose answers are waited for: ping, traceroute and mtr.
//
// No packet is taken apart that somebody else received: what routers say of ours comes by the
// socket's error queue (IP_RECVERR, ip(7)), which needs no privilege.
#pragma once

#include "commands/command.h"
#include "limpet/fd.h"
#include "limpet/result.h"
#include "parse/socket.h"
#include "target/target.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace limpet::commands {

// By the target's names; an address as it stands.
Result<parse::Address> host_address(const target::Target& target, const std::string& host,
                                    int family);

enum class ProbeKind : std::uint8_t { icmp, udp, tcp };

struct ProbeArrival {
    parse::Address from;
    std::uint16_t sequence = 0;
    bool reply = false;  // of whom we asked; else an error that somebody on the way tells of
    bool local = false;  // our own kernel's: code is an errno
    std::uint8_t type = 0, code = 0;
    int error = 0;
    std::uint32_t mtu = 0;  // with "packet too big"
    int ttl = -1;           // what was left of it
    std::size_t bytes = 0;  // of the ICMP message
};

class Prober {
public:
    struct Options {
        ProbeKind kind = ProbeKind::icmp;
        parse::Address to;  // for udp the port of sequence 0, for tcp the port
        std::size_t size = 56;
        std::string source;  // an interface or an address
        int discover = -1;   // IP_PMTUDISC_*, -1: the kernel's own
    };
    // An ICMP socket that everybody may open, where the target's kernel lets; else a raw one.
    static Result<Prober> open(Options options);

    // Nothing when it went out, an error when the kernel said no.
    Result<> send(std::uint16_t sequence, int ttl);
    // What has come by now.
    std::optional<ProbeArrival> receive();
    // The address of ours that it goes out from.
    [[nodiscard]] const parse::Address& source() const { return source_; }
    // Until something comes, a signal does, or so many milliseconds are over.
    void wait(int milliseconds);
    [[nodiscard]] bool raw() const { return raw_; }
    // No answer to that one is waited for any more.
    void forget(std::uint16_t sequence);

private:
    struct Connection {
        Fd socket;
        std::uint16_t sequence = 0;
    };
    Result<> set_up(BorrowedFd socket) const;
    Result<> look_for_way();
    Result<> connect(std::uint16_t sequence, int ttl);
    std::optional<ProbeArrival> failure(BorrowedFd socket);
    std::optional<ProbeArrival> echo();
    std::optional<ProbeArrival> answered(Connection& connection);

    Options options_;
    parse::Address source_;
    Fd socket_;
    bool raw_ = false;
    std::uint16_t id_ = 0;
    std::vector<Connection> connections_;  // of tcp, one for each probe
};

// "Destination Host Unreachable", "Time to live exceeded".
std::string arrival_text(const ProbeArrival& arrival, int family);

// A number that may have a fraction, within those bounds.
Result<double> number_option(const commands::Options& given, char letter, double least, double most,
                             double otherwise);

// SIGINT ends what runs, and the summary is still printed.
void catch_interrupt();
bool interrupted();

}  // namespace limpet::commands
