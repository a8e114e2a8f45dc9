// sys/capability.h - capability sets, capabilities(7), without libcap.
#pragma once

#include "limpet/result.h"

#include <linux/capability.h>

#include <cstdint>

namespace limpet::sys {

constexpr std::uint64_t bit(int capability) { return std::uint64_t{1} << capability; }

struct Capabilities {
    std::uint64_t effective = 0;
    std::uint64_t permitted = 0;
    std::uint64_t inheritable = 0;
};

Result<Capabilities> capget();
Result<> capset(const Capabilities& sets);
// Drops every capability that is not in `keep` from the bounding set (needs CAP_SETPCAP).
Result<> drop_bounding(std::uint64_t keep);

}  // namespace limpet::sys
