// parse/sock_diag.h - answers of NETLINK_SOCK_DIAG, sock_diag(7).
#pragma once

#include "parse/netlink.h"
#include "parse/socket.h"

#include <optional>

namespace limpet::parse {

// An inet_diag_msg with its attributes.
std::optional<Socket> inet_diag(Protocol protocol, Bytes message);
// A unix_diag_msg with its attributes.
std::optional<Socket> unix_diag(Bytes message);

}  // namespace limpet::parse
