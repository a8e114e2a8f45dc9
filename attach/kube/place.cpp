// place.cpp - TARGET in a cluster.
#include "attach/kube/place.h"

#include <algorithm>
#include <vector>

namespace limpet::attach::kube {
namespace {

// What the API takes as a name. kubectl would read a word with a dash in front as an option.
bool is_name(std::string_view name) {
    return !name.empty() && name.size() <= 253 && name.front() != '-' &&
           std::ranges::all_of(name, [](char c) {
               return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
           });
}

std::unexpected<Error> unclear(std::string_view target) {
    return refused("target '" + std::string(target) + "'", "it names no pod",
                   "POD, POD/CONTAINER, pod:NAMESPACE/POD/CONTAINER or node:NODE/TARGET");
}

std::vector<std::string_view> parts_of(std::string_view text) {
    std::vector<std::string_view> parts;
    for (;;) {
        const auto slash = text.find('/');
        parts.push_back(text.substr(0, slash));
        if (slash == std::string_view::npos) return parts;
        text.remove_prefix(slash + 1);
    }
}

}  // namespace

Result<Place> place_of(std::string_view target) {
    Place place;
    if (target.starts_with("node:")) {
        const auto rest = target.substr(5);
        const auto slash = rest.find('/');
        place.node = rest.substr(0, slash);
        // The node itself, when nothing on it is named.
        place.target = slash == std::string_view::npos ? "pid:1" : rest.substr(slash + 1);
        if (!is_name(place.node) || place.target.empty()) return unclear(target);
        return place;
    }
    const bool full = target.starts_with("pod:");
    auto parts = parts_of(full ? target.substr(4) : target);
    // kubectl's own way to name one.
    if (!full && parts.size() > 1 && (parts[0] == "pod" || parts[0] == "pods")) {
        parts.erase(parts.begin());
    }
    if (full && parts.size() > 1) {
        place.name_space = parts[0];
        parts.erase(parts.begin());
        if (!is_name(place.name_space)) return unclear(target);
    }
    if (parts.size() > 2) return unclear(target);
    place.pod = parts[0];
    if (parts.size() == 2) place.container = parts[1];
    if (!is_name(place.pod) || (parts.size() == 2 && !is_name(place.container))) {
        return unclear(target);
    }
    return place;
}

}  // namespace limpet::attach::kube
