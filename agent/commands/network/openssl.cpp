// openssl.cpp - what is typed as `openssl s_client` and `openssl x509`: probing a server, reading a
// certificate.
#include "commands/network/tls_probe.h"
#include "parse/calendar.h"
#include "parse/lines.h"
#include "parse/resolver.h"
#include "target/deadline.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace limpet::commands {
namespace {

constexpr std::size_t most_pem = std::size_t{8} << 20;
constexpr std::size_t most_certificates = 1000;

struct Client {
    TlsProbe probe;
    bool all = false, brief = false, quiet = false, strict = false, waits = false;
};

std::string date(std::int64_t seconds) {
    return parse::format_time("%b %e %H:%M:%S %Y GMT", parse::moment(seconds));
}

Result<std::string> following(std::span<const std::string> words, std::size_t& at) {
    if (at + 1 >= words.size()) return refused("option", words[at] + " needs a value");
    return words[++at];
}

Result<Client> read_client(Invocation& call, std::span<const std::string> words) {
    Client client;
    auto& one = client.probe;
    one.tls.verify = false;
    // Switches that change nothing here, or what is always so.
    constexpr std::string_view idle[]{"-status",
                                      "-no_ticket",
                                      "-nocommands",
                                      "-state",
                                      "-msg",
                                      "-debug",
                                      "-prexit",
                                      "-crlf",
                                      "-no_ssl3",
                                      "-no_tls1",
                                      "-no_tls1_1",
                                      "-tlsextdebug",
                                      "-legacy_renegotiation",
                                      "-no_check_time"};
    constexpr std::string_view idle_values[]{"-verify",      "-starttls_name", "-CApath",
                                             "-cipher",      "-ciphersuites",  "-rand",
                                             "-verify_depth"};
    for (std::size_t at = 0; at < words.size(); ++at) {
        std::string_view word = words[at];
        if (word.starts_with("--")) word.remove_prefix(1);
        if (word == "-connect") {
            TRY(read_peer(one, TRY(following(words, at))));
        } else if (word == "-host") {
            one.host = TRY(following(words, at));
        } else if (word == "-port") {
            TRY(read_peer(one, one.host + ":" + TRY(following(words, at))));
        } else if (word == "-servername" || word == "-verify_hostname") {
            one.tls.name = TRY(following(words, at));
        } else if (word == "-CAfile") {
            one.roots_file = call.path(TRY(following(words, at)));
        } else if (word == "-unix") {
            one.unix_socket = call.path(TRY(following(words, at)));
        } else if (word == "-alpn") {
            const auto list = TRY(following(words, at));
            for (std::string_view rest = list; !rest.empty();) {
                one.tls.protocols.emplace_back(parse::take(rest, ','));
            }
        } else if (word == "-noservername") {
            one.tls.send_name = false;
        } else if (word == "-tls1_2") {
            one.tls.highest = 12;
        } else if (word == "-tls1_3") {
            one.tls.lowest = 13;
        } else if (word == "-4" || word == "-6") {
            one.family = word == "-4" ? AF_INET : AF_INET6;
        } else if (word == "-showcerts") {
            client.all = true;
        } else if (word == "-brief") {
            client.brief = true;
        } else if (word == "-quiet") {
            client.quiet = client.waits = true;
        } else if (word == "-ign_eof") {
            client.waits = true;
        } else if (word == "-no_ign_eof") {
            client.waits = false;
        } else if (word == "-verify_return_error" || word == "-verify_quiet") {
            client.strict = client.strict || word == "-verify_return_error";
        } else if (std::ranges::find(idle_values, word) != std::end(idle_values)) {
            TRY(following(words, at));
        } else if (word.starts_with('-')) {
            if (std::ranges::find(idle, word) == std::end(idle)) {
                return refused("option", "there is no s_client " + words[at]);
            }
        } else {
            TRY(read_peer(one, word));
        }
    }
    if (one.host.empty() && one.unix_socket.empty()) {
        return refused("s_client", "-connect HOST:PORT is needed");
    }
    return client;
}

void print_client(Invocation& call, const Client& client) {
    auto& out = call.out;
    const auto& report = client.probe.report;
    out.write("CONNECTED(00000003)\n---\nCertificate chain\n");
    for (std::size_t i = 0; i < report.chain.size(); ++i) {
        const auto& one = report.chain[i];
        out.print("%2zu s:%s\n   i:%s\n", i, one.subject.c_str(), one.issuer.c_str());
        out.print("   a:PKEY: %s; sigalg: %s\n", one.key.c_str(), one.signature.c_str());
        out.print("   v:NotBefore: %s; NotAfter: %s\n", date(one.begins).c_str(),
                  date(one.ends).c_str());
        if (client.all) out.write(one.pem);
    }
    out.write("---\n");
    if (report.chain.empty()) {
        out.write("no peer certificate available\n");
    } else {
        const auto& own = report.chain[0];
        out.write("Server certificate\n");
        if (!client.all) out.write(own.pem);
        out.print("subject=%s\nissuer=%s\n", own.subject.c_str(), own.issuer.c_str());
    }
    out.write("---\n");
    if (!report.group.empty()) out.print("Server Temp Key: %s\n---\n", report.group.c_str());
    if (!report.version.empty()) {
        out.print("New, %s, Cipher is %s\n", report.version.c_str(), report.cipher.c_str());
        out.print(report.protocol.empty() ? "No ALPN negotiated\n%s" : "ALPN protocol: %s\n",
                  report.protocol.c_str());
    } else {
        out.write("New, (NONE), Cipher is (NONE)\n");
    }
    out.print("Verify return code: %d (%s)\n---\n", report.verdict, report.verdict_text.c_str());
}

// Bytes both ways until the server ends, or the input does unless the server is to be waited for.
Result<> talk(Invocation& call, Client& client) {
    auto& connection = client.probe.connection;
    std::array<char, 16384> buffer;
    bool reads = true;
    target::deadline::leave();
    for (;;) {
        call.out.flush();
        pollfd both[2]{{connection.fd().get(), POLLIN, 0},
                       {reads ? call.in.fd().get() : -1, POLLIN, 0}};
        if (::poll(both, 2, -1) < 0 && errno != EINTR) return failed("poll", "");
        if (both[1].revents) {
            const auto got = ::read(call.in.fd().get(), buffer.data(), buffer.size());
            if (got > 0) {
                TRY(connection.write({buffer.data(), static_cast<std::size_t>(got)}, never));
            } else {
                reads = false;
                if (!client.waits) return {};
            }
        }
        if (both[0].revents) {
            // A record may hold no data (a ticket of TLS 1.3): that is no reason to wait for more.
            const auto got = connection.read(buffer, now());
            if (!got && got.error().code == ETIMEDOUT) continue;
            if (!got) return std::unexpected(got.error());
            if (*got == 0) return {};
            call.out.write({buffer.data(), *got});
        }
    }
}

int run_client(Invocation& call, std::span<const std::string> words) {
    auto client = read_client(call, words);
    if (!client) return call.misused(text(client.error()));
    auto& one = client->probe;
    if (const auto done = shake_hands(call, one); !done) {
        call.complain(done.error());
        return 1;
    }
    const bool refused = client->strict && one.report.verdict != 0;
    if (client->brief && !one.failure) {
        call.error.print(
            "CONNECTION ESTABLISHED\nProtocol version: %s\nCiphersuite: %s\n"
            "Verification: %s\n",
            one.report.version.c_str(), one.report.cipher.c_str(),
            one.report.verdict ? one.report.verdict_text.c_str() : "OK");
        call.error.flush();
    } else if (!client->quiet) {
        print_client(call, *client);
    }
    if (one.failure) {
        call.complain(*one.failure);
        return 1;
    }
    if (refused) {
        call.complain(one.report.verdict_text);
        return 1;
    }
    const auto done = talk(call, *client);
    if (!done) call.complain(done.error());
    if (!client->quiet && done) call.error.write("DONE\n");
    call.error.flush();
    return done ? 0 : 1;
}

Result<std::string> read_pem(Invocation& call, const std::string& name) {
    auto input = TRY(call.open(name));
    std::string pem;
    for (;;) {
        const auto block = TRY(input.block());
        if (block.empty()) return pem;
        pem += block;
        if (pem.size() > most_pem) return refused("certificate", "a file of more than 8 MiB");
    }
}

int run_x509(Invocation& call, std::span<const std::string> words) {
    std::string file = "-", sum = "SHA1";
    std::vector<std::string_view> wanted;
    bool pem = true;
    constexpr std::string_view known[]{"-subject",     "-issuer",  "-dates",
                                       "-startdate",   "-enddate", "-serial",
                                       "-fingerprint", "-text",    "-ext"};
    for (std::size_t at = 0; at < words.size(); ++at) {
        const std::string_view word = words[at];
        if (word == "-noout") {
            pem = false;
        } else if (word == "-sha256" || word == "-sha1") {
            sum = word == "-sha1" ? "SHA1" : "sha256";
        } else if (word == "-in" || word == "-ext" || word == "-inform" || word == "-nameopt") {
            const auto value = following(words, at);
            if (!value) return call.misused(text(value.error()));
            if (word == "-in") file = *value;
            if (word == "-ext") wanted.push_back(word);
        } else if (std::ranges::find(known, word) != std::end(known)) {
            wanted.push_back(word);
        } else {
            return call.misused("there is no x509 " + words[at]);
        }
    }
    const auto bytes = read_pem(call, file);
    const auto found =
        bytes ? read_certificates(*bytes, most_certificates) : std::unexpected(bytes.error());
    if (!found) {
        call.complain(found.error());
        return 1;
    }
    const auto& one = found->front();
    auto& out = call.out;
    for (const auto word : wanted) {
        const bool dates = word == "-dates";
        if (word == "-subject") out.print("subject=%s\n", one.subject.c_str());
        if (word == "-issuer") out.print("issuer=%s\n", one.issuer.c_str());
        if (word == "-serial") out.print("serial=%s\n", one.serial.c_str());
        if (dates || word == "-startdate") out.print("notBefore=%s\n", date(one.begins).c_str());
        if (dates || word == "-enddate") out.print("notAfter=%s\n", date(one.ends).c_str());
        if (word == "-fingerprint") {
            const auto& digest = sum == "SHA1" ? one.fingerprint1 : one.fingerprint;
            out.print("%s Fingerprint=%s\n", sum.c_str(), digest.c_str());
        }
        if (word == "-ext") {
            std::string names;
            for (const auto& name : one.names) {
                names += names.empty() ? "" : ", ";
                names += parse::address(name) ? "IP Address:" : "DNS:";
                names += name;
            }
            out.print("X509v3 Subject Alternative Name: \n    %s\n", names.c_str());
        }
        if (word == "-text") print_certificate(call, one);
    }
    if (pem) out.write(one.pem);
    return 0;
}

int run(Invocation& call) {
    const auto& words = call.operands;
    if (words.empty()) return call.misused("s_client or x509 is needed");
    const auto rest = std::span<const std::string>(words).subspan(1);
    if (words[0] == "--help") {
        call.out.write(help_text(call.command));
        return 0;
    }
    if (words[0] == "s_client") return run_client(call, rest);
    if (words[0] == "x509") return run_x509(call, rest);
    if (words[0] == "version") {
        call.out.write("limpet's openssl: s_client and x509, by OpenSSL 3.0\n");
        return 0;
    }
    return call.misused("there is no openssl " + words[0]);
}

constexpr Command openssl{
    .name = "openssl",
    .usage = "s_client -connect HOST:PORT [OPTION...] | x509 [OPTION...] [-in FILE]",
    .summary = "probe a TLS server, read a certificate, as they are typed",
    .theme = "network",
    .promise = Promise::network,
    .run = run,
    .help =
        "s_client: -connect, -servername, -noservername, -showcerts, -CAfile, -alpn, -tls1_2,\n"
        "-tls1_3, -4, -6, -unix, -brief, -quiet, -ign_eof, -verify_return_error, "
        "-verify_hostname.\n"
        "Certificates are verified against the target's bundle. What is typed goes to the server.\n"
        "x509: -in, -noout, -subject, -issuer, -dates, -startdate, -enddate, -serial, "
        "-fingerprint,\n"
        "-sha256, -ext subjectAltName, -text (short). tls shows the same as a table or as JSON.\n"
        "\nExamples:\n  openssl s_client -connect api:443 -servername api.test </dev/null\n"
        "  openssl x509 -noout -dates -in /etc/tls/tls.crt\n",
    .raw = true,
};
const Register registered{openssl};

}  // namespace
}  // namespace limpet::commands
