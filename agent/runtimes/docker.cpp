// runtimes/docker.cpp - Docker's containers: /var/lib/docker/containers/ID/config.v2.json.
#include "runtimes/docker.h"

#include "parse/json.h"
#include "parse/runtime_state.h"

#include <algorithm>

namespace limpet::runtimes::docker {
namespace {

constexpr std::string_view default_root = "/var/lib/docker";
constexpr std::string_view default_configuration = "/etc/docker/daemon.json";

std::string configured_root(const Node& node, const std::string& file) {
    const auto text = read_state(node, file, state_limit);
    if (!text) return {};
    const auto json = parse::json(*text);
    return json ? std::string((*json)["data-root"].string()) : std::string();
}

// Of every daemon that runs: its command line overrides its configuration file. Without one, the
// place where the last one had it.
std::vector<std::string> data_roots(const Survey& survey) {
    const auto& node = survey.node();
    std::vector<std::string> roots;
    const auto add = [&](std::string root) {
        if (!root.starts_with('/')) root = default_root;
        while (root.size() > 1 && root.ends_with('/')) root.pop_back();
        if (std::ranges::find(roots, root) == roots.end()) roots.push_back(std::move(root));
    };
    const auto daemons = survey.daemons("dockerd");
    for (const pid_t pid : daemons) {
        const auto words = survey.words(pid);
        auto root = option_value(words, {"--data-root", "--graph", "-g"});
        if (root.empty()) {
            auto file = option_value(words, {"--config-file"});
            root = configured_root(node, file.empty() ? std::string(default_configuration) : file);
        }
        // One in a chroot has its folders there.
        const auto chroot = proc_link(node, pid, "root");
        if (chroot.size() > 1 && chroot.starts_with('/') && root.starts_with('/')) {
            root = chroot + root;
        }
        add(std::move(root));
    }
    if (daemons.empty()) add(configured_root(node, std::string(default_configuration)));
    return roots;
}

// runc's record, for containers whose cgroup says nothing (their own root of a cgroup namespace).
Claim claim(const Node& node, const Container& container, pid_t pid) {
    Claim claim{.pid = pid, .cgroup = container.id};
    const auto text = read_state(
        node, "/run/docker/runtime-runc/moby/" + container.id + "/state.json", state_limit);
    if (!text) return claim;
    const auto state = parse::runtime_state(*text);
    if (state && state->pid == pid) claim.start = state->start;
    return claim;
}

void read_labels(const parse::Json& labels, Container& container) {
    for (std::size_t i = 0; i < labels.names.size(); ++i) {
        parse::add_label(container.labels, labels.names[i], labels.items[i].string());
    }
    const auto who = parse::identity(container.labels);
    container.pod = who.pod;
    container.container = who.container;
    container.infra = who.infra;
    container.restarts = who.restarts;
}

// "/app -v", and how it ended.
void read_command(const parse::Json& json, Container& container) {
    container.entrypoint = json["Path"].string();
    for (const auto& word : json["Args"].items) {
        container.entrypoint += ' ';
        container.entrypoint += word.string();
    }
    const auto& config = json["Config"];
    auto& start = container.start;
    start.arguments.emplace_back(json["Path"].string());
    parse::add_words(start.arguments, json["Args"]);
    parse::add_words(start.environment, config["Env"]);
    start.directory = config["WorkingDir"].string();
    start.user = config["User"].string();
    container.entrypoint.resize(std::min(container.entrypoint.size(), parse::label_bytes));
    const auto& state = json["State"];
    const auto status = state["ExitCode"].integer();
    if (state["Running"].is_true() || container.started.empty() || !status) return;
    container.ended = "with status " + std::to_string(*status);
    if (state["OOMKilled"].is_true()) container.ended += ", out of memory";
    const auto error = state["Error"].string();
    if (!error.empty()) container.ended += ": " + std::string(error.substr(0, parse::label_bytes));
}

Result<Container> read(const Survey& survey, const std::string& root, const std::string& id) {
    const auto path = root + "/containers/" + id + "/config.v2.json";
    const auto text = TRY(read_state(survey.node(), path, state_limit));
    const auto json = TRY(parse::json(text));
    Container container;
    container.runtime = "docker";
    container.id = json["ID"].string();
    // It becomes a part of paths, and one folder speaks for one container only.
    if (container.id.size() != 64 || container.id != id) return refused("json", "no container ID");
    auto name = json["Name"].string();
    if (name.starts_with('/')) name.remove_prefix(1);
    container.name = name;
    container.image = json["Config"]["Image"].string();
    read_labels(json["Config"]["Labels"], container);
    if (!container.restarts) {
        const auto count = json["RestartCount"].integer().value_or(0);
        container.restarts =
            static_cast<std::uint32_t>(std::clamp<std::int64_t>(count, 0, 1 << 30));
    }
    container.store = root;
    container.driver = json["Driver"].string();
    container.layer = container.id;
    const auto& state = json["State"];
    // Docker writes the zero time of Go before the first start.
    const auto started = state["StartedAt"].string();
    if (!started.starts_with("0001-")) container.started = started;
    container.state = container.started.empty() ? "created" : "exited";
    read_command(json, container);
    const auto pid = state["Pid"].integer().value_or(0);
    if (!state["Running"].is_true() || pid <= 0 || pid > INT32_MAX) return container;
    const auto claimed = claim(survey.node(), container, static_cast<pid_t>(pid));
    // The state file says running, but of which boot?
    if (const auto start = verified(survey, claimed)) {
        container.state = state["Paused"].is_true() ? "paused" : "running";
        container.pid = static_cast<pid_t>(pid);
        container.start_time = *start;
    }
    return container;
}

}  // namespace

void list(const Survey& survey, const std::vector<Container>& /*known*/, Found& found) {
    for (const auto& root : data_roots(survey)) {
        const auto folder = root + "/containers";
        const auto ids = entries(survey.node(), folder);
        if (!ids) {
            const int code = ids.error().code;
            if (code == ENOENT || code == ENOTDIR) {
                found.looked_in.push_back(folder);
                continue;
            }
            const bool denied = code == EACCES || code == EPERM;
            auto problem = ids.error();
            if (denied) problem.hint() = "run as root";
            found.denied = found.denied || denied;
            found.warnings.push_back("docker: " + text(problem));
            continue;
        }
        for (const auto& id : *ids) {
            auto container = read(survey, root, id);
            if (container) {
                found.containers.push_back(*std::move(container));
            } else if (container.error().code != ENOENT && container.error().code != ENOTDIR) {
                // One that is being created or removed has no file yet, or no more.
                found.warnings.push_back("docker: " + id.substr(0, 12) + ": " +
                                         text(container.error()));
            }
        }
    }
}

}  // namespace limpet::runtimes::docker
