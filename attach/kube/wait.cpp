// wait.cpp - until a container runs, or says why it never will.
#include "attach/kube/wait.h"

#include <poll.h>

#include <chrono>

namespace limpet::attach::kube {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int interval_ms = 300;

// Reasons for which the kubelet tries again and again, and what would change the outcome.
struct Obstacle {
    std::string_view reason, remedy;
};
constexpr Obstacle obstacles[] = {
    {"ErrImagePull",
     "--image names another; the pod's own imagePullSecrets are what a private registry gets"},
    {"ImagePullBackOff",
     "--image names another; the pod's own imagePullSecrets are what a private registry gets"},
    {"InvalidImageName", "--image names another"},
    // CRI-O's, to a name without a registry.
    {"ImageInspectError", "--image names another, with its registry"},
    {"SignatureValidationFailed", "--image names another"},
    {"ErrImageNeverPull",
     "the image is not on the node: load it there, or --image-pull-policy IfNotPresent"},
    {"CreateContainerConfigError", "another --profile, or --custom with another securityContext"},
    {"CreateContainerError", "another --profile, or --custom with another securityContext"},
    {"RunContainerError",
     "is --image limpet's own? it needs /limpet-agent; else another --profile"},
};

const Part* part_of(const Pod& pod, std::string_view name) {
    const auto* part = pod.debugger(name);
    return part ? part : pod.container(name);
}

std::unexpected<Error> stuck(const Part& part, std::string_view hint) {
    return refused("container " + part.name + " of image " + part.image, state_of(part), hint);
}

// What an init container waits for is what the container waits for.
Result<> check(const Pod& pod, const Part* part) {
    const auto hindered = [&](const Part& one) -> Result<> {
        if (one.state != Part::State::waiting) return {};
        for (const auto& [reason, remedy] : obstacles) {
            if (one.reason == reason) return stuck(one, remedy);
        }
        if (one.init && one.reason == "CrashLoopBackOff") {
            return stuck(one, "kubectl logs " + pod.name + " -c " + one.name + " tells more");
        }
        return {};
    };
    if (part && part->state == Part::State::terminated) {
        return stuck(*part, part->status == 137
                                ? "137: it was killed; the target's end takes its debugger along"
                                : "is --image limpet's own?");
    }
    if (part) TRY(hindered(*part));
    if (part && pod.container(part->name)) {
        for (const auto& one : pod.containers) {
            if (one.init) TRY(hindered(one));
        }
    }
    if (pod.phase == "Failed" || pod.phase == "Succeeded") {
        return refused("pod " + pod.name, "it has ended: " + pod.phase +
                                              (pod.reason.empty() ? "" : ": ") + pod.reason);
    }
    return {};
}

}  // namespace

Result<Pod> get_pod(const Kubectl& kubectl, const std::string& name) {
    return pod_of(TRY(kubectl.ask("get pod " + name, {"get", "pod", name, "-o", "json"})));
}

Result<Pod> wait_until_running(const Kubectl& kubectl, const Settings& settings,
                               const std::string& name, const std::string& part_name) {
    const auto deadline = Clock::now() + std::chrono::seconds(settings.patience);
    for (;;) {
        auto pod = TRY(get_pod(kubectl, name));
        const auto* part = part_of(pod, part_name);
        if (part && part->state == Part::State::running) return pod;
        TRY(check(pod, part));
        if (Clock::now() >= deadline) {
            return refused("container " + part_name,
                           "it did not start within " + std::to_string(settings.patience) +
                               " s: " + (part ? state_of(*part) : "not there"),
                           "is node " + (pod.node.empty() ? "(none assigned)" : pod.node) +
                               " ready? --start-timeout S waits longer");
        }
        ::poll(nullptr, 0, interval_ms);
    }
}

}  // namespace limpet::attach::kube
