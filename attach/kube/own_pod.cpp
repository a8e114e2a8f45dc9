// own_pod.cpp - pods of our own, gone when we go.
#include "attach/kube/own_pod.h"

#include "attach/kube/debugger.h"
#include "attach/kube/manifest.h"
#include "attach/kube/refusal.h"
#include "attach/kube/wait.h"

namespace limpet::attach::kube {
namespace {

// deploy/kubernetes names it so.
constexpr std::string_view daemon_namespace = "limpet";

Result<Guard> guard_of(const Kubectl& kubectl, const std::string& pod) {
    return Guard::start(kubectl.words({"delete", "pod", pod, "--ignore-not-found", "--wait=false",
                                       "--grace-period=1"}),
                        "pod " + pod);
}

// What the server refused to make is not ours to delete: it may be another pod of that name.
Result<> create(const Kubectl& kubectl, const std::string& action, const std::string& manifest,
                Guard& guard) {
    // kubectl's own check downloads a description of the whole API first.
    const auto finished =
        TRY(kubectl.run({"create", "-f", "-", "-o", "name", "--validate=false"}, manifest));
    if (finished.status == 0) return {};
    guard.dismiss();
    return std::unexpected(explain(action, finished.error));
}

// The DaemonSet's pod on that node, when there is one that we may see.
std::optional<Pod> daemon_pod(Kubectl kubectl, const std::string& node) {
    if (kubectl.name_space.empty()) kubectl.name_space = daemon_namespace;
    const auto list = kubectl.ask(
        "get pods", {"get", "pods", "-o", "json", "--field-selector=spec.nodeName=" + node, "-l",
                     "app.kubernetes.io/name=limpet,app.kubernetes.io/component=node"});
    if (!list) return std::nullopt;
    auto pods = pods_of(*list);
    if (!pods) return std::nullopt;
    for (auto& pod : *pods) {
        if (pod.node != node || pod.leaving || pod.containers.empty()) continue;
        if (pod.containers.front().state == Part::State::running) return std::move(pod);
    }
    return std::nullopt;
}

}  // namespace

Result<OwnPod> pod_on(const Kubectl& kubectl, const Settings& settings, const std::string& node) {
    if (settings.custom.empty()) {
        if (auto pod = daemon_pod(kubectl, node)) {
            auto container = pod->containers.front().name;
            return OwnPod{*std::move(pod), std::move(container), {}};
        }
    }
    const Debugger debugger{.name = fresh_name("limpet-node-"),
                            .image = settings.image,
                            .pull_policy = settings.pull_policy,
                            .profile = Profile::sysadmin,
                            .custom = settings.custom};
    const auto manifest = TRY(node_pod(debugger, node));
    OwnPod own;
    own.guard = TRY(guard_of(kubectl, debugger.name));
    own.container = debugger.name;
    TRY(create(kubectl, "create a pod on node " + node, manifest, own.guard));
    note(settings, node, "starts pod " + debugger.name + ", to be deleted afterwards");
    own.pod = TRY(wait_until_running(kubectl, settings, debugger.name, debugger.name));
    return own;
}

Result<OwnPod> copy_with(const Kubectl& kubectl, const Settings& settings,
                         const std::string& original, const Part& target) {
    // What brings the agent into the copy has to pass the policy that the pod itself passes.
    const Debugger debugger{.name = fresh_name("limpet-install-"),
                            .image = settings.image,
                            .pull_policy = settings.pull_policy,
                            .target = target.name,
                            .profile = Profile::restricted};
    const auto manifest = TRY(copy_of(original, settings.copy_to, debugger, settings.keep));
    OwnPod own;
    own.container = target.name;
    if (!settings.keep) own.guard = TRY(guard_of(kubectl, settings.copy_to));
    TRY(create(kubectl, "create pod " + settings.copy_to, manifest, own.guard));
    note(settings, settings.copy_to,
         "a copy in which " + target.name + " waits instead of running its program" +
             (settings.keep ? "" : ", to be deleted afterwards"));
    own.pod = TRY(wait_until_running(kubectl, settings, settings.copy_to, target.name));
    return own;
}

}  // namespace limpet::attach::kube
