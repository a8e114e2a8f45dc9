// debugger.h - the ephemeral container that our sessions run in: one per pod, target and profile,
// used again while it runs, because none can be removed from a pod.
#pragma once

#include "attach/kube/kubectl.h"
#include "attach/kube/pod.h"
#include "attach/kube/settings.h"

#include <string>

namespace limpet::attach::kube {

// "limpet-" or `prefix` and five letters and digits.
std::string fresh_name(std::string_view prefix = "limpet-");

// The name of a running one beside `target`. `pod` may be older than what it says.
Result<std::string> debugger_for(const Kubectl& kubectl, const Settings& settings, const Pod& pod,
                                 const Part& target);

}  // namespace limpet::attach::kube
