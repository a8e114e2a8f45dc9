// runtimes/find.cpp - the one container that a TARGET names.
#include "runtimes/container.h"
#include "runtimes/process.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace limpet::runtimes {
namespace {

using Matches = std::vector<const Container*>;

constexpr std::array<std::string_view, 9> prefixes{"docker", "podman", "containerd", "crio", "lxc",
                                                   "nspawn", "runc",   "crun",       "other"};

// "shop/web-1" of the pod and "app" of the container; either half of a pod's name may be missing.
struct PodWord {
    std::string_view space, pod, container;
};

std::string shown(const Container& container) {
    std::string text = container.runtime + ":";
    if (!container.space.empty()) text += container.space + "/";
    text += container.name.empty() ? container.id : container.name;
    if (!container.pod.empty()) text = "pod:" + container.pod + "/" + container.container;
    if (!container.user.empty()) text += " of user " + container.user;
    return text + " (" + container.id.substr(0, 12) + ", " + container.state + ")";
}

std::unexpected<Error> ambiguous(std::string_view target, const Matches& matches) {
    std::string reason = "'" + std::string(target) + "' is ambiguous: ";
    constexpr std::size_t shown_matches = 8;
    for (std::size_t i = 0; i < matches.size(); ++i) {
        if (i > 0) reason += ", ";
        if (i == shown_matches) {
            reason += std::to_string(matches.size() - i) + " more";
            break;
        }
        reason += shown(*matches[i]);
    }
    return refused("find container", reason);
}

std::unexpected<Error> none(std::string_view target, const Found& found) {
    if (found.denied && found.containers.empty()) {
        return refused("find container", found.warnings.front());
    }
    if (found.containers.empty() && !found.looked_in.empty()) {
        std::string places;
        for (const auto& place : found.looked_in) places += (places.empty() ? "" : ", ") + place;
        return refused("find container", "no container runtime on this machine (looked in " +
                                             places + "); pid:N names a process");
    }
    std::string reason = "there is no container '" + std::string(target) + "'";
    if (!found.warnings.empty()) reason += "; " + found.warnings.front();
    return refused("find container", reason);
}

template <typename Match>
Matches matching(const Found& found, Match match) {
    Matches list;
    for (const auto& container : found.containers) {
        if (match(container)) list.push_back(&container);
    }
    return list;
}

// "docker:web" -> {"docker", "web"}; a word before ':' that is no runtime is refused, because
// container names have no colon.
Result<std::pair<std::string_view, std::string_view>> split(std::string_view target) {
    const auto colon = target.find(':');
    if (colon == target.npos) return std::pair(std::string_view{}, target);
    const auto runtime = target.substr(0, colon);
    if (std::ranges::find(prefixes, runtime) != prefixes.end()) {
        return std::pair(runtime, target.substr(colon + 1));
    }
    return refused("find container",
                   "cannot look for '" + std::string(runtime) +
                       ":' containers (docker:, podman:, containerd:, crio:, lxc:, nspawn:, "
                       "runc:NAME, pod:POD, pid:N, NAME or ID)");
}

// A restart leaves the ones before it behind: of the same container of the same pod the one that
// runs is meant, and of several that do not the last one.
void drop_earlier(Matches& matches) {
    const Matches all = matches;
    std::erase_if(matches, [&](const Container* one) {
        if (one->pid != 0 || one->pod.empty()) return false;
        return std::ranges::any_of(all, [&](const Container* other) {
            return other != one && other->pod == one->pod && other->container == one->container &&
                   other->runtime == one->runtime &&
                   (other->pid != 0 ||
                    std::tie(other->order, other->started) > std::tie(one->order, one->started));
        });
    });
}

// An ephemeral container, of ours or of kubectl debug: nothing but its name tells, "limpet-x7k2p".
bool is_debugger(const Container* one) {
    const std::string_view name = one->container;
    const auto dash = name.rfind('-') + 1;
    return name.size() - dash == 5 &&
           (name.substr(0, dash) == "limpet-" || name.substr(0, dash) == "debugger-");
}

Result<Container> one_of(std::string_view target, Matches matches, const Found& found) {
    if (matches.size() > 1) drop_earlier(matches);
    if (matches.empty()) return none(target, found);
    if (matches.size() > 1) return ambiguous(target, matches);
    return *matches.front();
}

bool is_in_pod(const Container& container, const PodWord& word) {
    if (container.pod.empty() || container.infra) return false;
    const std::string_view pod = container.pod;
    // podman's pods are in no namespace.
    const auto name = pod.find('/') + 1;
    if (pod.substr(name) != word.pod) return false;
    if (!word.space.empty() && (name == 0 || pod.substr(0, name - 1) != word.space)) return false;
    return word.container.empty() || container.container == word.container;
}

// pod:[NS/]POD[/CONTAINER]; of two words either the first or the last may be the pod.
Result<Container> find_in_pod(std::string_view target, std::string_view word, const Found& found) {
    std::vector<std::string_view> words;
    for (auto rest = word;;) {
        const auto slash = rest.find('/');
        words.push_back(rest.substr(0, slash));
        if (words.back().empty() || words.size() > 3) {
            return refused("find container", "a pod is named pod:[NAMESPACE/]POD[/CONTAINER]");
        }
        if (slash == rest.npos) break;
        rest.remove_prefix(slash + 1);
    }
    std::vector<PodWord> meanings;
    if (words.size() == 1) meanings = {{{}, words[0], {}}};
    if (words.size() == 2) meanings = {{words[0], words[1], {}}, {{}, words[0], words[1]}};
    if (words.size() == 3) meanings = {{words[0], words[1], words[2]}};
    auto matches = matching(found, [&](const Container& container) {
        return std::ranges::any_of(
            meanings, [&](const PodWord& meaning) { return is_in_pod(container, meaning); });
    });
    // Whoever names only the pod has come for what it is there for.
    if (!std::ranges::all_of(matches, is_debugger)) {
        std::erase_if(matches, [&](const Container* one) {
            return is_debugger(one) && one->container != words.back();
        });
    }
    return one_of(target, std::move(matches), found);
}

}  // namespace

Result<Container> find(std::string_view target, const Node& node) {
    if (target.starts_with("pid:")) return process(node, target.substr(4));
    if (target.starts_with("pod:")) return find_in_pod(target, target.substr(4), list(node));
    const auto [runtime, word] = TRY(split(target));
    if (word.empty()) return refused("find container", "no name given");
    const Found found = list(node);
    const auto of_runtime = [&](const Container& container) {
        return runtime.empty() || container.runtime == runtime;
    };

    // containerd:NS/NAME
    const auto slash = word.find('/');
    const bool has_space = runtime == "containerd" && slash != word.npos;
    const auto space = has_space ? word.substr(0, slash) : std::string_view{};
    const auto name = has_space ? word.substr(slash + 1) : word;
    const auto eligible = [&](const Container& container) {
        return of_runtime(container) && (!has_space || container.space == space);
    };
    // A name wins over an id that begins like it; a whole id over a prefix.
    auto matches = matching(found, [&](const Container& container) {
        return eligible(container) && (container.name == name || container.id == name);
    });
    if (matches.empty() && !name.empty()) {
        matches = matching(found, [&](const Container& container) {
            return eligible(container) && container.id.starts_with(name) &&
                   !container.id.starts_with("pid:");
        });
    }
    return one_of(target, std::move(matches), found);
}

}  // namespace limpet::runtimes
