// session.cpp - the process that opens one target and runs one argv near it.
#include "session.h"

namespace limpet::session {

int run() { return 125; }

}  // namespace limpet::session
