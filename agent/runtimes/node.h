// runtimes/node.h - the node's files and processes, as the runtimes' readers see them.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"
#include "parse/stat.h"
#include "runtimes/container.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::runtimes {

// A file or folder of the node, whatever the prefix.
Result<Fd> open_in(const Node& node, const std::string& path, int flags);
// A whole state file; anything but a regular file is refused before it is opened, because some are
// in folders of users. `path` is the node's.
Result<std::string> read_state(const Node& node, const std::string& path, std::size_t limit);
// The names in a folder, sorted, at most `entries_limit` of them.
inline constexpr std::size_t entries_limit = 20'000;
Result<std::vector<std::string>> entries(const Node& node, const std::string& folder);
// Labels and environment are free text, so state files are larger than they need be.
inline constexpr std::size_t state_limit = std::size_t{4} * 1024 * 1024;

// Below /proc of the node; empty when it cannot be read.
std::string proc_text(const Node& node, pid_t pid, std::string_view file);
std::string proc_link(const Node& node, pid_t pid, std::string_view link);

// The links of /proc/PID/ns; empty where they cannot be read.
struct Namespaces {
    std::string pid, mount;
};
Namespaces namespaces_of(const Node& node, pid_t pid);
// Those of the node itself: init's, and our own, which are others when we run in a private mount
// namespace.
struct Home {
    std::string pid;
    std::array<std::string, 2> mounts;
    [[nodiscard]] bool has(const Namespaces& namespaces) const;
    [[nodiscard]] bool has_mount(std::string_view mount) const;
};
Home home_of(const Node& node);

// Every process of the node, as /proc had them in one walk.
class Survey {
public:
    explicit Survey(const Node& node);
    [[nodiscard]] const Node& node() const { return node_; }
    [[nodiscard]] const std::vector<parse::Stat>& all() const { return all_; }
    [[nodiscard]] const parse::Stat* find(pid_t pid) const;
    // The oldest child.
    [[nodiscard]] const parse::Stat* first_child(pid_t pid) const;
    // argv; empty when it cannot be read.
    [[nodiscard]] std::vector<std::string> words(pid_t pid) const;
    [[nodiscard]] uid_t uid(pid_t pid) const;
    // Runs as root in the node's own mount namespace, so what it says of itself can be believed:
    // anybody can start a program of that name, in a container or as a user.
    [[nodiscard]] bool trusted(pid_t pid) const;
    // The processes of that name that are trusted.
    [[nodiscard]] std::vector<pid_t> daemons(std::string_view comm) const;

private:
    Node node_;
    std::vector<parse::Stat> all_;  // by pid
};

// The value of --name VALUE or --name=VALUE among the words; the last one counts.
std::string option_value(const std::vector<std::string>& words,
                         std::initializer_list<std::string_view> names);

// What a state file claims of a container's process.
struct Claim {
    pid_t pid = 0;
    std::optional<std::uint64_t> start;  // as the runtime noted it
    std::string_view cgroup = {};        // the last part of its cgroup's path: the id
};
// The start time of that process when it lives and is the one meant: it started when the record
// says, or without a record is in the container's cgroup. nullopt: the file is stale.
std::optional<std::uint64_t> verified(const Survey& survey, const Claim& claim);

}  // namespace limpet::runtimes
