// network/connection.cpp - a stream of bytes to a server, plain or inside TLS.
#include "commands/network/connection.h"

#include "commands/network/tls_session.h"

namespace limpet::commands {
namespace {

// Debian and Alpine, RHEL, SUSE, and again RHEL and BSD: where their OpenSSL looks.
constexpr const char* bundles[]{"/etc/ssl/certs/ca-certificates.crt",
                                "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
                                "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                                "/etc/ssl/cert.pem"};
constexpr std::size_t bundle_limit = std::size_t{8} << 20;

}  // namespace

Connection::Connection() = default;
Connection::Connection(Fd socket) : socket_(std::move(socket)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<> Connection::secure(const TlsSettings& settings, std::int64_t deadline) {
    tls_ = TRY(Tls::begin(socket_, settings));
    return tls_->handshake(deadline);
}

TlsReport Connection::report() const { return tls_ ? tls_->report() : TlsReport{}; }

int Connection::verdict() const { return tls_ ? tls_->verdict() : 0; }

Result<std::size_t> Connection::read(std::span<char> bytes, std::int64_t deadline) {
    return tls_ ? tls_->read(bytes, deadline) : receive(socket_, bytes, deadline);
}

Result<> Connection::write(std::string_view bytes, std::int64_t deadline) {
    return tls_ ? tls_->write(bytes, deadline) : send_all(socket_, bytes, deadline);
}

Result<std::string> trusted_roots(const target::Target& target, std::string_view file) {
    if (!file.empty()) return target::read(target, file, bundle_limit);
    for (const auto* path : bundles) {
        auto bundle = target::read(target, path, bundle_limit);
        if (bundle) return bundle;
        if (bundle.error().code != ENOENT && bundle.error().code != ENOTDIR) return bundle;
    }
    // Nothing is trusted then, and the handshake says so.
    return std::string();
}

}  // namespace limpet::commands
