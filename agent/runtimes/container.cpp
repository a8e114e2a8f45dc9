// runtimes/container.cpp - which containers are on this node.
#include "runtimes/container.h"

namespace limpet::runtimes {

Found list() { return {}; }

Result<Container> find(std::string_view target) {
    return refused("find container", "no container " + std::string(target));
}

}  // namespace limpet::runtimes
