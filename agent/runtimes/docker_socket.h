// runtimes/docker_socket.h - names from Docker's socket, where its files are out of reach.
#pragma once

#include "runtimes/node.h"

namespace limpet::runtimes::docker {

// Name, image and labels of Docker's containers among these that have no name. A daemon that does
// not answer within a second is no error: they stay without.
void add_names(const Node& node, std::vector<Container>& containers);

}  // namespace limpet::runtimes::docker
