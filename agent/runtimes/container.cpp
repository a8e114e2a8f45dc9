// runtimes/container.cpp - the containers of every runtime, and the one that a TARGET names.
#include "runtimes/container.h"

#include "runtimes/docker.h"
#include "runtimes/process.h"

#include <algorithm>
#include <array>
#include <tuple>

namespace limpet::runtimes {
namespace {

struct Runtime {
    std::string_view name;
    void (*list)(const Node&, Found&);
};
constexpr std::array known{Runtime{"docker", docker::list}};

std::string shown(const Container& container) {
    return container.runtime + ":" + container.name + " (" + container.id.substr(0, 12) + ", " +
           container.state + ")";
}

std::unexpected<Error> ambiguous(std::string_view target,
                                 const std::vector<const Container*>& matches) {
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

std::vector<const Container*> matches(const Found& found, std::string_view word,
                                      bool (*match)(const Container&, std::string_view)) {
    std::vector<const Container*> list;
    for (const auto& container : found.containers) {
        if (match(container, word)) list.push_back(&container);
    }
    return list;
}

// "docker:web" -> {"docker", "web"}; a word before ':' that is no runtime is refused, because
// container names have no colon.
Result<std::pair<std::string_view, std::string_view>> split(std::string_view target) {
    const auto colon = target.find(':');
    if (colon == target.npos) return std::pair(std::string_view{}, target);
    const auto runtime = target.substr(0, colon);
    for (const auto& [name, list] : known) {
        if (name == runtime) return std::pair(runtime, target.substr(colon + 1));
    }
    return refused("find container", "cannot look for '" + std::string(runtime) +
                                         ":' containers (docker:NAME, pid:N, NAME or ID)");
}

}  // namespace

Found list(const Node& node) {
    Found found;
    for (const auto& runtime : known) runtime.list(node, found);
    std::ranges::sort(found.containers, [](const Container& a, const Container& b) {
        return std::tie(a.name, a.id) < std::tie(b.name, b.id);
    });
    return found;
}

Result<Container> find(std::string_view target, const Node& node) {
    if (target.starts_with("pid:")) return process(node, target.substr(4));
    const auto [runtime, word] = TRY(split(target));
    if (word.empty()) return refused("find container", "no name given");
    Found found;
    for (const auto& [name, list] : known) {
        if (runtime.empty() || runtime == name) list(node, found);
    }

    // A name wins over an id that begins like it; a whole id over a prefix.
    auto match = matches(found, word, [](const Container& c, std::string_view w) {
        return c.name == w || c.id == w;
    });
    if (match.empty()) {
        match = matches(found, word,
                        [](const Container& c, std::string_view w) { return c.id.starts_with(w); });
    }
    if (match.empty()) return none(target, found);
    if (match.size() > 1) return ambiguous(target, match);
    if (match.front()->pid == 0) {
        return refused("find container", "container '" + match.front()->name +
                                             "' is not running (" + match.front()->state + ")");
    }
    return *match.front();
}

}  // namespace limpet::runtimes
