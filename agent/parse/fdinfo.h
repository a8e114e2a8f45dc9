// parse/fdinfo.h - /proc/PID/fdinfo/FD, proc_pid_fdinfo(5).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

struct FdInfo {
    std::optional<std::uint64_t> position;
    std::optional<std::uint32_t> flags;  // of open(2)
    std::optional<std::uint64_t> mount;  // mnt_id, as in mountinfo
    // As lsof(8) has it: r or w, capital for the whole file; 0 for none.
    char lock = 0;
};

FdInfo fdinfo(std::string_view text);
// "r", "w", "rw", then the flags that change what the descriptor does: "append", "nonblock", …
std::string access_mode(std::uint32_t flags);
std::vector<std::string> flag_names(std::uint32_t flags);

}  // namespace limpet::parse
