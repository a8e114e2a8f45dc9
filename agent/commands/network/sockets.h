// network/sockets.h - sockets of a network namespace, from /proc/PID/net.
#pragma once

#include "commands/process/process.h"
#include "parse/socket.h"

#include <functional>
#include <string>

namespace limpet::commands {

// Every line of tcp, tcp6, udp, udp6, raw, raw6 and unix of that process's network namespace. The
// namespace of another process needs no joining this way.
void each_proc_socket(const Process& process, const std::function<void(parse::Socket&&)>& visit);

// "tcp 127.0.0.1:80 -> 10.0.0.1:5000 ESTAB", "unix stream /run/x LISTEN": for one cell.
std::string describe(const parse::Socket& socket);

}  // namespace limpet::commands
