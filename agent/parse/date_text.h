// parse/date_text.h - a time as people write it, for date -d.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <string_view>

namespace limpet::parse {

struct Instant {
    std::int64_t seconds = 0;
    std::uint32_t nanosecond = 0;
};

// "@1700000000.5", "2026-01-31", "2026-01-31T12:00:00.25Z", "2026-01-31 12:00 +02:00", "12:30",
// "now", "today", "yesterday", "tomorrow", each with "+2 days", "3 hours ago", "next week". UTC
// where no zone is said.
Result<Instant> date_text(std::string_view text, Instant now);

}  // namespace limpet::parse
