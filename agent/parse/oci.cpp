// parse/oci.cpp - an OCI bundle's config.json, and what labels and annotations say of a container.
#include "parse/oci.h"

#include "parse/json.h"
#include "parse/number.h"

#include <algorithm>
#include <initializer_list>

namespace limpet::parse {
namespace {

std::string_view first(const Labels& labels, std::initializer_list<std::string_view> names) {
    for (const auto name : names) {
        if (const auto value = label(labels, name); !value.empty()) return value;
    }
    return {};
}

// CRI-O: {"name":"app","attempt":3}, or without a number that is 0.
std::optional<std::uint32_t> attempt(std::string_view metadata) {
    const auto json = parse::json(metadata);
    if (!json || json->kind != Json::Kind::object) return std::nullopt;
    const auto& number = (*json)["attempt"];
    if (number.kind == Json::Kind::null) return 0;
    const auto count = number.integer();
    if (!count || *count < 0 || *count > UINT32_MAX) return std::nullopt;
    return static_cast<std::uint32_t>(*count);
}

}  // namespace

void add_label(Labels& labels, std::string_view name, std::string_view value) {
    if (labels.size() >= labels_limit) return;
    labels.emplace_back(name.substr(0, label_bytes), value.substr(0, label_bytes));
}

std::string_view label(const Labels& labels, std::string_view name) {
    for (const auto& [known, value] : labels) {
        if (known == name) return value;
    }
    return {};
}

void add_words(std::vector<std::string>& words, const Json& list) {
    for (const auto& word : list.items) {
        if (words.size() >= words_limit) return;
        words.emplace_back(word.string().substr(0, word_bytes));
    }
}

Result<Bundle> oci_bundle(std::string_view text) {
    const auto json = TRY(parse::json(text));
    if (json.kind != Json::Kind::object) return refused("json", "config.json is no object");
    const auto& annotations = json["annotations"];
    Bundle bundle;
    for (std::size_t i = 0; i < annotations.names.size(); ++i) {
        add_label(bundle.annotations, annotations.names[i], annotations.items[i].string());
    }
    const auto& process = json["process"];
    auto& start = bundle.start;
    add_words(start.arguments, process["args"]);
    add_words(start.environment, process["env"]);
    start.directory = process["cwd"].string().substr(0, label_bytes);
    const auto& user = process["user"];
    start.user = std::to_string(user["uid"].integer().value_or(0)) + ":" +
                 std::to_string(user["gid"].integer().value_or(0));
    for (const auto& id : user["additionalGids"].items) {
        if (start.groups.size() > label_bytes) break;
        if (!start.groups.empty()) start.groups += ',';
        start.groups += std::to_string(id.integer().value_or(0));
    }
    for (const auto& word : process["args"].items) {
        if (!bundle.command.empty()) bundle.command += ' ';
        bundle.command += word.string();
    }
    bundle.command.resize(std::min(bundle.command.size(), label_bytes));
    return bundle;
}

Identity identity(const Labels& labels) {
    Identity who;
    const auto pod = first(labels, {"io.kubernetes.pod.name", "io.kubernetes.cri.sandbox-name"});
    const auto space =
        first(labels, {"io.kubernetes.pod.namespace", "io.kubernetes.cri.sandbox-namespace"});
    if (!pod.empty()) {
        who.pod = std::string(space.empty() ? "default" : space) + "/" + std::string(pod);
    }
    who.container =
        first(labels, {"io.kubernetes.container.name", "io.kubernetes.cri.container-name"});
    who.image = first(labels, {"io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName",
                               "io.kubernetes.cri.podsandbox.image-name"});
    who.sandbox = first(labels, {"io.kubernetes.cri.sandbox-id", "io.kubernetes.cri-o.SandboxID",
                                 "io.kubernetes.sandbox.id"});
    who.manager = label(labels, "io.container.manager");
    const auto kind =
        first(labels, {"io.kubernetes.cri.container-type", "io.kubernetes.cri-o.ContainerType",
                       "io.cri-containerd.kind", "io.kubernetes.docker.type"});
    who.infra = kind == "sandbox" || kind == "podsandbox";
    who.restarts =
        number<std::uint32_t>(first(labels, {"io.kubernetes.container.restartCount",
                                             "annotation.io.kubernetes.container.restartCount"}));
    if (!who.restarts) who.restarts = attempt(label(labels, "io.kubernetes.cri-o.Metadata"));
    return who;
}

}  // namespace limpet::parse
