// runtimes/docker.cpp - Docker's containers: /var/lib/docker/containers/ID/config.v2.json.
#include "runtimes/docker.h"

#include "limpet/limits.h"
#include "parse/json.h"
#include "parse/number.h"
#include "runtimes/process.h"
#include "sys/file.h"

#include <dirent.h>

#include <memory>

namespace limpet::runtimes::docker {
namespace {

constexpr std::size_t config_limit =
    4 * limits::small_file;  // labels and environment are free text
constexpr std::string_view default_root = "/var/lib/docker";
constexpr const char* runc_root = "/run/docker/runtime-runc/moby";

// --data-root or -g on the running daemon's command line, which overrides its configuration file.
std::string running_root(const Node& node) {
    auto pid_text = sys::read_file(node.prefix + "/run/docker.pid", 64);
    if (!pid_text) return {};
    while (pid_text->ends_with('\n')) pid_text->pop_back();
    const auto pid = parse::number<pid_t>(*pid_text);
    if (!pid) return {};
    const auto line = sys::read_file(node.prefix + "/proc/" + std::to_string(*pid) + "/cmdline",
                                     limits::small_file);
    if (!line) return {};
    std::string_view rest = *line;
    bool next_is_root = false;
    bool first = true;
    while (!rest.empty()) {
        const auto end = rest.find('\0');
        const auto word = rest.substr(0, end);
        rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
        // The pid file of a daemon that is gone may name any process.
        if (std::exchange(first, false) && !word.ends_with("dockerd")) return {};
        if (next_is_root) return std::string(word);
        for (const std::string_view option : {"--data-root", "--graph", "-g"}) {
            if (word == option) next_is_root = true;
            if (word.starts_with(option) && word.size() > option.size() &&
                word[option.size()] == '=') {
                return std::string(word.substr(option.size() + 1));
            }
        }
    }
    return {};
}

std::string data_root(const Node& node) {
    if (auto root = running_root(node); root.starts_with('/')) return root;
    if (const auto text = sys::read_file(node.prefix + "/etc/docker/daemon.json", config_limit)) {
        if (const auto json = parse::json(*text)) {
            const auto root = (*json)["data-root"].string();
            if (root.starts_with('/')) return std::string(root);
        }
    }
    return std::string(default_root);
}

// The state file says running, but of which boot? Only a process that is in the container's cgroup,
// or that runc recorded with the very same start time, is its process.
std::optional<std::uint64_t> verified(const Node& node, const Container& container, pid_t pid) {
    const auto start = start_time(node, pid);
    if (!start) return std::nullopt;
    if (in_cgroup(node, pid, container.id)) return start;
    if (runc_start_time(node, runc_root, container.id, pid) == start) return start;
    return std::nullopt;
}

Result<Container> read(const Node& node, const std::string& path) {
    const auto text = TRY(sys::read_file(path, config_limit));
    const auto json = TRY(parse::json(text));
    Container container;
    container.runtime = "docker";
    container.id = json["ID"].string();
    if (container.id.size() != 64) return refused("json", "no container ID");
    auto name = json["Name"].string();
    if (name.starts_with('/')) name.remove_prefix(1);
    container.name = name;
    container.image = json["Config"]["Image"].string();
    const auto& labels = json["Config"]["Labels"];
    if (const auto pod = labels["io.kubernetes.pod.name"].string(); !pod.empty()) {
        container.pod =
            std::string(labels["io.kubernetes.pod.namespace"].string()) + "/" + std::string(pod);
    }
    const auto& state = json["State"];
    // Docker writes the zero time of Go before the first start.
    const auto started = state["StartedAt"].string();
    if (!started.starts_with("0001-")) container.started = started;
    container.state = container.started.empty() ? "created" : "exited";
    const auto pid = state["Pid"].integer().value_or(0);
    if (!state["Running"].is_true() || pid <= 0 || pid > INT32_MAX) return container;
    if (const auto start = verified(node, container, static_cast<pid_t>(pid))) {
        container.state = state["Paused"].is_true() ? "paused" : "running";
        container.pid = static_cast<pid_t>(pid);
        container.start_time = *start;
    }
    return container;
}

}  // namespace

void list(const Node& node, Found& found) {
    const auto folder = data_root(node) + "/containers";
    const std::unique_ptr<DIR, int (*)(DIR*)> stream(::opendir((node.prefix + folder).c_str()),
                                                     ::closedir);
    if (!stream) {
        if (errno == ENOENT || errno == ENOTDIR) {
            found.looked_in.push_back(folder);
            return;
        }
        found.denied = found.denied || errno == EACCES || errno == EPERM;
        auto problem = failed("read", folder).error();
        if (found.denied) problem.hint = "run as root";
        found.warnings.push_back("docker: " + text(problem));
        return;
    }
    while (const auto* entry = ::readdir(stream.get())) {
        const std::string_view name = entry->d_name;
        if (name.starts_with('.')) continue;
        const auto path = node.prefix + folder + "/" + std::string(name) + "/config.v2.json";
        auto container = read(node, path);
        if (container) {
            found.containers.push_back(*std::move(container));
        } else if (container.error().code != ENOENT && container.error().code != ENOTDIR) {
            // One that is being created or removed has no file yet, or no more.
            found.warnings.push_back("docker: " + std::string(name.substr(0, 12)) + ": " +
                                     text(container.error()));
        }
    }
}

}  // namespace limpet::runtimes::docker
