// parse/maps.h - /proc/PID/maps and smaps, proc_pid_maps(5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::parse {

struct Mapping {
    std::uint64_t start = 0;
    std::uint64_t end = 0;
    std::string permissions;  // "r-xp"
    std::uint64_t offset = 0;
    std::string device;  // "fd:00"
    std::uint64_t inode = 0;
    std::string path;  // "[heap]", "/lib/x (deleted)"; the kernel writes a newline as \012
};

// One line; nullopt when it is none.
std::optional<Mapping> mapping(std::string_view line);

// The values of smaps_rollup or of one mapping in smaps, KiB.
struct MemoryUse {
    std::uint64_t rss = 0;
    std::uint64_t pss = 0;
    std::uint64_t shared_clean = 0;
    std::uint64_t shared_dirty = 0;
    std::uint64_t private_clean = 0;
    std::uint64_t private_dirty = 0;
    std::uint64_t anonymous = 0;
    std::uint64_t swap = 0;
};

// Adds a line "Rss:  4 kB" of smaps; false when it is a mapping's first line.
bool memory_use(std::string_view line, MemoryUse& use);

}  // namespace limpet::parse
