// list.h - limpet ps in a cluster: the pods' containers, by the names that a TARGET has.
#pragma once

#include "attach/options.h"

#include <string_view>

namespace limpet::attach::kube {

int list_containers(const Arguments& arguments, std::string_view host);

}  // namespace limpet::attach::kube
