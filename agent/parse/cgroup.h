// parse/cgroup.h - /proc/PID/cgroup, cgroups(7).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

struct CgroupLine {
    unsigned hierarchy = 0;                // 0: the unified one (v2)
    std::vector<std::string> controllers;  // empty in v2; "name=systemd" is one, too
    std::string path;  // "/docker/…"; "/../x" seen from another cgroup namespace
};

// Lines that are not of the form N:CONTROLLERS:PATH are left out.
std::vector<CgroupLine> cgroup(std::string_view text);

// The last run of exactly 64 hexadecimal digits of a path: the container's id as every runtime
// writes it. The last, because a container's own cgroups and nested ones lie below.
std::optional<std::string_view> container_id(std::string_view path);

// Whose container a cgroup path is: what its last telling part says.
struct CgroupContainer {
    std::string_view runtime;  // docker, podman, containerd, crio, lxc, nspawn; empty: not told
    std::string_view id;       // 64 hexadecimal digits, or a name of LXC or nspawn
};
std::optional<CgroupContainer> cgroup_container(std::string_view path);

}  // namespace limpet::parse
