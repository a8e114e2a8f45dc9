// refusal.cpp - what kubectl says when it fails, told apart and made one line.
#include "attach/kube/refusal.h"

#include <cstddef>

namespace limpet::attach::kube {
namespace {

// A message that needs more is a page of HTML from a proxy.
constexpr std::size_t message_limit = 2000;

bool holds(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

// What stands between the two, or nothing.
std::string_view between(std::string_view text, std::string_view before, std::string_view after) {
    const auto at = text.find(before);
    if (at == std::string_view::npos) return {};
    text.remove_prefix(at + before.size());
    const auto end = text.find(after);
    return end == std::string_view::npos ? std::string_view{} : text.substr(0, end);
}

std::string without_warnings(std::string_view complaint) {
    std::string line;
    while (!complaint.empty() && line.size() < message_limit) {
        const auto newline = complaint.find('\n');
        auto part = complaint.substr(0, newline);
        complaint.remove_prefix(newline == std::string_view::npos ? complaint.size() : newline + 1);
        while (!part.empty() && (part.front() == ' ' || part.front() == '\t'))
            part.remove_prefix(1);
        while (!part.empty() && (part.back() == ' ' || part.back() == '\r')) part.remove_suffix(1);
        if (part.empty() || part.starts_with("Warning:") ||
            part.starts_with("command terminated with exit code")) {
            continue;
        }
        for (const std::string_view prefix : {"error: ", "Error from server "}) {
            if (part.starts_with(prefix)) part.remove_prefix(prefix.size());
        }
        line += (line.empty() ? "" : "; ") + std::string(part);
    }
    if (line.size() > message_limit) line.replace(message_limit, std::string::npos, "...");
    return line.empty() ? "it failed without a word" : line;
}

// The verbs that belong together: kubectl patch reads first, and exec over WebSockets is a GET.
std::string verbs_for(std::string_view verb, std::string_view resource) {
    if (resource == "pods/exec") return "get, create";
    if (resource == "pods/ephemeralcontainers" && verb != "update") return "get, patch";
    return std::string(verb);
}

// User "jane" cannot patch resource "pods/exec" in API group "" in the namespace "shop"
std::string rule_for(std::string_view complaint) {
    const auto verb = between(complaint, "\" cannot ", " resource \"");
    const auto resource = between(complaint, " resource \"", "\"");
    if (verb.empty() || resource.empty()) return {};
    const auto group = between(complaint, "in API group \"", "\"");
    const auto space = between(complaint, "in the namespace \"", "\"");
    return "needs the verb " + std::string(verb) + " on " + std::string(resource) +
           (space.empty() ? " in the whole cluster" : " in namespace " + std::string(space)) +
           "; the rule that grants it: - {apiGroups: [\"" + std::string(group) +
           "\"], resources: [\"" + std::string(resource) + "\"], verbs: [" +
           verbs_for(verb, resource) + "]}";
}

std::string hint_for(std::string_view complaint, Refusal refusal) {
    switch (refusal) {
        case Refusal::rights: return rule_for(complaint);
        case Refusal::policy:
            return "--profile auto tries general, baseline and restricted in turn; a pod that "
                   "breaks the policy already takes no debugger at all";
        case Refusal::unsupported: return "needs a server and a kubectl of 1.25 or later";
        default: break;
    }
    if (holds(complaint, "static pods")) {
        return "a pod of the node's own manifests: kubectl limpet node NODE pod:NS/POD/CONTAINER";
    }
    if (holds(complaint, "was refused - did you specify the right host")) {
        return "is there a cluster in --kubeconfig, $KUBECONFIG or --context?";
    }
    return {};
}

}  // namespace

Refusal refusal_of(std::string_view complaint) {
    // The last two: an admission policy of the cluster's own, and a webhook's.
    for (const std::string_view sign :
         {"violates PodSecurity", "denied request: ", "denied the request: "}) {
        if (holds(complaint, sign)) return Refusal::policy;
    }
    // What kubectl exec prints of it has no "(Forbidden)".
    if (holds(complaint, " forbidden: User \"") && holds(complaint, "\" cannot ")) {
        return Refusal::rights;
    }
    if (holds(complaint, "(Conflict)") || holds(complaint, "the object has been modified")) {
        return Refusal::conflict;
    }
    for (const std::string_view sign :
         {"unknown flag:", "unknown shorthand flag:", "Must be one of [status",
          "the server could not find the requested resource", "unknown command"}) {
        if (holds(complaint, sign)) return Refusal::unsupported;
    }
    if (holds(complaint, "(NotFound)")) return Refusal::missing;
    return Refusal::other;
}

Error explain(std::string_view action, std::string_view complaint) {
    return Error{0, std::string(action), without_warnings(complaint),
                 hint_for(complaint, refusal_of(complaint))};
}

}  // namespace limpet::attach::kube
