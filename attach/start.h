// start.h - from a command line to a session: host, grants, environment, and the end of it.
#pragma once

#include "attach/options.h"
#include "attach/session.h"
#include "attach/verb.h"

namespace limpet::attach {

// The options of verbs that open sessions.
inline constexpr Option allow_option{0, "allow", "GRANTS",
                                     "also: trace, modify, enter; a list with commas, or all"};
inline constexpr Option allow_only_option{0, "allow-only", "GRANTS",
                                          "nothing but these: files, processes, network, ..."};

inline constexpr Option scratch_option{
    0, "scratch", "", "a copy-on-write view: what is written vanishes with the session"};

// Where the agent is: --host, else $LIMPET_HOST, else local.
std::string host_of(const Arguments& arguments);

// Connects to the agent; `target` becomes what it is called there.
Result<Link> link_for(const Arguments& arguments, std::string& target);

// What the options say about a session with `target`: grants and the operator's environment.
Result<Open> session_of(const Arguments& arguments, std::string target);

// Whether the session gets our terminal: it has a pty, and our input is a terminal.
bool takes_terminal(const Open& open);

// Connects, runs the session on our standard streams and turns its end into a status.
// `what` starts its messages: "exec web".
int run_on(const Arguments& arguments, std::string_view what, Open open);

}  // namespace limpet::attach
