// wait.h - until a container runs, or says why it never will.
#pragma once

#include "attach/kube/kubectl.h"
#include "attach/kube/pod.h"
#include "attach/kube/settings.h"

#include <string>

namespace limpet::attach::kube {

Result<Pod> get_pod(const Kubectl& kubectl, const std::string& name);

// The pod as it is once its container `part`, of either kind, runs.
Result<Pod> wait_until_running(const Kubectl& kubectl, const Settings& settings,
                               const std::string& pod, const std::string& part);

}  // namespace limpet::attach::kube
