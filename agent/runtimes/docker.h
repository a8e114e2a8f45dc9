// runtimes/docker.h - Docker's containers, from its files: the daemon need not answer.
#pragma once

#include "runtimes/node.h"

namespace limpet::runtimes::docker {

// As all readers: adds to `found`; `known` is what the readers before have found.
void list(const Survey& survey, const std::vector<Container>& known, Found& found);

}  // namespace limpet::runtimes::docker
