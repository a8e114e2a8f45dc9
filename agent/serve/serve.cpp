// serve/serve.cpp - the agent's side of the wire.
#include "serve/serve.h"

namespace limpet::serve {

int run(const std::vector<std::string>&) { return 125; }

}  // namespace limpet::serve
