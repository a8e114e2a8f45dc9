// runtimes/filesystem.h - where the files of a container are that does not run.
#pragma once

#include "runtimes/container.h"

namespace limpet::runtimes {

struct Filesystem {
    std::string base;                 // no layer may lead out of it
    std::vector<std::string> layers;  // folders below it, topmost first
    bool user = false;  // a user's: overlay's marks are user.overlay.*, and less is believed
};

// Its layers as the storage driver has them. One whose driver keeps no folders (btrfs, zfs, …), or
// of which nothing is left, is refused.
Result<Filesystem> filesystem(const Container& container, const Node& node);

}  // namespace limpet::runtimes
