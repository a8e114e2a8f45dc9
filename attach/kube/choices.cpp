// choices.cpp - what a cluster has for an option that names something of it.
#include "attach/kube/choices.h"

#include "attach/kube/kubectl.h"
#include "attach/kube/place.h"
#include "attach/kube/pod.h"
#include "attach/kube/program.h"

#include <algorithm>
#include <utility>

namespace limpet::attach::kube {
namespace {

using Words = std::vector<std::string>;

// Seconds that somebody who pressed Tab would wait.
constexpr int patience = 2;

std::string answer(const Kubectl& kubectl, const Words& question) {
    auto finished = run_program(kubectl.words(question), {}, patience);
    return finished && finished->status == 0 ? std::move(finished->out) : std::string();
}

// "namespace/shop", one a line; contexts have no kind in front.
Words names_of(std::string_view text, std::string_view kind) {
    Words names;
    while (!text.empty()) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.starts_with(kind)) names.emplace_back(line.substr(kind.size()));
    }
    return names;
}

Words containers_of(Kubectl kubectl, const Arguments& arguments) {
    std::vector<Pod> pods;
    if (arguments.operands.empty()) {
        if (auto all = pods_of(answer(kubectl, {"get", "pods", "-o", "json"}))) {
            pods = *std::move(all);
        }
    } else if (const auto place = place_of(arguments.operands.front());
               place && place->node.empty()) {
        if (!place->name_space.empty()) kubectl.name_space = place->name_space;
        if (auto pod = pod_of(answer(kubectl, {"get", "pod", place->pod, "-o", "json"}))) {
            pods.push_back(*std::move(pod));
        }
    }
    Words names;
    for (const auto& pod : pods) {
        for (const auto& part : pod.containers) names.push_back(part.name);
    }
    return names;
}

}  // namespace

std::vector<std::string> choices(std::string_view option, const Arguments& arguments,
                                 std::string_view host) {
    const auto kubectl = kubectl_of(arguments, host);
    if (option == "-n" || option == "--namespace") {
        return names_of(answer(kubectl, {"get", "namespaces", "-o", "name"}), "namespace/");
    }
    if (option == "--context") {
        return names_of(answer(kubectl, {"config", "get-contexts", "-o", "name"}), "");
    }
    if (option == "-c" || option == "--container") return containers_of(kubectl, arguments);
    return {};
}

}  // namespace limpet::attach::kube
