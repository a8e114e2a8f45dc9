// network/connection.h - a stream of bytes to a server, plain or inside TLS, with a bound on every
// wait.
#pragma once

#include "commands/network/internet.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands {

struct TlsSettings {
    std::string name;  // told to the server (SNI) and looked for in its certificate
    bool send_name = true;
    bool verify =
        true;           // a certificate that is not trusted, or of another name, ends the handshake
    std::string roots;  // certificates that are trusted, PEM
    int lowest = 12, highest = 13;       // versions: 10 to 13
    std::vector<std::string> protocols;  // ALPN
};

// What a handshake came to; empty without OpenSSL.
struct TlsCertificate {
    std::string subject, issuer;  // "CN = example.com, O = …"
    std::string serial, not_before, not_after, key, signature;
    std::string fingerprint, fingerprint1;  // SHA-256, SHA-1
    std::vector<std::string> names;         // DNS and IP of the subjectAltName
    std::int64_t begins = 0, ends = 0;      // seconds since the epoch
    std::string pem;
};
struct TlsReport {
    std::string version, cipher, group,
        protocol;  // "TLSv1.3", "TLS_AES_256_GCM_SHA384", "X25519", "h2"
    std::string peer_signature;
    std::vector<TlsCertificate> chain;  // as it was sent, the server's own first
    int verdict = 0;                    // X509_V_*; 0: all is well
    std::string verdict_text;           // "certificate has expired"
};

class Tls;

class Connection {
public:
    Connection();
    explicit Connection(Fd socket);
    Connection(Connection&&) noexcept;
    Connection& operator=(Connection&&) noexcept;
    ~Connection();

    // The handshake. With a name that verification refuses, report() still tells of the chain.
    Result<> secure(const TlsSettings& settings, std::int64_t deadline);
    [[nodiscard]] TlsReport report() const;
    [[nodiscard]] int verdict() const;

    // At least one byte; 0 at the end.
    Result<std::size_t> read(std::span<char> bytes, std::int64_t deadline);
    Result<> write(std::string_view bytes, std::int64_t deadline);
    [[nodiscard]] BorrowedFd fd() const { return socket_; }

private:
    Fd socket_;
    std::unique_ptr<Tls> tls_;
};

// The certificates in a PEM file, at most so many; refused without OpenSSL.
Result<std::vector<TlsCertificate>> read_certificates(std::string_view pem, std::size_t most);

// The target's bundle of certificates, or that file: PEM.
Result<std::string> trusted_roots(const target::Target& target, std::string_view file);

}  // namespace limpet::commands
