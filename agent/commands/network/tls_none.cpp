// network/tls_none.cpp - TLS where the agent was built without OpenSSL: it says so.
#include "commands/network/tls_session.h"

namespace limpet::commands {

struct Tls::Session {};

namespace {

std::unexpected<Error> without() {
    return refused("tls", "this agent was built without it", "needs cmake -DLIMPET_TLS=ON");
}

}  // namespace

Result<std::unique_ptr<Tls>> Tls::begin(BorrowedFd /*socket*/, const TlsSettings& /*settings*/) {
    return without();
}

Result<std::vector<TlsCertificate>> read_certificates(std::string_view /*pem*/,
                                                      std::size_t /*most*/) {
    return without();
}

// begin() makes none: these are here for the linker.
Tls::Tls(std::unique_ptr<Session> session) : session_(std::move(session)) {}
Tls::~Tls() = default;
Result<> Tls::handshake(std::int64_t /*deadline*/) { return {}; }
TlsReport Tls::report() const { return {}; }
int Tls::verdict() const { return 0; }
Result<std::size_t> Tls::read(std::span<char> /*bytes*/, std::int64_t /*deadline*/) { return 0; }
Result<> Tls::write(std::string_view /*bytes*/, std::int64_t /*deadline*/) { return {}; }
Result<> Tls::wait(int /*outcome*/, std::int64_t /*deadline*/, const char* /*action*/) {
    return {};
}

}  // namespace limpet::commands
