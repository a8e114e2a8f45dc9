// runtimes/container.h - which containers are on this node, from their runtimes' own files.
#pragma once

#include "limpet/result.h"
#include "parse/oci.h"

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::runtimes {

struct Container {
    std::string runtime;  // docker, podman, crio, containerd, lxc, nspawn, runc, crun, other, pid
    std::string id;       // 64 hex digits; a name where the runtime has no other id; "pid:N"
    std::string name;     // empty when only its processes are known
    std::string image;
    std::string space;             // containerd's namespace
    std::string pod;               // namespace/name, of Kubernetes
    std::string container;         // the name in the pod
    std::string user;              // whose it is, when not root's: "1000"
    std::string command;           // comm of the main process
    std::string entrypoint;        // command line, as it is started
    parse::Start start;            // the same word by word, and with what; empty: not known
    std::string ended;             // of one that has: "with status 1"
    std::string state;             // running, paused, exited, created, stopped
    pid_t pid = 0;                 // main process in our pid namespace; 0 when not running
    std::string started;           // RFC 3339, as the runtime wrote it
    std::uint64_t start_time = 0;  // of the main process, clock ticks since boot
    std::optional<std::uint32_t> restarts;
    parse::Labels labels;  // labels of Docker, annotations of the others
    bool infra = false;    // a pod's pause container, or nested in another container
    // Where its files are when it does not run, for filesystem().
    std::string store;   // the runtime's folder: /var/lib/docker
    std::string driver;  // overlay2, overlay, overlayfs, vfs, directory
    std::string layer;   // the runtime's name of its topmost layer
    std::string order;   // when it was made: of two restarts the later one has the greater
};

// Where the node's files are: "" in production, a folder of fixtures in a test. A container that
// has the node's root mounted or visible (/proc/1/root) is the same with another prefix.
struct Node {
    std::string prefix;
    bool links = true;  // false: no symbolic link is followed, in folders that a user owns
};
// Where we stand, or /proc/1/root when no runtime is here but the node's processes are to be seen:
// in a privileged pod.
Node this_node();

// All that are found, by name; a runtime whose files cannot be read adds a warning instead.
struct Found {
    std::vector<Container> containers;
    std::vector<std::string> warnings;   // for people: one line each
    std::vector<std::string> looked_in;  // the places of runtimes that are not installed
    bool denied = false;                 // a runtime's files exist and we may not read them
};
Found list(const Node& node);

// TARGET of design.md section 2. None, or more than one match, is an error that says so (and lists
// the matches). `pid:N` needs no runtime. One that does not run is found with pid 0.
Result<Container> find(std::string_view target, const Node& node);

}  // namespace limpet::runtimes
