// conversion.h - what stands between % and the letter of stat -c and find -printf, as in printf(3).
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace limpet::commands {

struct Conversion {
    bool left = false, zeros = false, sign = false, space = false, other = false;
    std::size_t width = 0;
    bool point = false;
    std::optional<std::size_t> precision = {};  // digits behind the point, when there are any
};

// "-10.3" at format[at]; `at` is behind it afterwards. A flag of `ignored` is passed over. Numbers
// count as 4096 at most.
Conversion conversion(std::string_view format, std::size_t& at, std::string_view ignored = {});

}  // namespace limpet::commands
