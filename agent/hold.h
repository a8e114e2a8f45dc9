// hold.h - `limpet-agent hold --ttl 8h`: the main process of an ephemeral container.
#pragma once

#include <string>
#include <vector>

namespace limpet {

// Prints nothing, reaps whoever becomes its child, and exits with 0 at SIGTERM or once nothing else
// has run in this container for the time to live: an ephemeral container is never removed, but one
// that has ended holds nothing any more.
int hold(const std::vector<std::string>& arguments);

}  // namespace limpet
