// session.h - the process that opens one target and runs one argv near it.
#pragma once

namespace limpet::session {

// `limpet-agent session`, started by serve. Descriptors 0, 1 and 2 are the operator's streams (one
// pty slave or three pipes); 3 is a socket that carries the payload of the open frame, after
// which its end of file means that serve is gone. Returns the command's status; a command that died
// by a signal makes this process die by the same.
int run();

}  // namespace limpet::session
