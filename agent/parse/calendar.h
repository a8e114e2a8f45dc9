// parse/calendar.h - seconds since the epoch as a date of the Gregorian calendar, and back.
//
// Our own, because libc's localtime loads time zone files from wherever it stands.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::parse {

struct Moment {
    std::int64_t year = 1970;
    int month = 1;  // 1..12
    int day = 1;    // 1..31
    int hour = 0;
    int minute = 0;
    int second = 0;
    std::uint32_t nanosecond = 0;
    int weekday = 4;           // 0 is Sunday
    int day_of_year = 0;       // 0..365
    std::int64_t seconds = 0;  // since the epoch
    int offset = 0;            // of the zone, seconds east of UTC
    std::string zone = "UTC";
};

Moment moment(std::int64_t seconds, std::uint32_t nanosecond = 0, int offset = 0,
              std::string_view zone = "UTC");

// Days since the epoch of a date; month and day may be out of range and carry over.
std::int64_t days_from_date(std::int64_t year, int month, int day);

// strftime(3) in the C locale, with GNU's %N, %s, %:z and the flags - _ 0 ^ and a width.
std::string format_time(std::string_view format, const Moment& moment);

// "%Y-%m-%d %H:%M:%S.%N %z" and the like, for stat and find.
std::string full_time(const Moment& moment);

}  // namespace limpet::parse
