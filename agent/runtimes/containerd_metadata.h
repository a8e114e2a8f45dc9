// runtimes/containerd_metadata.h - containerd's database of containers, and its snapshotter's.
#pragma once

#include "runtimes/node.h"

namespace limpet::runtimes::containerd {

struct Record {
    std::string space;
    std::string id;
    std::string image;
    parse::Labels labels;
    std::string snapshotter;  // overlayfs
    std::string snapshot;     // its key
    std::string spec;         // the OCI specification, in some wrapping
    std::string created;      // Go's binary time: sorts as the time does
};

// ROOT/io.containerd.metadata.v1.bolt/meta.db.
Result<std::vector<Record>> read_metadata(const Node& node, const std::string& root);

}  // namespace limpet::runtimes::containerd
