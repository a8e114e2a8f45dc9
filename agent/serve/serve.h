// serve/serve.h - the agent's side of the wire: connections, sessions, flow control.
#pragma once

#include <string>
#include <vector>

namespace limpet::serve {

// `limpet-agent serve ARGUMENTS`; returns the process's exit status. `session`: what each session
// is started with beside its role. `in_place`: sessions execute the program where it lies, for the
// sake of its file capabilities and set-group-id bit, and not a sealed copy.
int run(const std::vector<std::string>& arguments, const std::vector<std::string>& session,
        bool in_place);

}  // namespace limpet::serve
