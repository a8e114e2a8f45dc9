// runtimes/containerd.cpp - containerd's containers: bundles of those that run, the database of
// all.
#include "runtimes/containerd.h"

#include "parse/number.h"
#include "parse/runtime_state.h"
#include "parse/toml.h"
#include "runtimes/containerd_metadata.h"

#include <algorithm>
#include <span>

namespace limpet::runtimes::containerd {
namespace {

constexpr std::string_view tasks = "/io.containerd.runtime.v2.task";

struct Place {
    std::string state;  // bundles of tasks
    std::string root;   // databases, snapshots; empty: not known
};

void add(std::vector<Place>& places, Place place) {
    // Docker's daemon spells /run in the old way.
    if (place.state.starts_with("/var/run/")) place.state.erase(0, 4);
    const auto same = std::ranges::find(places, place.state, &Place::state);
    if (same == places.end()) {
        places.push_back(std::move(place));
    } else if (same->root.empty()) {
        same->root = std::move(place.root);
    }
}

Place configured(const Node& node, const std::string& file) {
    Place place{.state = "/run/containerd", .root = "/var/lib/containerd"};
    const auto text = read_state(node, file, state_limit);
    if (!text) return place;
    if (auto state = parse::toml_string(*text, "", "state"); state.starts_with('/')) {
        place.state = std::move(state);
    }
    if (auto root = parse::toml_string(*text, "", "root"); root.starts_with('/')) {
        place.root = std::move(root);
    }
    return place;
}

void add_daemons(const Survey& survey, std::vector<Place>& places) {
    for (const pid_t pid : survey.daemons("containerd")) {
        const auto words = survey.words(pid);
        const auto file = option_value(words, {"--config", "-c"});
        auto place = configured(survey.node(), file.empty() ? "/etc/containerd/config.toml" : file);
        if (auto state = option_value(words, {"--state"}); !state.empty()) place.state = state;
        if (auto root = option_value(words, {"--root"}); !root.empty()) place.root = root;
        const auto chroot = proc_link(survey.node(), pid, "root");
        if (chroot.size() > 1 && chroot.starts_with('/')) {
            place.state.insert(0, chroot);
            place.root.insert(0, chroot);
        }
        add(places, std::move(place));
    }
}

// A shim stands in its bundle, <state>/io.containerd.runtime.v2.task/NS/ID, wherever that is: it
// stays when the daemon goes.
void add_shims(const Survey& survey, std::vector<Place>& places) {
    for (const pid_t pid : survey.daemons("containerd-shim")) {
        const auto bundle = proc_link(survey.node(), pid, "cwd");
        const auto at = bundle.find(tasks);
        if (at != bundle.npos && at > 0) add(places, {.state = bundle.substr(0, at), .root = {}});
    }
}

std::string name_of(const parse::Labels& labels, const std::string& id) {
    const auto nerdctl = parse::label(labels, "nerdctl/name");
    return nerdctl.empty() ? id : std::string(nerdctl);
}

void identify(Container& container) {
    const auto who = parse::identity(container.labels);
    container.pod = who.pod;
    container.container = who.container;
    container.infra = who.infra;
    if (who.restarts) container.restarts = who.restarts;
    if (container.image.empty()) container.image = who.image;
    container.name =
        who.container.empty() ? name_of(container.labels, container.id) : who.container;
}

std::string_view cri_label(const Container& container, std::string_view name) {
    return parse::label(container.labels, "io.kubernetes.cri." + std::string(name));
}

// Where the kubelet has the logs of a container's pod: its sandbox was told, the others were not.
std::string logs_of(const Container& container, std::span<const Container> all) {
    const auto id = cri_label(container, "sandbox-id");
    const auto sandbox = std::ranges::find(all, id, &Container::id);
    if (!id.empty() && sandbox != all.end()) {
        const auto told = cri_label(*sandbox, "sandbox-log-directory");
        if (told.starts_with('/')) return std::string(told);
    }
    const auto uid = cri_label(container, "sandbox-uid");
    if (uid.empty()) return {};
    return "/var/log/pods/" + std::string(cri_label(container, "sandbox-namespace")) + "_" +
           std::string(cri_label(container, "sandbox-name")) + "_" + std::string(uid);
}

// containerd does not pass the count on to the bundle; the kubelet's log files are numbered by it.
std::optional<std::uint32_t> restarts(const Node& node, const Container& container,
                                      std::span<const Container> all) {
    const auto name = cri_label(container, "container-name");
    const auto logs = logs_of(container, all);
    if (logs.empty() || name.empty()) return std::nullopt;
    const auto folder = logs + "/" + std::string(name);
    if (folder.find("/../") != folder.npos) return std::nullopt;
    std::optional<std::uint32_t> most;
    for (const auto& file : entries(node, folder).value_or(std::vector<std::string>{})) {
        const auto number = parse::number<std::uint32_t>(file.substr(0, file.find('.')));
        if (number && (!most || *number > *most)) most = number;
    }
    return most;
}

void find_process(const Survey& survey, const std::string& bundle, Container& container) {
    container.state = "stopped";
    const auto number = read_state(survey.node(), bundle + "/init.pid", 64).value_or("");
    const auto pid = parse::number<pid_t>(number).value_or(0);
    Claim claim{.pid = pid, .cgroup = container.id};
    for (const std::string root : {"/run/containerd/runc/", "/run/docker/runtime-runc/"}) {
        for (const auto* file : {"/state.json", "/status"}) {
            const auto text = read_state(
                survey.node(), root + container.space + "/" + container.id + file, state_limit);
            const auto state = text ? parse::runtime_state(*text) : refused("", "");
            if (!state || state->pid != pid) continue;
            claim.start = state->start;
            container.started = state->created;
        }
    }
    if (pid <= 0) return;
    if (const auto start = verified(survey, claim)) {
        container.pid = pid;
        container.start_time = *start;
        container.state = "running";
    }
}

Result<Container> read_bundle(const Survey& survey, const Place& place, const std::string& space,
                              const std::string& id) {
    const auto bundle = place.state + std::string(tasks) + "/" + space + "/" + id;
    const auto text = TRY(read_state(survey.node(), bundle + "/config.json", state_limit));
    Container container;
    container.runtime = "containerd";
    container.space = space;
    container.id = id;
    auto content = TRY(parse::oci_bundle(text));
    container.labels = std::move(content.annotations);
    container.entrypoint = std::move(content.command);
    container.start = std::move(content.start);
    identify(container);
    find_process(survey, bundle, container);
    container.store = place.root;
    return container;
}

void list_bundles(const Survey& survey, const Place& place, Found& found) {
    const auto folder = place.state + std::string(tasks);
    const auto spaces = entries(survey.node(), folder);
    if (!spaces) {
        if (spaces.error().code == ENOENT || spaces.error().code == ENOTDIR) {
            found.looked_in.push_back(place.state);
        } else {
            found.denied = found.denied || spaces.error().code == EACCES;
            found.warnings.push_back("containerd: " + text(spaces.error()));
        }
        return;
    }
    for (const auto& space : *spaces) {
        const auto ids = entries(survey.node(), folder + "/" + space);
        for (const auto& id : ids.value_or(std::vector<std::string>{})) {
            auto container = read_bundle(survey, place, space, id);
            if (container) {
                found.containers.push_back(*std::move(container));
            } else if (container.error().code != ENOENT && container.error().code != ENOTDIR) {
                found.warnings.push_back("containerd: " + space + "/" + id.substr(0, 12) + ": " +
                                         text(container.error()));
            }
        }
    }
}

// The database knows image, labels and layers of all, and those that have no bundle because they
// do not run.
void add_metadata(const Node& node, const Place& place, Found& found) {
    if (place.root.empty()) return;
    auto records = read_metadata(node, place.root);
    if (!records) {
        if (records.error().code != ENOENT && records.error().code != ENOTDIR) {
            found.warnings.push_back("containerd: " + text(records.error()));
        }
        return;
    }
    for (auto& record : *records) {
        auto same = std::ranges::find_if(found.containers, [&](const Container& container) {
            return container.store == place.root && container.space == record.space &&
                   container.id == record.id;
        });
        if (same == found.containers.end()) {
            Container container;
            container.runtime = "containerd";
            container.space = record.space;
            container.id = record.id;
            container.state = "stopped";
            container.store = place.root;
            // A protobuf message around what would be the bundle's config.json.
            const auto from = std::min(record.spec.find('{'), record.spec.size());
            if (auto content = parse::oci_bundle(std::string_view(record.spec).substr(from))) {
                container.entrypoint = std::move(content->command);
                container.start = std::move(content->start);
            }
            same = found.containers.insert(found.containers.end(), std::move(container));
        }
        if (!record.image.empty()) same->image = std::move(record.image);
        for (auto& [name, value] : record.labels) {
            if (parse::label(same->labels, name).empty()) {
                parse::add_label(same->labels, name, value);
            }
        }
        same->driver = std::move(record.snapshotter);
        same->layer = std::move(record.snapshot);
        same->order = std::move(record.created);
        identify(*same);
    }
}

}  // namespace

void list(const Survey& survey, const std::vector<Container>& /*known*/, Found& found) {
    std::vector<Place> places;
    add_daemons(survey, places);
    if (places.empty()) {
        add(places, configured(survey.node(), "/etc/containerd/config.toml"));
    }
    add_shims(survey, places);
    for (const auto& place : places) {
        const auto before = found.containers.size();
        list_bundles(survey, place, found);
        const auto here = std::span(found.containers).subspan(before);
        for (auto& container : here) {
            if (!container.restarts) container.restarts = restarts(survey.node(), container, here);
        }
        add_metadata(survey.node(), place, found);
    }
}

}  // namespace limpet::runtimes::containerd
