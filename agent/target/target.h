// target/target.h - who is debugged, and the descriptors by which we look at it.
#pragma once

#include "limpet/grants.h"
#include "limpet/result.h"
#include "parse/idmap.h"
#include "target/directory.h"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::target {

enum class Mode {
    node,     // from outside: nothing of ours is in the target's namespaces
    here,     // `limpet-agent COMMAND`: the namespaces we stand in are the target
    sidecar,  // a container of ours in the target's pid namespace, sidecar.h
    none,     // no target: `limpet ps`
};

struct Target {
    Mode mode = Mode::none;
    Grant grants = Grant::none;
    std::string name;     // as the operator said it: "web", "pid:4711"
    pid_t pid = 0;        // main process, in our pid namespace; 0: it does not run
    pid_t inner_pid = 0;  // the same in its own pid namespace
    Fd pidfd;
    Directory root;      // its tree: a read-only clone in node mode
    Directory procfs;    // our own procfs of its pid namespace
    Directory cgroups;   // the node's /sys/fs/cgroup, read-only
    std::string cgroup;  // text of the main process's /proc/PID/cgroup, in our cgroup namespace
    Fd network;          // its network namespace
    Fd null;             // the agent's own /dev/null: the tree is mounted nodev
    Directory scratch;   // a file system of the session's own; invalid where there is none
    // The tree as what is written goes to it: the target's own (grant modify) or the copy-on-write
    // view (--scratch). Only a process whose promise is to modify uses it, instead of `root`.
    Fd writable;
    Fd signaller;       // with the grant modify: asks who may signal the target, signaller.h
    Directory below;    // with --scratch: the tree as the target has it
    Directory changed;  // and what was written, see Scratch::upper
    // Its root file system without what is mounted there, what its image has, and what it has
    // written itself (as overlayfs keeps that); each invalid where it cannot be had, and the last
    // say why. For who asks for it: Command::apart.
    Directory plain, image, written;
    // Whose files it makes: root of the target's user namespace, as `docker exec -u root` would.
    uid_t owner = 0;
    gid_t group = 0;
    std::vector<parse::IdRange> uids = {};  // its user namespace; empty: ours
    std::vector<parse::IdRange> gids = {};
    // Mode sidecar: the rung of the ladder, 'A' to 'F', and the capabilities that a command must
    // keep to be let near the target's processes, because ptrace_may_access() compares them.
    char rung = 0;
    std::uint64_t kept_capabilities = 0;
    bool other_network = false;  // its network namespace is not ours, and we cannot join it
    // What the runtime says of it, for `info` and the prompt: {"runtime","docker"}, {"image",…}
    std::vector<std::pair<std::string, std::string>> facts;
};

// What the session may write to without changing the target; $LIMPET_SCRATCH says so.
inline constexpr std::string_view scratch_path = "/.limpet/scratch";
inline constexpr const char* other_network_hint =
    "needs docker run --network=container:X, or CAP_SYS_ADMIN to join it";

// Whether this session's commands may write files of the tree; the scratch directory always may.
inline bool may_write(const Target& target) {
    return any(target.grants & (Grant::modify | Grant::scratch)) && target.pid != 0;
}
inline constexpr const char* write_hint = "needs --allow modify or --scratch";

// Where a path of the operator leads: /proc and below is our own procfs (never the one that the
// target mounted there), scratch_path the scratch directory, everything else the tree; /proc/self
// is the target's main process.
// `path` is absolute; the returned path is relative to the returned directory.
std::pair<const Directory*, std::string> place(const Target& target, std::string_view path);

// The Directory calls through place(). `path` is absolute.
Result<Fd> open(const Target& target, std::string_view path, int flags);
// For reading its bytes: a regular file, or in mode here anything that open(2) takes.
Result<Fd> open_for_reading(const Target& target, std::string_view path);
Result<Directory> open_directory(const Target& target, std::string_view path);
Result<struct statx> stat(const Target& target, std::string_view path, Follow follow);
Result<std::string> readlink(const Target& target, std::string_view path);
// The file tree's bytes as a string of at most `limit` bytes.
Result<std::string> read(const Target& target, std::string_view path, std::size_t limit);

// The target that is the namespaces we stand in; every grant that the caller's own rights give.
Result<Target> here();

// `directory` + `path` as one absolute path: "/etc" + "passwd" = "/etc/passwd". Text only: "." and
// doubled slashes go, ".." stays (a link before it changes its meaning; the kernel resolves it).
std::string join_path(std::string_view directory, std::string_view path);

}  // namespace limpet::target
