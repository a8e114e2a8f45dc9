// network/internet.h - sockets to somewhere, with a bound on every wait.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"
#include "parse/socket.h"
#include "target/target.h"

#include <sys/socket.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace limpet::commands {

struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t size = sizeof(sockaddr_storage);
    [[nodiscard]] const sockaddr* get() const {
        return reinterpret_cast<const sockaddr*>(&storage);
    }
    [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};
SocketAddress socket_address(const parse::Address& address);
parse::Address address_of(const SocketAddress& address);

// Microseconds of CLOCK_MONOTONIC; a deadline is such a moment, or `never`.
std::int64_t now();
inline constexpr std::int64_t never = INT64_MAX;
inline constexpr std::int64_t second = 1'000'000;

// poll(2) for one descriptor: false when the deadline has come.
Result<bool> ready(BorrowedFd fd, short events, std::int64_t deadline);

// A socket (SOCK_STREAM or SOCK_DGRAM, non-blocking) connected to that address; ETIMEDOUT at the
// deadline. A local address is bound first when it is given.
Result<Fd> connect_to(const parse::Address& address, int type, std::int64_t deadline,
                      const parse::Address* local = nullptr);
// To a unix socket of the target by its absolute path, or "@name" of the abstract namespace:
// through its directory, because connect(2) takes no descriptor and our own root has nothing in it.
Result<Fd> connect_unix(const target::Target& target, std::string_view path, int type,
                        std::int64_t deadline);
// All of the bytes, waiting where the socket is full.
Result<> send_all(BorrowedFd fd, std::string_view bytes, std::int64_t deadline);
// What there is, at least one byte: 0 at the end. ETIMEDOUT at the deadline.
Result<std::size_t> receive(BorrowedFd fd, std::span<char> bytes, std::int64_t deadline);

}  // namespace limpet::commands
