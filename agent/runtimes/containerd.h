// runtimes/containerd.h - containerd's containers: CRI's (Kubernetes), ctr's and nerdctl's.
#pragma once

#include "runtimes/node.h"

namespace limpet::runtimes::containerd {

void list(const Survey& survey, const std::vector<Container>& known, Found& found);

// The folders, topmost first, of a snapshot: relative to containerd's snapshots folder.
inline constexpr const char* snapshots = "/io.containerd.snapshotter.v1.overlayfs/snapshots";
Result<std::vector<std::string>> snapshot_layers(const Node& node, const Container& container);

}  // namespace limpet::runtimes::containerd
