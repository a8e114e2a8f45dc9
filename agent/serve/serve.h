// serve/serve.h - the agent's side of the wire: connections, sessions, flow control.
#pragma once

#include <string>
#include <vector>

namespace limpet::serve {

// `limpet-agent serve ARGUMENTS`; returns the process's exit status.
int run(const std::vector<std::string>& arguments);

}  // namespace limpet::serve
