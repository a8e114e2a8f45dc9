// connect.cpp - Kubernetes as an endpoint: frames over the standard streams of kubectl exec.
//
// exec and never attach: attach loses what is printed before it, writes every byte of the session
// to the node's container log, and knows no exit status.
#include "attach/kube/connect.h"

#include "attach/kube/debugger.h"
#include "attach/kube/manifest.h"
#include "attach/kube/own_pod.h"
#include "attach/kube/place.h"
#include "attach/kube/refusal.h"
#include "attach/kube/wait.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>

namespace limpet::attach::kube {
namespace {

// Seconds from the start of kubectl exec to the agent's first byte.
constexpr int greeting_patience = 30;

std::string complaint_of(const Link& link) {
    std::string text;
    char block[4096];
    // The other end is closed when kubectl has gone; it cannot grow for ever.
    while (text.size() < complaint_limit) {
        pollfd entry{link.log.get(), POLLIN, 0};
        if (::poll(&entry, 1, 1000) <= 0) break;
        const auto count = ::read(link.log.get(), block, sizeof block);
        if (count <= 0) break;
        text.append(block, static_cast<std::size_t>(count));
    }
    return text;
}

// The agent speaks first. When it does not, kubectl's complaint says why.
Result<> await_greeting(Link& link, const std::string& about) {
    pollfd entry{link.in.get(), POLLIN, 0};
    const int ready = ::poll(&entry, 1, greeting_patience * 1000);
    char byte = 0;
    if (ready > 0 && ::recv(link.in.get(), &byte, 1, MSG_PEEK) == 1) return {};
    const auto action = "kubectl exec in " + about;
    if (ready == 0) {
        part(link);
        return refused(action, "the agent did not answer within 30 s");
    }
    const auto complaint = complaint_of(link);
    part(link);
    auto error = explain(action, complaint);
    if (error.hint().empty() && complaint.find("not found") != std::string::npos) {
        error.hint() = "the container has ended, or its image is not limpet's";
    }
    return std::unexpected(std::move(error));
}

Result<Link> open_link(const Kubectl& kubectl, const std::string& pod, const std::string& container,
                       Guard guard) {
    const auto about = kubectl.name_space + '/' + pod + '/' + container;
    auto words = kubectl.words({"exec", "-i", "-q", pod, "-c", container, "--",
                                std::string(agent_path), "serve", "--listen", "stdio"});
    auto link = TRY(start_agent(words, "kube:" + about, Environment::ours));
    link.guard = std::move(guard);
    TRY(await_greeting(link, about));
    return link;
}

Result<const Part*> chosen(const Pod& pod, const std::string& wanted, const Settings& settings) {
    if (!wanted.empty()) {
        if (const auto* part = pod.container(wanted)) return part;
        std::string names;
        for (const auto& part : pod.containers) names += (names.empty() ? "" : ", ") + part.name;
        return refused("pod " + pod.name, "it has no container " + wanted + ", but " + names);
    }
    if (pod.containers.empty()) return refused("pod " + pod.name, "it has no container");
    if (const auto* part = pod.container(pod.default_container)) return part;
    const auto& first = pod.containers.front();
    if (pod.containers.size() > 1) {
        note(settings, pod.name_space + '/' + pod.name,
             "container " + first.name + " of " + std::to_string(pod.containers.size()) +
                 " (-c names another)");
    }
    return &first;
}

Result<> check_runs(const Pod& pod, const Part& part) {
    if (pod.leaving) return refused("pod " + pod.name, "it is being deleted");
    if (part.state == Part::State::running) return {};
    // The last two: it could not even be started, as when its program is not there. CRI-O notices
    // that earlier than containerd.
    const bool crashes = part.restarts > 0 || part.state == Part::State::terminated ||
                         part.reason == "RunContainerError" ||
                         part.reason == "CreateContainerError";
    return refused("container " + part.name + " of pod " + pod.name, state_of(part),
                   crashes ? "--copy-to NAME looks at a copy in which it waits instead of running"
                           : "a debugger needs it running");
}

Result<Link> connect_to_node(const Kubectl& kubectl, const Settings& settings, const Place& place,
                             std::string& target) {
    auto own = TRY(pod_on(kubectl, settings, place.node));
    target = place.target;
    Kubectl there = kubectl;
    there.name_space = own.pod.name_space;
    return open_link(there, own.pod.name, own.container, std::move(own.guard));
}

Result<Link> connect_to_pod(Kubectl kubectl, const Settings& settings, const Place& place,
                            std::string& target) {
    const auto json =
        TRY(kubectl.ask("get pod " + place.pod, {"get", "pod", place.pod, "-o", "json"}));
    Pod pod = TRY(pod_of(json));
    kubectl.name_space = pod.name_space;
    const auto& wanted = place.container.empty() ? settings.container : place.container;
    const auto name = TRY(chosen(pod, wanted, settings))->name;
    Guard guard;
    if (!settings.copy_to.empty()) {
        auto copy = TRY(copy_with(kubectl, settings, json, *pod.container(name)));
        pod = std::move(copy.pod);
        guard = std::move(copy.guard);
    }
    const auto& part = *pod.container(name);
    TRY(check_runs(pod, part));
    const auto debugger = TRY(debugger_for(kubectl, settings, pod, part));
    // The agent stands beside one target, and an empty name is that.
    target.clear();
    return open_link(kubectl, pod.name, debugger, std::move(guard));
}

}  // namespace

Result<Link> connect(const Arguments& arguments, std::string_view host, std::string& target) {
    const auto settings = TRY(settings_of(arguments));
    const auto place = TRY(place_of(target));
    auto kubectl = kubectl_of(arguments, host);
    if (!place.name_space.empty()) kubectl.name_space = place.name_space;
    if (!place.node.empty()) return connect_to_node(kubectl, settings, place, target);
    return connect_to_pod(std::move(kubectl), settings, place, target);
}

}  // namespace limpet::attach::kube
