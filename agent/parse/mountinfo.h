// parse/mountinfo.h - /proc/PID/mountinfo, proc_pid_mountinfo(5).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

// fs.mount-max is 100,000 by default: no mount namespace has more.
inline constexpr std::size_t mounts_limit = 100'000;

struct Mount {
    std::uint32_t id = 0;
    std::uint32_t parent = 0;
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::string root;               // of the filesystem, what is mounted
    std::string point;              // where
    std::string options;            // per mount: "rw,nosuid"
    std::vector<std::string> tags;  // "shared:7", "master:2", …
    std::string type;               // "overlay"
    std::string source;             // "/dev/sda1", "tmpfs"
    std::string super_options;      // per filesystem
};

std::optional<Mount> mount_line(std::string_view line);
// Lines that do not have the form are left out.
std::vector<Mount> mountinfo(std::string_view text);

// The kernel writes space, tab, newline and backslash as \040 and so on.
std::string unescape_octal(std::string_view text);

}  // namespace limpet::parse
