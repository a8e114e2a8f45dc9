// pod.cpp - a pod as the server describes it.
#include "attach/kube/pod.h"

#include <boost/json.hpp>

#include <algorithm>
#include <limits>

namespace limpet::attach::kube {
namespace {

namespace json = boost::json;

const json::value nothing;

const json::value& at(const json::value& value, std::string_view key) {
    const auto* object = value.if_object();
    const auto* found = object ? object->if_contains(key) : nullptr;
    return found ? *found : nothing;
}

template <typename... Keys>
const json::value& at(const json::value& value, std::string_view key, Keys... keys) {
    return at(at(value, key), keys...);
}

std::string text(const json::value& value) {
    const auto* string = value.if_string();
    return string ? std::string(*string) : std::string{};
}

template <typename Number>
std::optional<Number> number(const json::value& value) {
    const auto* found = value.if_int64();
    if (!found || *found < 0 || *found > std::numeric_limits<Number>::max()) return std::nullopt;
    return static_cast<Number>(*found);
}

template <typename Visit>
void each(const json::value& value, Visit visit) {
    if (const auto* array = value.if_array()) std::ranges::for_each(*array, visit);
}

void add_state(Part& part, const json::value& status) {
    part.id = text(at(status, "containerID"));
    part.restarts = number<int>(at(status, "restartCount")).value_or(0);
    if (const auto user = number<std::uint32_t>(at(status, "user", "linux", "uid"))) {
        part.user = user;
        part.group = number<std::uint32_t>(at(status, "user", "linux", "gid"));
    }
    const auto& state = at(status, "state");
    const auto& waiting = at(state, "waiting");
    const auto& running = at(state, "running");
    const auto& terminated = at(state, "terminated");
    if (running.is_object()) {
        part.state = Part::State::running;
        part.started = text(at(running, "startedAt"));
    } else if (terminated.is_object()) {
        part.state = Part::State::terminated;
        part.status = number<int>(at(terminated, "exitCode")).value_or(0);
    } else if (waiting.is_object()) {
        part.state = Part::State::waiting;
    }
    const auto& why = waiting.is_object() ? waiting : terminated;
    part.reason = text(at(why, "reason"));
    part.message = text(at(why, "message"));
}

Part part_of(const json::value& spec, const json::value& pod_security,
             const json::value& statuses) {
    Part part;
    part.name = text(at(spec, "name"));
    part.image = text(at(spec, "image"));
    part.target = text(at(spec, "targetContainerName"));
    each(at(spec, "env"), [&](const json::value& variable) {
        if (text(at(variable, "name")) == "LIMPET_PROFILE") part.mark = text(at(variable, "value"));
    });
    const auto& own = at(spec, "securityContext");
    const auto of = [&](std::string_view key) {
        const auto value = number<std::uint32_t>(at(own, key));
        return value ? value : number<std::uint32_t>(at(pod_security, key));
    };
    part.user = of("runAsUser");
    part.group = of("runAsGroup");
    each(statuses, [&](const json::value& status) {
        if (text(at(status, "name")) == part.name) add_state(part, status);
    });
    return part;
}

Result<json::value> parse(std::string_view text) {
    json::parse_options options;
    options.max_depth = 64;
    boost::system::error_code problem;
    auto value = json::parse(text, problem, {}, options);
    if (problem) return refused("kubectl", "what it printed is no JSON: " + problem.message());
    return value;
}

Pod read(const json::value& value) {
    Pod pod;
    const auto& meta = at(value, "metadata");
    const auto& spec = at(value, "spec");
    const auto& status = at(value, "status");
    pod.name = text(at(meta, "name"));
    pod.name_space = text(at(meta, "namespace"));
    pod.leaving = at(meta, "deletionTimestamp").is_string();
    pod.default_container =
        text(at(meta, "annotations", "kubectl.kubernetes.io/default-container"));
    pod.node = text(at(spec, "nodeName"));
    const auto* shared = at(spec, "shareProcessNamespace").if_bool();
    const auto* host = at(spec, "hostPID").if_bool();
    pod.shares_processes = (shared && *shared) || (host && *host);
    pod.phase = text(at(status, "phase"));
    pod.reason = text(at(status, "reason"));
    const auto& security = at(spec, "securityContext");
    const auto add = [&](std::string_view list, std::string_view statuses, std::vector<Part>& to) {
        each(at(spec, list), [&](const json::value& container) {
            to.push_back(part_of(container, security, at(status, statuses)));
            to.back().init = list == "initContainers";
        });
    };
    add("containers", "containerStatuses", pod.containers);
    add("initContainers", "initContainerStatuses", pod.containers);
    add("ephemeralContainers", "ephemeralContainerStatuses", pod.ephemeral);
    return pod;
}

const Part* named(const std::vector<Part>& parts, std::string_view name) {
    const auto found = std::ranges::find(parts, name, &Part::name);
    return found == parts.end() ? nullptr : &*found;
}

}  // namespace

const Part* Pod::container(std::string_view wanted) const { return named(containers, wanted); }
const Part* Pod::debugger(std::string_view wanted) const { return named(ephemeral, wanted); }

Result<Pod> pod_of(std::string_view text) {
    auto pod = read(TRY(parse(text)));
    if (pod.name.empty() || pod.name_space.empty()) {
        return refused("kubectl", "what it printed is no pod");
    }
    return pod;
}

Result<std::vector<Pod>> pods_of(std::string_view text) {
    const auto value = TRY(parse(text));
    if (!at(value, "items").is_array()) return refused("kubectl", "what it printed is no list");
    std::vector<Pod> pods;
    each(at(value, "items"), [&](const json::value& item) { pods.push_back(read(item)); });
    return pods;
}

std::string state_of(const Part& part) {
    const auto with_reason = [&](std::string word) {
        if (!part.reason.empty()) word += ": " + part.reason;
        if (!part.message.empty()) word += ": " + part.message;
        return word;
    };
    switch (part.state) {
        case Part::State::running: return "running";
        case Part::State::waiting: return with_reason("waiting");
        case Part::State::terminated:
            return with_reason("terminated") + " (status " + std::to_string(part.status) + ")";
        case Part::State::unknown: break;
    }
    return "not started";
}

}  // namespace limpet::attach::kube
