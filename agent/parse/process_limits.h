// parse/process_limits.h - /proc/PID/limits, proc_pid_limits(5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

struct ProcessLimit {
    std::string name;  // "Max open files"
    std::string soft;  // a number, or "unlimited"
    std::string hard;
    std::string units;  // may be empty
};

std::vector<ProcessLimit> process_limits(std::string_view text);

}  // namespace limpet::parse
