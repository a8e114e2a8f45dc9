// sys/netlink.h - questions to the kernel's networking, netlink(7).
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>

namespace limpet::sys {

// A socket of that protocol (NETLINK_ROUTE, NETLINK_SOCK_DIAG) in the network namespace we are in.
Result<Fd> netlink(int protocol);

// Sends one request of `type` and calls `visit` with the payload of every answer (behind its
// nlmsghdr) until the kernel says that there are no more. An error answer becomes the Error.
// `dump` asks for all objects; without it there is one answer.
using Answer = std::function<void(std::uint16_t type, std::span<const std::byte> payload)>;
Result<> netlink_ask(BorrowedFd socket, std::uint16_t type, bool dump,
                     std::span<const std::byte> payload, const Answer& visit,
                     std::string_view name);

}  // namespace limpet::sys
