// endpoint.h - where the agent is: a child of ours, a unix socket; and how the bytes get there.
#pragma once

#include "attach/guard.h"
#include "limpet/fd.h"
#include "limpet/result.h"

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace limpet::attach {

// The two ends of a connection, and the agent's process where the client started it.
struct Link {
    Fd in, out;
    Fd log;            // what the agent, or the program that carries it, writes to standard error
    pid_t agent = -1;  // ours to wait for
    std::string name;  // of the other end, for messages
    Guard guard;       // of what has to go with the connection
};

// Of the program that is or carries the agent.
enum class Environment { none, ours };
// Starts it with one socket as its standard input and output. words[0] is looked up in PATH.
Result<Link> start_agent(const std::vector<std::string>& words, std::string name,
                         Environment environment);

// `host` as design.md section 2 has it: local, unix:PATH.
Result<Link> connect(std::string_view host);

// Waits for a local agent whose connection is closed; kills it when it does not go.
void part(Link& link);

// Where a local agent is looked for, best first: the operator's choice alone when there is one,
// else beside the client and where `cmake --install` puts it.
std::vector<std::string> agent_candidates(std::string_view choice, std::string_view client);
// The first candidate that can be executed.
Result<std::string> find_agent();

}  // namespace limpet::attach
