// runtimes/other.h - what no state file tells of: processes in namespaces of their own.
#pragma once

#include "runtimes/node.h"

namespace limpet::runtimes::other {

void list(const Survey& survey, const std::vector<Container>& known, Found& found);

}  // namespace limpet::runtimes::other
