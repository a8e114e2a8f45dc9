// client.cpp - limpet's command line.
#include "attach/client.h"

namespace limpet::attach {

int run(const std::vector<std::string>&) { return 125; }

}  // namespace limpet::attach
