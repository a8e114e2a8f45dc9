// runtimes/filesystem.cpp - where the files of a container are that does not run.
#include "runtimes/filesystem.h"

#include "parse/lines.h"
#include "runtimes/containerd.h"
#include "runtimes/node.h"

namespace limpet::runtimes {
namespace {

constexpr std::size_t layers_limit = 500;  // OVL_MAX_STACK of the kernel

std::unexpected<Error> no_files(const Container& container, std::string_view why) {
    return refused(
        "find files",
        "container '" + (container.name.empty() ? container.id : container.name) + "'" +
            (container.pid > 0 ? ": " : " is not running (" + container.state + ") and ") +
            std::string(why));
}

bool is_part(std::string_view word) {
    return !word.empty() && word[0] != '.' && word.find('/') == word.npos;
}

// Docker's and containers/storage's form: TOP/diff, and in TOP/lower the links of those below it.
Result<Filesystem> overlay(const Node& node, std::string base, const std::string& top, bool user) {
    Filesystem files{.base = std::move(base), .layers = {top + "/diff"}, .user = user};
    const auto text = read_state(node, files.base + "/" + top + "/lower", state_limit);
    // A container of an image without layers has none below it.
    if (!text && text.error().code != ENOENT) return std::unexpected(text.error());
    std::string_view rest = text ? std::string_view(*text) : std::string_view{};
    while (rest.ends_with('\n')) rest.remove_suffix(1);
    while (!rest.empty()) {
        if (files.layers.size() == layers_limit) return refused("find files", "too many layers");
        files.layers.emplace_back(parse::take(rest, ':'));
    }
    return files;
}

Result<Filesystem> docker(const Node& node, const Container& container) {
    if (container.driver == "overlayfs") {
        // containerd's snapshots, under the container's id.
        auto copy = container;
        copy.space = "moby";
        for (const auto& root :
             {container.store + "/containerd/daemon", std::string("/var/lib/containerd")}) {
            copy.store = root;
            if (auto layers = containerd::snapshot_layers(node, copy)) {
                return Filesystem{.base = root + containerd::snapshots,
                                  .layers = *std::move(layers)};
            }
        }
        return no_files(container, "its snapshot is not found");
    }
    if (container.driver != "overlay2" && container.driver != "vfs") {
        return no_files(container, "the storage driver '" + container.driver +
                                       "' keeps its files where they cannot be looked at");
    }
    const auto number = read_state(node,
                                   container.store + "/image/" + container.driver +
                                       "/layerdb/mounts/" + container.id + "/mount-id",
                                   256);
    if (!number || !is_part(*number)) return no_files(container, "its files are gone");
    const auto base = container.store + (container.driver == "vfs" ? "/vfs/dir" : "/overlay2");
    if (container.driver == "vfs") return Filesystem{.base = base, .layers = {*number}};
    return overlay(node, base, *number, false);
}

Result<Filesystem> stored(const Node& node, const Container& container) {
    if (!is_part(container.layer)) return no_files(container, "its record names no layer");
    const bool user = !container.user.empty();
    if (container.driver == "overlay") {
        return overlay(node, container.store + "/overlay", container.layer, user);
    }
    if (container.driver == "vfs") {
        return Filesystem{
            .base = container.store + "/vfs/dir", .layers = {container.layer}, .user = user};
    }
    return no_files(container, "the storage driver '" + container.driver +
                                   "' keeps its files where they cannot be looked at");
}

// "lxc.rootfs.path = dir:/var/lib/lxc/web/rootfs"; by default the folder "rootfs".
Result<Filesystem> lxc(const Node& node, const Container& container) {
    const auto folder = container.store + "/" + container.name;
    auto root = folder + "/rootfs";
    const auto text = read_state(node, folder + "/config", state_limit).value_or("");
    std::string_view rest = text;
    while (!rest.empty()) {
        auto line = parse::take_line(rest);
        const auto key = parse::trimmed(parse::take(line, '='));
        if (key != "lxc.rootfs.path" && key != "lxc.rootfs") continue;
        auto value = parse::trimmed(line);
        if (value.starts_with("dir:")) value.remove_prefix(4);
        if (!value.starts_with('/')) {
            return no_files(container, "its root is '" + std::string(value) + "', not a folder");
        }
        root = value;
    }
    return Filesystem{.base = std::move(root), .layers = {"."}};
}

Result<Filesystem> layers_of(const Container& container, const Node& node) {
    if (container.runtime == "docker") return docker(node, container);
    if (container.runtime == "podman" || container.runtime == "crio") {
        return stored(node, container);
    }
    if (container.runtime == "containerd") {
        if (container.layer.empty()) return no_files(container, "its files are gone");
        if (container.driver != "overlayfs") {
            return no_files(container, "the snapshotter '" + container.driver +
                                           "' keeps its files where they cannot be looked at");
        }
        return Filesystem{.base = container.store + containerd::snapshots,
                          .layers = TRY(containerd::snapshot_layers(node, container))};
    }
    if (container.runtime == "lxc") return lxc(node, container);
    if (container.runtime == "nspawn") {
        return Filesystem{.base = container.store + "/" + container.name, .layers = {"."}};
    }
    return no_files(container, container.runtime + " does not say where its files are");
}

}  // namespace

Result<Filesystem> filesystem(const Container& container, const Node& node) {
    auto own = node;
    own.links = container.user.empty();
    auto files = layers_of(container, own);
    if (files) files->base.insert(0, node.prefix);
    return files;
}

}  // namespace limpet::runtimes
