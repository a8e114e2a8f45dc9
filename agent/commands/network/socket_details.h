// network/socket_details.h - timers, memory and TCP's inside, in the words of ss(8) and as JSON.
#pragma once

#include "commands/json.h"
#include "parse/socket.h"

#include <string>

namespace limpet::commands {

std::string_view timer_name(std::uint8_t timer);  // "keepalive"
// " timer:(keepalive,1min59sec,0)"; nothing without one.
void append_timer(std::string& line, const parse::Socket& socket);
// " skmem:(r0,rb131072,…)"; nothing when it was not asked for.
void append_memory(std::string& line, const parse::Socket& socket);
// " cubic wscale:7,7 rto:204 …"; with the options that both ends agreed on in front.
void append_tcp(std::string& line, const parse::Socket& socket, bool with_options);

// {"receive":0,"receive_limit":131072,…}, {"congestion":"cubic","rtt":0.02,…}
std::string memory_json(const parse::Socket& socket);
std::string tcp_json(const parse::Socket& socket);

}  // namespace limpet::commands
