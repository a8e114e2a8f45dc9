// parse/oci.h - an OCI bundle's config.json, and what labels and annotations say of a container.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::parse {

using Labels = std::vector<std::pair<std::string, std::string>>;

// An image or a pod may carry any number: so many are kept, each cut to so many bytes.
inline constexpr std::size_t labels_limit = 256;
inline constexpr std::size_t label_bytes = 4096;
void add_label(Labels& labels, std::string_view name, std::string_view value);
// Empty when there is none of that name.
std::string_view label(const Labels& labels, std::string_view name);

// How a container's first process is started. At most so many words, each as long as execve(2) has
// it.
inline constexpr std::size_t words_limit = 4096;
inline constexpr std::size_t word_bytes = 131072;
struct Start {
    std::vector<std::string> arguments, environment;
    std::string directory;
    std::string user;    // "1000:1000", or as the image names it: "app"
    std::string groups;  // more of them: "10,20"
};
struct Json;
void add_words(std::vector<std::string>& words, const Json& list);

// What config.json tells: annotations, the command line as one text, and all of it.
struct Bundle {
    Labels annotations;
    std::string command;
    Start start;
};
Result<Bundle> oci_bundle(std::string_view text);

// What Kubernetes' runtimes write into annotations (containerd, CRI-O, podman) or labels (Docker).
struct Identity {
    std::string pod;        // namespace/name
    std::string container;  // its name in the pod
    std::string image;
    std::string sandbox;  // id of the pod's sandbox
    std::string manager;  // "libpod", "cri-o"
    bool infra = false;   // holds the pod's namespaces open and does nothing else
    std::optional<std::uint32_t> restarts;
};
Identity identity(const Labels& labels);

}  // namespace limpet::parse
