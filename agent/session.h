// session.h - the process that opens one target and runs one argv near it.
#pragma once

#include "limpet/message.h"

#include <string>

namespace limpet::session {

// Where we stand, as main() found it.
struct Place {
    bool beside = false;    // in a container beside the target, target/sidecar.h
    std::string container;  // of these beside us; empty: the obvious one
    bool exposed = true;    // dumpable when main() began
    bool direct = false;    // by hand, without serve: our terminal is the operator's
};

// `limpet-agent session`, started by serve. Descriptors 0, 1 and 2 are the operator's streams (one
// pty slave or three pipes); 3 is a socket that carries the payload of the open frame, after
// which its end of file means that serve is gone. Returns the command's status; a command that died
// by a signal makes this process die by the same.
int run(const Place& place);

// The same for an open that is known already.
int run(const Open& open, const Place& place);

}  // namespace limpet::session
