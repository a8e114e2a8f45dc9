// network/socket_table.h - sockets as ss and netstat print them.
#pragma once

#include "commands/network/sockets.h"
#include "commands/table.h"

#include <optional>
#include <string>
#include <vector>

namespace limpet::commands {

struct SocketView {
    SocketQuery query;
    bool processes = false;  // who holds each
    bool details = false;    // TCP's inside, timers
    bool extended = false;   // uid, inode
    bool heading = true;
    std::optional<std::uint16_t> local_port, remote_port;
};

// Reads, filters, sorts nothing: the kernel's order. Prints the table or JSON.
Result<> print_sockets(Invocation& call, const SocketView& view);

}  // namespace limpet::commands
