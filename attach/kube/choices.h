// choices.h - what a cluster has for an option that names something of it.
#pragma once

#include "attach/options.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::attach::kube {

// For who has pressed Tab after "-n", "--container", ...; `arguments` are what stands before that,
// their first operand a TARGET if it is there already. Nothing when the cluster does not answer.
std::vector<std::string> choices(std::string_view option, const Arguments& arguments,
                                 std::string_view host);

}  // namespace limpet::attach::kube
