// parse/date_words.cpp - the words of dates.
#include "parse/date_words.h"

#include <array>
#include <initializer_list>
#include <span>

namespace limpet::parse {
namespace {

struct Named {
    std::string_view name;
    int value;
};
constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                  "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> weekdays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr Named ordinals[]{
    {"last", -1},  {"this", 0},   {"next", 1},      {"first", 1},    {"third", 3},
    {"fourth", 4}, {"fifth", 5},  {"sixth", 6},     {"seventh", 7},  {"eighth", 8},
    {"ninth", 9},  {"tenth", 10}, {"eleventh", 11}, {"twelfth", 12},
};
constexpr Named units[]{{"second", 1},  {"sec", 1},     {"minute", 60},   {"min", 60},
                        {"hour", 3600}, {"day", 86400}, {"week", 604800}, {"fortnight", 1'209'600}};
// Hours east; with the summer's names, which say which offset is meant.
constexpr Named zones[]{
    {"utc", 0},  {"gmt", 0},   {"z", 0},     {"wet", 0},  {"west", 1}, {"bst", 1},   {"cet", 1},
    {"cest", 2}, {"met", 1},   {"eet", 2},   {"eest", 3}, {"msk", 3},  {"ast", -4},  {"adt", -3},
    {"est", -5}, {"edt", -4},  {"cst", -6},  {"cdt", -5}, {"mst", -7}, {"mdt", -6},  {"pst", -8},
    {"pdt", -7}, {"akst", -9}, {"hst", -10}, {"jst", 9},  {"sgt", 8},  {"nzst", 12}, {"nzdt", 13},
};

std::optional<int> value_of(std::span<const Named> table, std::string_view word) {
    for (const auto& [name, value] : table) {
        if (name == word) return value;
    }
    return std::nullopt;
}

// "jan", "january", "sept"; "mon", "monday", "tues".
template <std::size_t size>
std::optional<int> index_of(const std::array<std::string_view, size>& names, std::string_view word,
                            std::initializer_list<std::string_view> whole) {
    for (std::size_t i = 0; i < size; ++i) {
        if (!word.starts_with(names[i])) continue;
        if (word == names[i]) return static_cast<int>(i);
        for (const auto& one : whole) {
            if (one == word) return static_cast<int>(i);
        }
    }
    return std::nullopt;
}

}  // namespace

std::optional<int> month_of(std::string_view word) {
    const auto index = index_of(months, word,
                                {"january", "february", "march", "april", "june", "july", "august",
                                 "september", "sept", "october", "november", "december"});
    return index ? std::optional(*index + 1) : std::nullopt;
}

std::optional<int> weekday_of(std::string_view word) {
    return index_of(weekdays, word,
                    {"sunday", "monday", "tuesday", "tues", "wednesday", "wednes", "thursday",
                     "thur", "thurs", "friday", "saturday"});
}

std::optional<int> ordinal(std::string_view word) { return value_of(ordinals, word); }
std::optional<int> unit_seconds(std::string_view word) { return value_of(units, word); }
std::optional<int> zone_hours(std::string_view word) { return value_of(zones, word); }

}  // namespace limpet::parse
