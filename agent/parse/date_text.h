// parse/date_text.h - a time as people write it, for date -d and find -newermt.
#pragma once

#include "limpet/result.h"
#include "parse/zone.h"

#include <cstdint>
#include <string_view>

namespace limpet::parse {

struct Instant {
    std::int64_t seconds = 0;
    std::uint32_t nanosecond = 0;
};

// "@1700000000.5", "2026-01-31T12:00:00.25Z", "31 Jan 2026 5:30pm", "Thu, 29 Feb 2024 12:34:56
// +0200", "1/31/2026", "now", "yesterday", "next monday", "-2 days", "3 hours ago", and sums of
// them. What says no zone is in `zone`.
Result<Instant> date_text(std::string_view text, Instant now, const Zone& zone);

}  // namespace limpet::parse
