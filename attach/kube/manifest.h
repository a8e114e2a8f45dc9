// manifest.h - the JSON that we send: a debugger for a pod, a pod for a node, a copy of a pod.
#pragma once

#include "attach/kube/profile.h"
#include "limpet/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::attach::kube {

// Where the agent is in the image that deploy/image makes.
inline constexpr std::string_view agent_path = "/limpet-agent";
// A debugger that nobody uses ends after this; an ephemeral container cannot be removed.
inline constexpr std::string_view time_to_live = "8h";

struct Debugger {
    std::string name, image, pull_policy;
    std::string target;   // the container that it looks at
    bool shared = false;  // with the pod's others in one pid namespace
    Profile profile = Profile::general;
    std::string mark;  // profile and customisation, by which it is found again
    // Who it runs as under `restricted`.
    std::uint32_t user = 65532, group = 65532;
    std::string custom;  // a partial container, JSON; empty: none
};

// The container as it stands in spec.ephemeralContainers.
Result<std::string> ephemeral_container(const Debugger& debugger);
// For `kubectl patch`.
std::string patch_with(std::string_view container);
// For `kubectl replace --raw`: the whole pod, with the container added.
Result<std::string> pod_with(std::string_view pod, std::string_view container);

// A pod on `node` that sees all of its processes.
Result<std::string> node_pod(const Debugger& debugger, std::string_view node);

// A copy of `pod` named `name` in which `debugger.target` waits instead of running its program:
// what it would have seen is all there. It ends by itself some time, unless it `stays`.
Result<std::string> copy_of(std::string_view pod, std::string_view name, const Debugger& debugger,
                            bool stays);

}  // namespace limpet::attach::kube
