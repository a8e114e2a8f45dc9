// runtimes/storage.h - the containers of podman and CRI-O, which share containers/storage.
#pragma once

#include "runtimes/node.h"

namespace limpet::runtimes::storage {

void list(const Survey& survey, const std::vector<Container>& known, Found& found);

}  // namespace limpet::runtimes::storage
