// network/socket_table.h - sockets as ss prints them, and as JSON.
#pragma once

#include "commands/network/socket_filter.h"
#include "commands/network/sockets.h"

namespace limpet::commands {

struct SocketView {
    SocketQuery query;
    SocketFilter filter;
    bool processes = false;  // who holds each
    bool details = false;    // TCP's inside
    bool timers = false;
    bool memory = false;
    bool extended = false;  // uid, inode
    bool heading = true;
    bool one_line = false;
    bool names = false;  // of hosts
};

// Reads, filters, sorts nothing: the kernel's order. Prints the table or JSON.
Result<> print_sockets(Invocation& call, const SocketView& view);
// One object, in a line.
void print_socket_json(Invocation& call, const SocketView& view, const parse::Socket& socket,
                       const SocketOwners& owners);
// Says so when nobody's sockets can be told.
SocketOwners owners_for(Invocation& call, bool wanted);

}  // namespace limpet::commands
