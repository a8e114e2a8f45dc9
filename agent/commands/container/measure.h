// container/measure.h - what a target uses of what it may use: the rows of cgroup and health.
#pragma once

#include "commands/container/cgroup.h"
#include "commands/table.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands {

// How a number is counted, and how many of them are one for people and JSON.
enum class Unit : std::uint8_t { count, bytes, cores, percent, seconds };

struct Measure {
    std::string_view name;
    Unit unit = Unit::count;
    std::optional<std::uint64_t> used;   // count, bytes, thousandths of a core, hundredths of a
    std::optional<std::uint64_t> limit;  // percent, milliseconds
    std::string note = {};

    // Hundredths; of the limit, or what is one already.
    [[nodiscard]] std::optional<std::uint64_t> percent() const;
};

// A number in its unit: with one for people, plain for JSON.
Cell amount(const std::optional<std::uint64_t>& value, Unit unit, bool json);

// Of the cgroup alone. `before`: what is counted (CPU time, throttling, kills) since that state,
// which was `microseconds` ago; without, since the container was made.
std::vector<Measure> cgroup_measures(const CgroupState& now, const CgroupState* before,
                                     std::uint64_t microseconds);

inline constexpr Option every_option{'w', "watch", "SECONDS", "again and again, that far apart"};

// Calls `show` once, or with -w for ever with the state and time of the round before. On a
// terminal each round begins at its top.
int each_round(Invocation& call,
               const std::function<void(const CgroupState& now, const CgroupState* before,
                                        std::uint64_t microseconds)>& show);

}  // namespace limpet::commands
