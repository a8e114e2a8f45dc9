// parse/process_limits.cpp - /proc/PID/limits, proc_pid_limits(5).
#include "parse/process_limits.h"

#include "parse/lines.h"

namespace limpet::parse {

std::vector<ProcessLimit> process_limits(std::string_view text) {
    // fs/proc/base.c prints "%-25s %-20s %-20s %-10s": names have blanks, columns are fixed.
    constexpr std::size_t soft = 26;
    constexpr std::size_t hard = 47;
    constexpr std::size_t units = 68;
    std::vector<ProcessLimit> limits;
    while (!text.empty()) {
        const auto line = take_line(text);
        if (line.size() < units || !line.starts_with("Max ")) continue;
        limits.push_back({std::string(trimmed(line.substr(0, soft))),
                          std::string(trimmed(line.substr(soft, hard - soft))),
                          std::string(trimmed(line.substr(hard, units - hard))),
                          std::string(trimmed(line.substr(units)))});
    }
    return limits;
}

}  // namespace limpet::parse
