// runtimes/runc.h - containers that runc or crun run without anything above them.
#pragma once

#include "runtimes/node.h"

namespace limpet::runtimes::runc {

void list(const Survey& survey, const std::vector<Container>& known, Found& found);

}  // namespace limpet::runtimes::runc
