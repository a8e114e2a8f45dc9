// parse/calendar.cpp - dates of the proleptic Gregorian calendar.
#include "parse/calendar.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

namespace limpet::parse {
namespace {

constexpr std::array<std::string_view, 7> weekdays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> months{"January",   "February", "March",    "April",
                                                  "May",       "June",     "July",     "August",
                                                  "September", "October",  "November", "December"};

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
    return value / by - (value % by < 0 ? 1 : 0);
}

// ISO 8601: the week with the year's first Thursday is week 1.
std::pair<std::int64_t, int> iso_week(const Moment& at) {
    const int monday_based = (at.weekday + 6) % 7;
    const auto thursday = days_from_date(at.year, at.month, at.day) - monday_based + 3;
    const auto date = moment(thursday * 86400);
    return {date.year, date.day_of_year / 7 + 1};
}

struct Conversion {
    char flag = 0;  // - _ 0 + ^ #
    int width = -1;
    int colons = 0;
};

std::string padded(std::int64_t value, int width, char pad, const Conversion& how) {
    if (how.flag == '-') return std::to_string(value);
    if (how.flag == '_') pad = ' ';
    if (how.flag == '0') pad = '0';
    if (how.width >= 0) width = how.width;
    std::string digits = std::to_string(value < 0 ? -value : value);
    const std::string sign = value < 0 ? "-" : "";
    const auto length = digits.size() + sign.size();
    std::string padding(
        static_cast<std::size_t>(width) > length ? static_cast<std::size_t>(width) - length : 0,
        pad);
    return pad == '0' ? sign + padding + digits : padding + sign + digits;
}

std::string word(std::string_view text, const Conversion& how) {
    std::string shown(text);
    if (how.flag == '^' || how.flag == '#') {
        for (char& letter : shown) {
            letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
        }
    }
    if (how.width > 0 && shown.size() < static_cast<std::size_t>(how.width)) {
        shown.insert(0, static_cast<std::size_t>(how.width) - shown.size(),
                     how.flag == '0' ? '0' : ' ');
    }
    return shown;
}

std::string zone_offset(const Moment& at, int colons) {
    const int minutes = std::abs(at.offset) / 60;
    char text[24];
    const char sign = at.offset < 0 ? '-' : '+';
    if (colons == 0) {
        std::snprintf(text, sizeof text, "%c%02d%02d", sign, minutes / 60, minutes % 60);
    } else if (colons == 1) {
        std::snprintf(text, sizeof text, "%c%02d:%02d", sign, minutes / 60, minutes % 60);
    } else {
        std::snprintf(text, sizeof text, "%c%02d:%02d:%02d", sign, minutes / 60, minutes % 60,
                      std::abs(at.offset) % 60);
        // As many parts as say something.
        std::string_view shown = text;
        while (colons > 2 && shown.size() > 3 && shown.ends_with(":00")) shown.remove_suffix(3);
        return std::string(shown);
    }
    return text;
}

std::string nanoseconds(const Moment& at, const Conversion& how) {
    char digits[16];
    std::snprintf(digits, sizeof digits, "%09u", at.nanosecond);
    std::string text(digits, 9);
    if (how.width > 0 && how.width < 9) text.resize(static_cast<std::size_t>(how.width));
    if (how.flag == '-') {
        while (text.size() > 1 && text.ends_with('0')) text.pop_back();
    }
    return text;
}

std::string convert(char letter, const Conversion& how, const Moment& at) {
    const auto hour12 = at.hour % 12 == 0 ? 12 : at.hour % 12;
    const auto within = [&](std::string_view format) { return word(format_time(format, at), how); };
    const auto weekday = weekdays[static_cast<std::size_t>(at.weekday)];
    const auto month = months[static_cast<std::size_t>(at.month - 1)];
    switch (letter) {
        case '%': return "%";
        case 'n': return "\n";
        case 't': return "\t";
        case 'a': return word(weekday.substr(0, 3), how);
        case 'A': return word(weekday, how);
        case 'b':
        case 'h': return word(month.substr(0, 3), how);
        case 'B': return word(month, how);
        case 'c': return within("%a %b %e %H:%M:%S %Y");
        case 'C': return padded(floor_divide(at.year, 100), 2, '0', how);
        case 'd': return padded(at.day, 2, '0', how);
        case 'D':
        case 'x': return within("%m/%d/%y");
        case 'e': return padded(at.day, 2, ' ', how);
        case 'F': return within("%Y-%m-%d");
        case 'g': return padded(iso_week(at).first % 100, 2, '0', how);
        case 'G': return padded(iso_week(at).first, 4, '0', how);
        case 'H': return padded(at.hour, 2, '0', how);
        case 'I': return padded(hour12, 2, '0', how);
        case 'j': return padded(at.day_of_year + 1, 3, '0', how);
        case 'k': return padded(at.hour, 2, ' ', how);
        case 'l': return padded(hour12, 2, ' ', how);
        case 'm': return padded(at.month, 2, '0', how);
        case 'M': return padded(at.minute, 2, '0', how);
        case 'N': return nanoseconds(at, how);
        case 'p':
            return how.flag == '#' ? (at.hour < 12 ? "am" : "pm")
                                   : word(at.hour < 12 ? "AM" : "PM", how);
        case 'P': return word(at.hour < 12 ? "am" : "pm", how);
        case 'q': return padded((at.month - 1) / 3 + 1, 1, '0', how);
        case 'r': return within("%I:%M:%S %p");
        case 'R': return within("%H:%M");
        case 's': return padded(at.seconds, 1, '0', how);
        case 'S': return padded(at.second, 2, '0', how);
        case 'T':
        case 'X': return within("%H:%M:%S");
        case 'u': return padded(at.weekday == 0 ? 7 : at.weekday, 1, '0', how);
        case 'U': return padded((at.day_of_year + 7 - at.weekday) / 7, 2, '0', how);
        case 'V': return padded(iso_week(at).second, 2, '0', how);
        case 'w': return padded(at.weekday, 1, '0', how);
        case 'W': return padded((at.day_of_year + 7 - (at.weekday + 6) % 7) / 7, 2, '0', how);
        case 'y': return padded(((at.year % 100) + 100) % 100, 2, '0', how);
        case 'Y': return padded(at.year, 4, '0', how);
        case 'z': return zone_offset(at, how.colons);
        case 'Z': {
            auto name = word(at.zone, {how.flag == '#' ? '\0' : how.flag, how.width, 0});
            if (how.flag == '#') {
                for (char& byte : name) byte |= byte >= 'A' && byte <= 'Z' ? 0x20 : 0;
            }
            return name;
        }
        default: return {};
    }
}

}  // namespace

// Howard Hinnant's days_from_civil, in eras of 400 years that begin on 1 March.
std::int64_t days_from_date(std::int64_t year, int month, int day) {
    year += floor_divide(month - 1, 12);
    month = static_cast<int>(month - 1 - floor_divide(month - 1, 12) * 12) + 1;
    if (month <= 2) --year;
    const auto era = floor_divide(year, 400);
    const auto year_of_era = year - era * 400;
    const auto day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
    const auto day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468 + day - 1;
}

Moment moment(std::int64_t seconds, std::uint32_t nanosecond, int offset, std::string_view zone) {
    Moment at;
    at.seconds = seconds;
    at.nanosecond = nanosecond;
    at.offset = offset;
    at.zone = zone;
    // A file's time may be anything; 10^17 s is beyond any calendar, and safe to compute with.
    constexpr std::int64_t farthest = 100'000'000'000'000'000;
    const auto local = std::clamp(seconds, -farthest, farthest) + offset;
    const auto days = floor_divide(local, 86400);
    const auto rest = static_cast<int>(local - days * 86400);
    at.hour = rest / 3600;
    at.minute = rest % 3600 / 60;
    at.second = rest % 60;
    at.weekday = static_cast<int>(((days + 4) % 7 + 7) % 7);

    const auto shifted = days + 719468;
    const auto era = floor_divide(shifted, 146097);
    const auto day_of_era = shifted - era * 146097;
    const auto year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    const auto from_march = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    const auto month_index = (5 * from_march + 2) / 153;
    at.day = static_cast<int>(from_march - (153 * month_index + 2) / 5 + 1);
    at.month = static_cast<int>(month_index < 10 ? month_index + 3 : month_index - 9);
    at.year = year_of_era + era * 400 + (at.month <= 2 ? 1 : 0);
    at.day_of_year = static_cast<int>(days - days_from_date(at.year, 1, 1));
    return at;
}

std::string format_time(std::string_view format, const Moment& at) {
    std::string text;
    for (std::size_t i = 0; i < format.size(); ++i) {
        if (format[i] != '%' || i + 1 == format.size()) {
            text += format[i];
            continue;
        }
        const auto begin = i++;
        Conversion how;
        while (i < format.size() &&
               std::string_view("-_0+^#").find(format[i]) != std::string::npos) {
            how.flag = format[i++];
        }
        while (i < format.size() && format[i] >= '0' && format[i] <= '9') {
            how.width = std::min(std::max(how.width, 0) * 10 + (format[i++] - '0'), 1024);
        }
        while (i < format.size() && format[i] == ':') {
            ++how.colons;
            ++i;
        }
        if (i < format.size() && (format[i] == 'E' || format[i] == 'O')) ++i;
        const auto converted = i < format.size() ? convert(format[i], how, at) : std::string{};
        // What is no conversion stays as it is.
        text += converted.empty() ? std::string(format.substr(begin, i - begin + 1)) : converted;
    }
    return text;
}

std::string full_time(const Moment& at) { return format_time("%Y-%m-%d %H:%M:%S.%N %z", at); }

}  // namespace limpet::parse
