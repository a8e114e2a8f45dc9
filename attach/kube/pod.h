// pod.h - a pod as the server describes it: what of its JSON matters to a debugger.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::attach::kube {

// A container of any kind: its part of the spec and of the status.
struct Part {
    enum class State { unknown, waiting, running, terminated };
    std::string name, image, id;
    State state = State::unknown;
    std::string reason, message;  // of waiting or terminated
    std::string started;          // of running
    int status = 0;               // of terminated
    int restarts = 0;
    bool init = false;  // an init container
    // Who it runs as: from the status where the server tells, else from the security contexts.
    std::optional<std::uint32_t> user, group;
    // Of ephemeral containers.
    std::string target, mark;  // targetContainerName; our LIMPET_PROFILE
};

struct Pod {
    std::string name_space, name, node, phase, reason;
    bool leaving = false;           // deletionTimestamp is set
    bool shares_processes = false;  // pid 1 is not the target's
    std::string default_container;
    std::vector<Part> containers;  // init containers last
    std::vector<Part> ephemeral;

    [[nodiscard]] const Part* container(std::string_view wanted) const;
    [[nodiscard]] const Part* debugger(std::string_view wanted) const;
};

Result<Pod> pod_of(std::string_view json);
Result<std::vector<Pod>> pods_of(std::string_view json);

// "running", "waiting: ImagePullBackOff: back-off pulling ...", "terminated: Error (status 1)".
std::string state_of(const Part& part);

}  // namespace limpet::attach::kube
