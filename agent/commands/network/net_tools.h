// network/net_tools.h - what netstat shares with ifconfig and route: tables in the form of
// net-tools.
#pragma once

#include "commands/command.h"

namespace limpet::commands {

// "Destination Gateway Genmask Flags …", with the columns that netstat -r has or those of route.
Result<> print_route_table(Invocation& call, bool six, bool of_netstat);
// "Iface MTU RX-OK …"
Result<> print_interface_table(Invocation& call, bool down_too);

}  // namespace limpet::commands
