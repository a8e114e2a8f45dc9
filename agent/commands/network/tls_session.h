// network/tls_session.h - one session of TLS by OpenSSL. Its names stay in tls_session.cpp.
#pragma once

#include "commands/network/connection.h"

namespace limpet::commands {

class Tls {
public:
    // Refused where the agent was built without OpenSSL.
    static Result<std::unique_ptr<Tls>> begin(BorrowedFd socket, const TlsSettings& settings);
    ~Tls();
    Tls(const Tls&) = delete;
    Tls& operator=(const Tls&) = delete;

    Result<> handshake(std::int64_t deadline);
    [[nodiscard]] TlsReport report() const;
    [[nodiscard]] int verdict() const;
    Result<std::size_t> read(std::span<char> bytes, std::int64_t deadline);
    Result<> write(std::string_view bytes, std::int64_t deadline);

private:
    struct Session;
    explicit Tls(std::unique_ptr<Session> session);
    Result<> wait(int outcome, std::int64_t deadline, const char* action);
    std::unique_ptr<Session> session_;
};

}  // namespace limpet::commands
