// runtimes/container.h - which containers are on this node, from their runtimes' own files.
#pragma once

#include "limpet/result.h"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::runtimes {

struct Container {
    std::string runtime;  // docker, podman, containerd, crio, pid
    std::string id;       // 64 hex digits, or the pid
    std::string name;
    std::string image;
    std::string pod;               // namespace/name, of Kubernetes
    std::string state;             // running, paused, exited, created
    pid_t pid = 0;                 // main process in our pid namespace; 0 when not running
    std::string started;           // RFC 3339, as the runtime wrote it
    std::uint64_t start_time = 0;  // of the main process, clock ticks since boot (stat field 22)
};

// Where the node's files are: "" in production, a folder of fixtures in a test. A container that
// has the node's root mounted or visible (/proc/1/root) is the same with another prefix.
struct Node {
    std::string prefix;
};

// All that are found, by name; a runtime whose files cannot be read adds a warning instead.
struct Found {
    std::vector<Container> containers;
    std::vector<std::string> warnings;   // for people: one line each
    std::vector<std::string> looked_in;  // the places of runtimes that are not installed
    bool denied = false;                 // a runtime's files exist and we may not read them
};
Found list(const Node& node = {});

// TARGET of design.md section 2. None, or more than one match, is an error that says so (and lists
// the matches); so is one without a process. `pid:N` needs no runtime.
Result<Container> find(std::string_view target, const Node& node = {});

}  // namespace limpet::runtimes
