// parse/date_words.h - the words of dates, in lower case.
#pragma once

#include <optional>
#include <string_view>

namespace limpet::parse {

std::optional<int> month_of(std::string_view word);      // 1..12
std::optional<int> weekday_of(std::string_view word);    // 0 is Sunday
std::optional<int> ordinal(std::string_view word);       // last is -1, next 1, third 3
std::optional<int> unit_seconds(std::string_view word);  // of "hour", "week"
std::optional<int> zone_hours(std::string_view word);    // east

}  // namespace limpet::parse
