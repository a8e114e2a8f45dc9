// runtimes/storage.cpp - podman's and CRI-O's containers: containers.json, config.json, pidfile.
#include "runtimes/storage.h"

#include "parse/mountinfo.h"
#include "parse/number.h"
#include "parse/passwd.h"
#include "parse/runtime_state.h"
#include "parse/storage.h"
#include "parse/toml.h"
#include "runtimes/database.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <span>

namespace limpet::runtimes::storage {
namespace {

// The folder of the containers is named after the storage driver: overlay-containers.
constexpr std::string_view containers = "-containers";

// Where the containers of one user are: what stays (graph) and what a boot forgets (run).
struct Place {
    std::string graph;
    std::string run;
    uid_t user = 0;
};

// A user's file system that does not answer would keep us for ever: FUSE, or one over a network.
// Asked is the kernel's list of mounts, not the file system.
std::optional<std::string> may_hang(const std::vector<parse::Mount>& mounts, const Place& place) {
    constexpr std::array<std::string_view, 5> types{"fuse", "nfs", "cifs", "9p", "ceph"};
    for (const auto& mount : mounts) {
        const bool slow = std::ranges::any_of(
            types, [&](std::string_view type) { return mount.type.starts_with(type); });
        if (!slow || mount.type == "fuseblk" || mount.type == "fusectl") continue;
        for (const auto& folder : {place.graph, place.run}) {
            const bool above = (folder + "/").starts_with(mount.point + "/");
            const bool below = mount.point.starts_with(folder + "/") &&
                               mount.point.find(containers, folder.size()) != mount.point.npos;
            if (above || below) return mount.type;
        }
    }
    return std::nullopt;
}

void add(std::vector<Place>& places, Place place) {
    if (!place.graph.starts_with('/') || !place.run.starts_with('/')) return;
    const bool known =
        std::ranges::any_of(places, [&](const Place& other) { return other.graph == place.graph; });
    if (!known) places.push_back(std::move(place));
}

Place configured(const Node& node) {
    Place place{.graph = "/var/lib/containers/storage", .run = "/run/containers/storage"};
    for (const auto* file :
         {"/usr/share/containers/storage.conf", "/etc/containers/storage.conf"}) {
        const auto text = read_state(node, file, state_limit);
        if (!text) continue;
        if (auto graph = parse::toml_string(*text, "storage", "graphroot"); !graph.empty()) {
            place.graph = std::move(graph);
        }
        if (auto run = parse::toml_string(*text, "storage", "runroot"); !run.empty()) {
            place.run = std::move(run);
        }
    }
    return place;
}

// "/x/overlay-containers/ID/userdata[/pidfile]" -> "/x".
std::string root_of(const std::string& path) {
    const auto at = path.rfind(std::string(containers) + "/");
    return at == path.npos ? std::string() : path.substr(0, path.rfind('/', at));
}

// CRI-O's own folders, where they are not those of podman.
void add_daemons(const Survey& survey, std::vector<Place>& places) {
    for (const pid_t pid : survey.daemons("crio")) {
        const auto words = survey.words(pid);
        const auto file = option_value(words, {"--config", "-c"});
        const auto text =
            read_state(survey.node(), file.empty() ? "/etc/crio/crio.conf" : file, state_limit);
        const auto folder = [&](std::initializer_list<std::string_view> options, const char* key) {
            auto value = option_value(words, options);
            return value.empty() && text ? parse::toml_string(*text, "crio", key) : value;
        };
        add(places,
            {.graph = folder({"--root", "-r"}, "root"), .run = folder({"--runroot"}, "runroot")});
    }
}

// Every running container has a conmon, whose command line names both folders wherever they are.
// Root's come first, so that no user can claim them.
void add_running(const Survey& survey, bool roots, std::vector<Place>& places) {
    for (const auto& stat : survey.all()) {
        if (stat.comm != "conmon") continue;
        const auto words = survey.words(stat.pid);
        // podman's bundles are in the one, CRI-O's in the other.
        const auto kept = option_value(words, {"--persist-dir"});
        Place place{.graph = root_of(kept.empty() ? option_value(words, {"-b"}) : kept),
                    .run = root_of(option_value(words, {"-p"})),
                    .user = survey.uid(stat.pid)};
        if ((place.user == 0) != roots || (roots && !survey.trusted(stat.pid))) continue;
        add(places, std::move(place));
    }
}

// Users who have run podman since the last boot; the homes of all others are left alone.
void add_users(const Node& node, std::vector<Place>& places) {
    const auto text = read_state(node, "/etc/passwd", state_limit);
    if (!text) return;
    for (const auto& user : parse::passwd(*text)) {
        if (user.uid == 0 || user.home.size() < 2) continue;
        const auto run = "/run/user/" + std::to_string(user.uid);
        const bool used = entries(node, run + "/containers") || entries(node, run + "/libpod");
        if (!used) continue;
        add(places, {.graph = user.home + "/.local/share/containers/storage",
                     .run = run + "/containers",
                     .user = user.uid});
    }
}

std::vector<std::string> runtime_roots(const Place& place) {
    const std::string base = place.user == 0 ? "/run" : "/run/user/" + std::to_string(place.user);
    return {base + "/runc/", base + "/crun/"};
}

struct Running {
    std::uint64_t start = 0;
    std::string created;
};

// The process is the container's when its runtime recorded it, when it is in the container's
// cgroup, or when its parent is the container's conmon.
std::optional<Running> running(const Survey& survey, const Node& node, const Place& place,
                               const std::string& id, pid_t pid) {
    // A user speaks for processes of users only.
    if (place.user != 0 && survey.uid(pid) == 0) return std::nullopt;
    Claim claim{.pid = pid, .cgroup = id};
    std::string created;
    for (const auto& root : runtime_roots(place)) {
        for (const auto* file : {"/state.json", "/status"}) {
            const auto text = read_state(node, root + id + file, state_limit);
            const auto state = text ? parse::runtime_state(*text) : refused("", "");
            if (!state || state->pid != pid) continue;
            claim.start = state->start;
            created = state->created;
        }
    }
    if (const auto start = verified(survey, claim)) return Running{*start, created};
    const auto* stat = survey.find(pid);
    const auto* parent = stat && !claim.start ? survey.find(stat->ppid) : nullptr;
    if (!parent || parent->comm != "conmon") return std::nullopt;
    if (option_value(survey.words(parent->pid), {"-c"}) != id) return std::nullopt;
    return Running{stat->starttime, created};
}

// In a user's folders no link is followed: it could lead to anything of root's.
Node node_of(const Survey& survey, const Place& place) {
    auto node = survey.node();
    node.links = place.user == 0;
    return node;
}

// What the bundle says. podman writes it at the first start, CRI-O when the container is made.
void read_bundle(const Node& node, const std::string& folder, Container& container,
                 std::vector<std::string>& warnings) {
    const auto text = read_state(node, folder + "/config.json", state_limit);
    if (!text) return;
    container.state = "exited";
    auto bundle = parse::oci_bundle(*text);
    if (!bundle) {
        warnings.push_back("podman: " + container.id.substr(0, 12) + ": " +
                           limpet::text(bundle.error()));
        return;
    }
    container.labels = std::move(bundle->annotations);
    container.entrypoint = std::move(bundle->command);
    container.start = std::move(bundle->start);
    const auto who = parse::identity(container.labels);
    container.infra = who.infra;
    if (who.manager == "cri-o") {
        container.runtime = "crio";
        container.pod = who.pod;
        container.container = who.container;
        container.restarts = who.restarts;
        // k8s_app_web-1_shop_UID_0 is nothing that people type.
        if (!who.container.empty()) container.name = who.container;
        if (!who.image.empty()) container.image = who.image;
    } else if (!who.pod.empty()) {
        container.pod = who.pod;
        container.container = who.container;
    }
}

Container read(const Survey& survey, const Place& place, const std::string& driver,
               const parse::Stored& stored, std::vector<std::string>& warnings) {
    const auto node = node_of(survey, place);
    Container container;
    container.runtime = "podman";
    container.id = stored.id;
    container.name = stored.name;
    container.image = stored.image;
    container.state = "created";
    if (place.user != 0) container.user = std::to_string(place.user);
    container.store = place.graph;
    container.driver = driver;
    container.layer = stored.layer;
    const auto folder = "/" + driver + std::string(containers) + "/" + stored.id + "/userdata";
    read_bundle(node, place.graph + folder, container, warnings);
    auto number = read_state(node, place.run + folder + "/pidfile", 64).value_or("");
    while (number.ends_with('\n')) number.pop_back();
    const auto pid = parse::number<pid_t>(number).value_or(0);
    if (pid <= 0) return container;
    if (auto process = running(survey, node, place, stored.id, pid)) {
        container.pid = pid;
        container.start_time = process->start;
        container.started = std::move(process->created);
        container.state = "running";
    }
    return container;
}

// Each container of a pod names the pod's first; podman does not mark that one itself.
void mark_infra(std::span<Container> all) {
    for (const auto& member : all) {
        const auto sandbox = parse::label(member.labels, "io.kubernetes.cri-o.SandboxID");
        const auto infra = std::ranges::find(all, sandbox, &Container::id);
        if (infra != all.end()) infra->infra = true;
    }
    for (auto& one : all) {
        // Alone in its pod: "8cf0c452c766-infra", after the pod's id.
        const auto hex = one.name.find_first_not_of("0123456789abcdef");
        one.infra = one.infra || (hex == 12 && one.name.substr(hex) == "-infra");
    }
}

// Which pod a container is in, from podman's own database until version 5. A user's may be made to
// have no end.
void name_pods(const Node& node, const std::string& graph, std::span<Container> all,
               std::vector<std::string>& warnings) {
    if (all.empty()) return;
    const auto path = graph + "/libpod/bolt_state.db";
    const auto done = read_database(node, path, [&](const parse::Bolt& bolt) -> Result<> {
        const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(1);
        for (const auto& pod : TRY(bolt.list({"allPods"}))) {
            if (std::chrono::steady_clock::now() > end) return refused("", "it is too large");
            for (const auto& member : TRY(bolt.list({"pod", pod.key, "containers"}))) {
                const auto one = std::ranges::find(all, member.key, &Container::id);
                if (one == all.end() || one->runtime != "podman") continue;
                one->pod = pod.value;
                one->container = one->name;
            }
        }
        return {};
    });
    if (!done && done.error().code == 0) warnings.push_back("podman: " + text(done.error()));
}

void list_place(const Survey& survey, const Place& place, const std::string& driver, Found& found) {
    const auto folder = "/" + driver + std::string(containers);
    const auto before = found.containers.size();
    // The second holds those that go with the boot, as of `podman run --rm`.
    for (const auto& file : {place.graph + folder + "/containers.json",
                             place.graph + folder + "/volatile-containers.json",
                             place.run + folder + "/volatile-containers.json"}) {
        const auto text = read_state(node_of(survey, place), file, 4 * state_limit);
        if (!text) {
            const int code = text.error().code;
            if (code == ENOENT || code == ENOTDIR) continue;
            const bool denied = code == EACCES || code == EPERM;
            found.denied = found.denied || denied;
            auto problem = text.error();
            if (denied) problem.hint() = "run as root";
            found.warnings.push_back("podman: " + limpet::text(problem));
            continue;
        }
        const auto stored = parse::stored_containers(*text);
        if (!stored) {
            found.warnings.push_back("podman: " + file + ": " + limpet::text(stored.error()));
            continue;
        }
        for (const auto& one : *stored) {
            found.containers.push_back(read(survey, place, driver, one, found.warnings));
        }
    }
    const auto all = std::span(found.containers).subspan(before);
    mark_infra(all);
    name_pods(node_of(survey, place), place.graph, all, found.warnings);
}

}  // namespace

void list(const Survey& survey, const std::vector<Container>& /*known*/, Found& found) {
    std::vector<Place> places;
    add(places, configured(survey.node()));
    add_daemons(survey, places);
    add_running(survey, true, places);
    add_running(survey, false, places);
    add_users(survey.node(), places);
    const auto mounts = parse::mountinfo(proc_text(survey.node(), ::getpid(), "mountinfo"));
    for (const auto& place : places) {
        const auto slow = place.user == 0 ? std::nullopt : may_hang(mounts, place);
        if (slow) {
            found.warnings.push_back("podman: " + place.graph + " is on a file system (" + *slow +
                                     ") that may not answer: not looked at");
            continue;
        }
        const auto folders = entries(node_of(survey, place), place.graph);
        if (!folders && place.user == 0) {
            const int code = folders.error().code;
            const bool denied = code == EACCES || code == EPERM;
            found.denied = found.denied || denied;
            if (denied) found.warnings.push_back("podman: " + text(folders.error()));
            if (!denied) found.looked_in.push_back(place.graph);
        }
        for (const auto& folder : folders.value_or(std::vector<std::string>{})) {
            if (!folder.ends_with(containers)) continue;
            list_place(survey, place, folder.substr(0, folder.size() - containers.size()), found);
        }
    }
}

}  // namespace limpet::runtimes::storage
