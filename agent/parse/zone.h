// parse/zone.h - time zones: TZ of POSIX ("CET-1CEST,M3.5.0,M10.5.0/3") and TZif files (RFC 8536).
#pragma once

#include "parse/calendar.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

// When the clock changes in a year.
struct ZoneChange {
    enum class Kind { julian, day_of_year, month } kind = Kind::month;
    int month = 0, week = 0, day = 0;
    int second = 7200;  // of the day, may be before it or after
};

struct ZoneRule {
    std::string standard, summer;  // names; the latter is empty when the clock never changes
    int standard_offset = 0, summer_offset = 0;  // seconds east
    ZoneChange begin, end;
};

class Zone {
public:
    Zone() = default;  // UTC
    static std::optional<Zone> posix(std::string_view text);
    // The contents of a file; whatever they are.
    static std::optional<Zone> file(std::string_view bytes);
    // UTC by another name.
    static Zone named(std::string name);

    [[nodiscard]] Moment at(std::int64_t seconds, std::uint32_t nanosecond = 0) const;
    // The instant that the clock shows as that; nullopt when it never does (it was put forward).
    [[nodiscard]] std::optional<std::int64_t> instant(std::int64_t local) const;

private:
    struct Kind {
        int offset = 0;
        std::string name;
    };
    [[nodiscard]] Kind kind(std::int64_t seconds) const;
    std::vector<std::int64_t> changes_;
    std::vector<std::uint8_t> indexes_;  // into kinds_, from each change on
    std::vector<Kind> kinds_;
    std::optional<ZoneRule> rule_;  // after the last change
};

}  // namespace limpet::parse
