// place.h - TARGET in a cluster: POD[/CONTAINER], pod:NS/POD[/CONTAINER], node:NODE[/TARGET].
#pragma once

#include "limpet/result.h"

#include <string>
#include <string_view>

namespace limpet::attach::kube {

struct Place {
    std::string name_space, pod, container;  // empty: the default
    std::string node;                        // then `target` is one on that node
    std::string target;
};

Result<Place> place_of(std::string_view target);

}  // namespace limpet::attach::kube
