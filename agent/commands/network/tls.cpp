// tls.cpp - what a server's handshake and certificates are, and what the target would think of
// them.
#include "commands/fields.h"
#include "commands/json.h"
#include "commands/network/resolve.h"
#include "commands/network/tls_probe.h"
#include "commands/session/duration.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <algorithm>
#include <ctime>

namespace limpet::commands {

Result<> read_peer(TlsProbe& probe, std::string_view word) {
    std::string_view host = word, port;
    if (word.starts_with('[')) {
        const auto end = word.find(']');
        host = word.substr(1, end == word.npos ? end : end - 1);
        if (end != word.npos && end + 1 < word.size()) port = word.substr(end + 2);
    } else if (std::ranges::count(word, ':') == 1) {
        host = word.substr(0, word.find(':'));
        port = word.substr(word.find(':') + 1);
    }
    probe.host = host;
    if (port.empty()) return {};
    const auto number = parse::number<std::uint16_t>(port);
    if (!number || *number == 0) return refused("port", "'" + std::string(port) + "' is none");
    probe.port = *number;
    return {};
}

Result<> shake_hands(Invocation& call, TlsProbe& probe) {
    const auto begin = now();
    auto& tls = probe.tls;
    if (tls.name.empty()) tls.name = probe.host;
    tls.roots = TRY(trusted_roots(call.target, probe.roots_file));
    Fd socket;
    if (!probe.unix_socket.empty()) {
        socket =
            TRY(connect_unix(call.target, probe.unix_socket, SOCK_STREAM, begin + probe.patience));
    } else {
        auto addresses = TRY(resolve(call.target, probe.host, probe.family));
        probe.named = now() - begin;
        Result<Fd> connected = failed("connect to", probe.host, EADDRNOTAVAIL);
        for (auto& address : addresses) {
            address.port = probe.port;
            connected = connect_to(address, SOCK_STREAM, now() + probe.patience);
            probe.remote = address;
            if (connected) break;
        }
        socket = TRY(std::move(connected));
    }
    const auto there = now();
    probe.connected = there - begin - probe.named;
    probe.connection = Connection(std::move(socket));
    const auto done = probe.connection.secure(tls, there + probe.patience);
    probe.secured = now() - there;
    probe.report = probe.connection.report();
    if (!done) probe.failure = done.error();
    return {};
}

void print_certificate(Invocation& call, const TlsCertificate& one) {
    const auto days = (one.ends - ::time(nullptr)) / 86400;
    std::string names;
    for (const auto& name : one.names) names.append(names.empty() ? "" : " ").append(name);
    std::string validity(one.not_before);
    validity.append(" to ").append(one.not_after).append(" (").append(std::to_string(days));
    validity += days < 0 ? " days: over)" : " days left)";
    field(call, "  subject", one.subject);
    field(call, "  issuer", one.issuer);
    if (!names.empty()) field(call, "  names", names);
    field(call, "  valid", validity);
    field(call, "  key", one.key);
    field(call, "  signature", one.signature);
    field(call, "  serial", one.serial);
    field(call, "  sha256", one.fingerprint);
}

namespace {

std::string milliseconds(std::int64_t microseconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.1f ms", static_cast<double>(microseconds) / 1000);
    return text;
}

void print_table(Invocation& call, const TlsProbe& probe) {
    const auto& report = probe.report;
    field(call, "server", parse::text_with_port(probe.remote));
    field(call, "name", probe.tls.name);
    if (!report.version.empty()) {
        field(call, "version", report.version);
        field(call, "cipher", report.cipher);
        if (!report.group.empty()) field(call, "group", report.group);
        field(call, "alpn", report.protocol.empty() ? "none" : report.protocol);
    }
    if (probe.failure) {
        field(call, "handshake", text(*probe.failure));
    } else {
        field(call, "verification", report.verdict ? report.verdict_text : "ok");
    }
    std::string times("name ");
    times.append(milliseconds(probe.named)).append(", connect ");
    times.append(milliseconds(probe.connected)).append(", handshake ");
    field(call, "time", times.append(milliseconds(probe.secured)));
    for (std::size_t i = 0; i < report.chain.size(); ++i) {
        field(call, "certificate " + std::to_string(i), i == 0 ? "of the server" : "");
        print_certificate(call, report.chain[i]);
        if (call.options.has("show-certs")) call.out.write(report.chain[i].pem);
    }
}

void print_object(Invocation& call, const TlsProbe& probe) {
    const auto& report = probe.report;
    std::string chain = "[";
    for (const auto& one : report.chain) {
        if (chain.size() > 1) chain += ',';
        JsonObject object;
        object.text("subject", one.subject)
            .text("issuer", one.issuer)
            .texts("names", one.names)
            .text("not_before", one.not_before)
            .text("not_after", one.not_after)
            .number("days_left", (one.ends - ::time(nullptr)) / 86400)
            .text("key", one.key)
            .text("signature", one.signature)
            .text("serial", one.serial)
            .text("sha256", one.fingerprint);
        if (call.options.has("show-certs")) object.text("pem", one.pem);
        chain += object.take();
    }
    JsonObject object;
    object.text("server", parse::text(probe.remote))
        .number("port", probe.port)
        .text("name", probe.tls.name)
        .text("version", report.version)
        .text("cipher", report.cipher)
        .text("group", report.group)
        .text("alpn", report.protocol)
        .number("verification", report.verdict)
        .text("verification_text", report.verdict_text)
        .text("error", probe.failure ? text(*probe.failure) : std::string())
        .real("name_ms", static_cast<double>(probe.named) / 1000)
        .real("connect_ms", static_cast<double>(probe.connected) / 1000)
        .real("handshake_ms", static_cast<double>(probe.secured) / 1000)
        .raw("chain", chain + "]");
    object.line(call.out);
}

Result<> read_options(const Invocation& call, TlsProbe& probe) {
    const auto& given = call.options;
    probe.tls.verify = false;
    if (const auto name = given.value("servername")) probe.tls.name = *name;
    probe.tls.send_name = !given.has("noservername");
    if (const auto file = given.value("cacert")) probe.roots_file = call.path(*file);
    if (const auto path = given.value("unix-socket")) probe.unix_socket = call.path(*path);
    std::string_view protocols = given.value("alpn").value_or("");
    while (!protocols.empty()) probe.tls.protocols.emplace_back(parse::take(protocols, ','));
    if (given.has('2')) probe.tls.highest = 12;
    if (given.has('3')) probe.tls.lowest = 13;
    if (given.has('4') != given.has('6')) probe.family = given.has('4') ? AF_INET : AF_INET6;
    if (const auto text = given.value('w')) {
        const auto seconds = duration(std::string(*text));
        if (!seconds) return refused("time", "'" + std::string(*text) + "' is none");
        probe.patience = static_cast<std::int64_t>(std::fmin(*seconds, 1e6) * second);
    }
    return {};
}

int run(Invocation& call) {
    TlsProbe one;
    if (const auto read = read_options(call, one); !read) return call.misused(text(read.error()));
    const auto& words = call.operands;
    if (words.empty() || words.size() > 2) return call.misused("a host is needed");
    auto peer = words[0];
    if (words.size() == 2) peer.append(":").append(words[1]);
    if (const auto read = read_peer(one, peer); !read) return call.misused(text(read.error()));
    if (const auto done = shake_hands(call, one); !done) {
        call.complain(done.error());
        return 1;
    }
    if (call.json()) {
        print_object(call, one);
    } else {
        print_table(call, one);
    }
    return one.failure || one.report.verdict != 0 ? 1 : 0;
}

constexpr Option options[]{
    {'2', "", "", "TLS 1.2 only"},
    {'3', "", "", "TLS 1.3 only"},
    {'4', "", "", "only IPv4"},
    {'6', "", "", "only IPv6"},
    {'a', "alpn", "NAMES", "offer these protocols: h2,http/1.1"},
    {'c', "cacert", "FILE", "trust these certificates, not the target's"},
    {'n', "servername", "NAME", "ask for this name, and look for it in the certificate"},
    {0, "noservername", "", "ask for no name"},
    {0, "show-certs", "", "the certificates themselves, in PEM"},
    {0, "unix-socket", "PATH", "through that socket of the target"},
    {'w', "", "SECONDS", "for connecting, and for the handshake (15)"},
    json_option,
};

constexpr Command tls{
    .name = "tls",
    .usage = "[-2346] [-a NAMES] [-c FILE] [-n NAME] [-w S] [-o json] HOST[:PORT]",
    .summary = "show a server's TLS handshake and certificates",
    .theme = "network",
    .promise = Promise::network,
    .run = run,
    .options = option_table<options>,
    .help =
        "Certificates are verified against the bundle of the target (/etc/ssl/certs and its kin), "
        "as\n"
        "its own programs would, and the handshake goes on whatever comes out. PORT is 443. Exit\n"
        "status 1 when nothing was connected, the handshake failed or the chain is not trusted.\n"
        "TLS 1.2 and 1.3, with ECDHE or RSA; no client certificates.\n"
        "JSON fields: server, port, name, version, cipher, group, alpn, verification (0: ok, else\n"
        "X509_V_ERR_*), verification_text, error (of the handshake), name_ms, connect_ms,\n"
        "handshake_ms, chain (a list of subject, issuer, names, not_before, not_after, days_left,\n"
        "key, signature, serial, sha256; with --show-certs pem).\n"
        "\nExamples:\n  tls api.example.com\n  tls -n web.test -o json 10.0.0.7:8443\n",
};
const Register registered{tls};

}  // namespace
}  // namespace limpet::commands
