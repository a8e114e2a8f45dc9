// install.h - limpet-agent --install PATH: a copy of this program, in an image that has no cp.
#pragma once

#include "limpet/result.h"

#include <string>

namespace limpet::agent {

// For an init container that brings the agent to where another container sees it.
Result<> install(const std::string& path);

}  // namespace limpet::agent
