// own_pod.h - pods of our own, gone when we go: one on a node, and the copy of one that crashes.
#pragma once

#include "attach/guard.h"
#include "attach/kube/kubectl.h"
#include "attach/kube/pod.h"
#include "attach/kube/settings.h"

#include <string>

namespace limpet::attach::kube {

struct OwnPod {
    Pod pod;
    std::string container;
    Guard guard;  // deletes it
};

// A pod that sees the processes of `node`: the DaemonSet's, else one that is made for this session.
Result<OwnPod> pod_on(const Kubectl& kubectl, const Settings& settings, const std::string& node);

// A copy of `original`, the JSON of a pod, whose container `target` waits instead of running.
Result<OwnPod> copy_with(const Kubectl& kubectl, const Settings& settings,
                         const std::string& original, const Part& target);

}  // namespace limpet::attach::kube
