// commands/size.h - counts with units, as head -c, find -size, xargs and sleep take them.
#pragma once

#include "parse/number.h"

#include <cstdint>
#include <optional>
#include <string_view>

namespace limpet::commands {

// "10", "4k", "1M", "2KiB", "3kB", "5b" (blocks of 512): GNU's multipliers. nullopt for anything
// else and for what does not fit.
inline std::optional<std::uint64_t> size_with_unit(std::string_view text) {
    const auto digits = text.find_first_not_of("0123456789");
    const auto count = parse::number<std::uint64_t>(text.substr(0, digits));
    if (!count) return std::nullopt;
    auto unit = digits == text.npos ? std::string_view{} : text.substr(digits);
    if (unit.empty() || unit == "c") return count;
    if (unit == "b") return *count > UINT64_MAX / 512 ? std::nullopt : std::optional(*count * 512);
    constexpr std::string_view letters = "kMGTPE";
    const char letter = unit[0] == 'K' ? 'k' : unit[0] == 'm' ? 'M' : unit[0];
    const auto power = letters.find(letter);
    const auto rest = unit.substr(1);
    if (power == letters.npos || (!rest.empty() && rest != "B" && rest != "iB")) {
        return std::nullopt;
    }
    const std::uint64_t base = rest == "B" ? 1000 : 1024;
    std::uint64_t value = *count;
    for (std::size_t i = 0; i <= power; ++i) {
        if (value > UINT64_MAX / base) return std::nullopt;
        value *= base;
    }
    return value;
}

}  // namespace limpet::commands
