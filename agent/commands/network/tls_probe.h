// network/tls_probe.h - a handshake with a server, for tls and openssl s_client.
#pragma once

#include "commands/command.h"
#include "commands/network/connection.h"

namespace limpet::commands {

struct TlsProbe {
    std::string host;
    std::uint16_t port = 443;
    int family = AF_UNSPEC;
    std::int64_t patience = 15 * second;  // for each of connecting and the handshake
    std::string roots_file;
    std::string unix_socket;
    TlsSettings tls;

    Connection connection;
    parse::Address remote;
    TlsReport report;
    std::int64_t named = 0, connected = 0, secured = 0;  // microseconds each took
    std::optional<Error> failure;                        // of the handshake
};

// "HOST", "HOST:PORT", "[::1]:PORT".
Result<> read_peer(TlsProbe& probe, std::string_view word);
// An error when nothing was connected; a handshake that fails is in `failure`, so that what is
// known of it can be told.
Result<> shake_hands(Invocation& call, TlsProbe& probe);
// What a table or JSON says of one certificate.
void print_certificate(Invocation& call, const TlsCertificate& one);

}  // namespace limpet::commands
