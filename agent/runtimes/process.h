// runtimes/process.h - any process as a target: pid:N.
#pragma once

#include "limpet/result.h"
#include "runtimes/container.h"

#include <string_view>

namespace limpet::runtimes {

// `pid:N`: any process that is no kernel thread and no mere thread of another.
Result<Container> process(const Node& node, std::string_view number);

}  // namespace limpet::runtimes
