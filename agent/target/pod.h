// target/pod.h - the containers whose processes share our pid namespace.
#pragma once

#include "limpet/result.h"
#include "target/directory.h"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::target {

// One container, told apart by what everybody may read of its processes.
struct Member {
    std::uint32_t root = 0;  // id of the mount that is its "/": unique, proc_pid_mountinfo(5)
    pid_t pid = 0;           // its first process
    std::string comm;        // of that
    std::string name;        // as the kubelet calls it; empty without one
    std::string id;          // 64 hexadecimal digits, or empty
    std::string pod;         // the pod's uid, or empty
    std::vector<pid_t> processes;
    bool started = false;  // by a runtime, not by another process of the pod

    // "app", or the beginning of the id, or the program's name.
    [[nodiscard]] std::string shown() const;
};

// Of every process that `procfs` shows, except those in our own mount namespace.
Result<std::vector<Member>> members(const Directory& procfs);

// The one that is meant: by the kubelet's name, id prefix, program or "pid:N"; with an empty word
// the one whose pid namespace it is or, where that is a pause process's, the only other. nullptr
// when there is nobody but ourselves.
Result<const Member*> choose(const std::vector<Member>& members, std::string_view word);

// The machine's: there we are a debugger of the node (a pod with hostPID), and beside nobody.
bool in_first_pid_namespace();

// Do others than we live in this pid namespace, which is not the machine's first? A debugger's
// container that was started into that of its target; never the node, never a plain container.
bool shares_pid_namespace();

}  // namespace limpet::target
