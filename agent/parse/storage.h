// parse/storage.h - the list of containers of containers/storage, which podman and CRI-O use.
#pragma once

#include "limpet/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

struct Stored {
    std::string id;
    std::string name;
    std::string image;
    std::string layer;    // that holds what the container changed
    std::string created;  // RFC 3339
};

// A node has hundreds; what is beyond is left out.
inline constexpr std::size_t stored_limit = 20'000;

// overlay-containers/containers.json. Entries without an id are left out.
Result<std::vector<Stored>> stored_containers(std::string_view text);

}  // namespace limpet::parse
