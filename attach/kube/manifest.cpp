// manifest.cpp - the JSON that we send.
#include "attach/kube/manifest.h"

#include <boost/json.hpp>

namespace limpet::attach::kube {
namespace {

namespace json = boost::json;

Result<json::value> parse(std::string_view what, std::string_view text) {
    json::parse_options options;
    options.max_depth = 64;
    boost::system::error_code problem;
    auto value = json::parse(text, problem, {}, options);
    if (problem) return refused(what, "it is no JSON: " + problem.message());
    if (!value.is_object()) return refused(what, "it is no JSON object");
    return value;
}

json::object security(const Debugger& debugger) {
    const json::object root{{"runAsUser", 0}, {"runAsGroup", 0}, {"runAsNonRoot", false}};
    auto context = root;
    switch (debugger.profile) {
        case Profile::automatic:
        case Profile::general:
            context["capabilities"] = {{"add", json::array{"SYS_PTRACE"}}};
            break;
        case Profile::baseline: break;
        case Profile::netadmin:
            context["capabilities"] = {{"add", json::array{"NET_ADMIN", "NET_RAW"}}};
            break;
        case Profile::sysadmin: context["privileged"] = true; break;
        case Profile::restricted:
            context = {{"runAsUser", debugger.user},
                       {"runAsGroup", debugger.group},
                       {"runAsNonRoot", true},
                       {"allowPrivilegeEscalation", false},
                       {"capabilities", {{"drop", json::array{"ALL"}}}},
                       {"seccompProfile", {{"type", "RuntimeDefault"}}}};
    }
    return context;
}

// Lists of these names are merged by this key, as the API's own strategic merge does.
std::string_view merge_key(std::string_view list) {
    if (list == "env") return "name";
    if (list == "volumeMounts") return "mountPath";
    return {};
}

void merge(json::object& into, const json::object& more);

void merge_list(json::array& into, const json::array& more, std::string_view key) {
    for (const auto& item : more) {
        const auto* object = item.if_object();
        const auto* wanted = object ? object->if_contains(key) : nullptr;
        json::object* present = nullptr;
        for (auto& candidate : into) {
            auto* other = candidate.if_object();
            const auto* name = other ? other->if_contains(key) : nullptr;
            if (wanted && name && *name == *wanted) present = other;
        }
        if (present) {
            merge(*present, *object);
        } else {
            into.push_back(item);
        }
    }
}

void merge(json::object& into, const json::object& more) {
    for (const auto& [key, value] : more) {
        auto& place = into[key];
        const std::string_view list(key.data(), key.size());
        if (value.is_null()) {
            into.erase(key);
        } else if (value.is_object() && place.is_object()) {
            merge(place.get_object(), value.get_object());
        } else if (value.is_array() && place.is_array() && !merge_key(list).empty()) {
            merge_list(place.get_array(), value.get_array(), merge_key(list));
        } else {
            place = value;
        }
    }
}

Result<> customise(json::object& container, const std::string& custom) {
    if (custom.empty()) return {};
    const auto more = TRY(parse("--custom", custom));
    // What makes it ours; kubectl debug refuses the same.
    for (const std::string_view fixed : {"name", "image", "command", "args", "lifecycle",
                                         "volumeDevices", "targetContainerName"}) {
        if (more.get_object().contains(fixed)) {
            return refused("--custom", "it may not set " + std::string(fixed));
        }
    }
    merge(container, more.get_object());
    return {};
}

json::array hold() {
    return {json::string(agent_path), "hold", "--ttl", json::string(time_to_live)};
}

json::object base(const Debugger& debugger) {
    json::object container{{"name", debugger.name},
                           {"image", debugger.image},
                           {"command", hold()},
                           {"terminationMessagePolicy", "File"},
                           {"securityContext", security(debugger)}};
    if (!debugger.pull_policy.empty()) container["imagePullPolicy"] = debugger.pull_policy;
    return container;
}

// What the server wrote into the original, and must not find in the copy.
json::object fresh_metadata(std::string_view name, json::object& old) {
    json::object meta{{"name", json::string(name)},
                      {"labels",
                       {{"app.kubernetes.io/name", "limpet"},
                        {"app.kubernetes.io/component", "copy"},
                        {"app.kubernetes.io/managed-by", "kubectl-limpet"}}}};
    // No other labels: a service must not send it requests, a controller must not count it.
    if (auto* annotations = old.if_contains("annotations")) meta["annotations"] = *annotations;
    if (auto* space = old.if_contains("namespace")) meta["namespace"] = *space;
    return meta;
}

// Seconds after which a pod of ours ends, should nobody be left to delete it.
constexpr int deadline = 8 * 3600;

// The agent is brought to where the target's own file system shows it.
void hold_instead(json::object& container) {
    for (const std::string_view gone :
         {"args", "livenessProbe", "readinessProbe", "startupProbe", "lifecycle"}) {
        container.erase(gone);
    }
    container["command"] =
        json::array{"/.limpet/limpet-agent", "hold", "--ttl", json::string(time_to_live)};
    auto& mounts = container["volumeMounts"];
    if (!mounts.is_array()) mounts = json::array{};
    mounts.get_array().push_back(
        {{"name", "limpet"}, {"mountPath", "/.limpet"}, {"readOnly", true}});
}

}  // namespace

Result<std::string> ephemeral_container(const Debugger& debugger) {
    auto container = base(debugger);
    container["targetContainerName"] = debugger.target;
    // Where the pod's containers share one pid namespace, pid 1 is none of theirs.
    container["env"] = json::array{
        {{"name", "LIMPET_PROFILE"}, {"value", debugger.mark}},
        {{"name", "LIMPET_TARGET"}, {"value", debugger.shared ? debugger.target : "pod"}}};
    TRY(customise(container, debugger.custom));
    return json::serialize(container);
}

std::string patch_with(std::string_view container) {
    return "{\"spec\":{\"ephemeralContainers\":[" + std::string(container) + "]}}";
}

Result<std::string> pod_with(std::string_view pod, std::string_view container) {
    auto value = TRY(parse("pod", pod));
    auto& spec = value.get_object()["spec"];
    if (!spec.is_object()) return refused("pod", "it has no spec");
    auto& list = spec.get_object()["ephemeralContainers"];
    if (!list.is_array()) list = json::array{};
    list.get_array().push_back(TRY(parse("container", container)));
    return json::serialize(value);
}

Result<std::string> node_pod(const Debugger& debugger, std::string_view node) {
    auto container = base(debugger);
    container["securityContext"] = {{"privileged", true}, {"runAsUser", 0}, {"runAsGroup", 0}};
    // Where the node is a container itself (kind), its process 1 is no target either.
    container["env"] = json::array{{{"name", "LIMPET_TARGET"}, {"value", "here"}}};
    TRY(customise(container, debugger.custom));
    const json::object spec{{"nodeName", json::string(node)},
                            {"hostPID", true},
                            // A node whose pod network is broken is one that wants debugging.
                            {"hostNetwork", true},
                            {"restartPolicy", "Never"},
                            {"automountServiceAccountToken", false},
                            {"enableServiceLinks", false},
                            {"terminationGracePeriodSeconds", 1},
                            {"activeDeadlineSeconds", deadline},
                            {"tolerations", json::array{{{"operator", "Exists"}}}},
                            {"containers", json::array{container}}};
    const json::object pod{{"apiVersion", "v1"},
                           {"kind", "Pod"},
                           {"metadata",
                            {{"name", debugger.name},
                             {"labels",
                              {{"app.kubernetes.io/name", "limpet"},
                               {"app.kubernetes.io/component", "node-session"},
                               {"app.kubernetes.io/managed-by", "kubectl-limpet"}}}}},
                           {"spec", spec}};
    return json::serialize(pod);
}

Result<std::string> copy_of(std::string_view pod, std::string_view name, const Debugger& debugger,
                            bool stays) {
    auto value = TRY(parse("pod", pod));
    auto& copy = value.get_object();
    auto& meta = copy["metadata"];
    auto& spec = copy["spec"];
    if (!meta.is_object() || !spec.is_object()) return refused("pod", "it has no spec");
    meta = fresh_metadata(name, meta.get_object());
    copy.erase("status");
    auto& parts = spec.get_object();
    parts.erase("ephemeralContainers");
    if (!stays) parts["activeDeadlineSeconds"] = deadline;
    auto& containers = parts["containers"];
    if (!containers.is_array()) return refused("pod", "it has no containers");
    bool found = false;
    for (auto& entry : containers.get_array()) {
        auto* container = entry.if_object();
        const auto* own = container ? container->if_contains("name") : nullptr;
        if (!own || *own != json::value(debugger.target)) continue;
        hold_instead(*container);
        found = true;
    }
    if (!found) return refused("pod", "it has no container " + debugger.target);
    auto& volumes = parts["volumes"];
    if (!volumes.is_array()) volumes = json::array{};
    volumes.get_array().push_back({{"name", "limpet"}, {"emptyDir", json::object{}}});
    auto bring = base(debugger);
    bring["command"] = json::array{json::string(agent_path), "--install", "/limpet/limpet-agent"};
    bring["volumeMounts"] = json::array{{{"name", "limpet"}, {"mountPath", "/limpet"}}};
    // First, so that it is there whatever the pod's own init containers do.
    auto& before = parts["initContainers"];
    if (!before.is_array()) before = json::array{};
    before.get_array().insert(before.get_array().begin(), bring);
    return json::serialize(value);
}

}  // namespace limpet::attach::kube
