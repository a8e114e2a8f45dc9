// runtimes/docker.h - Docker's containers, from its files: the daemon need not answer.
#pragma once

#include "runtimes/container.h"

namespace limpet::runtimes::docker {

void list(const Node& node, Found& found);

}  // namespace limpet::runtimes::docker
