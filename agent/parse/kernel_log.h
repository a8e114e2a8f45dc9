// parse/kernel_log.h - lines of the kernel's log as syslog(2) gives them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace limpet::parse {

struct KernelLine {
    unsigned priority = 4;              // facility times 8, and level
    std::optional<std::uint64_t> time;  // microseconds since boot
    std::string_view text;              // without the two
};

// "<6>[    1.234567] text"; what is missing, as in a line that was cut, stays empty.
KernelLine kernel_line(std::string_view line);

std::string_view level_name(unsigned priority);     // "err"
std::string_view facility_name(unsigned priority);  // "kern"
// The level of such a name, or of its digit.
std::optional<unsigned> level_named(std::string_view name);

}  // namespace limpet::parse
