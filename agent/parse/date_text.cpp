// parse/date_text.cpp - times as people write them.
#include "parse/date_text.h"

#include "parse/calendar.h"
#include "parse/number.h"

#include <optional>
#include <string>
#include <vector>

namespace limpet::parse {
namespace {

bool digit(char byte) { return byte >= '0' && byte <= '9'; }

struct Parts {
    std::int64_t year;
    int month, day;
    std::int64_t second_of_day;
    std::uint32_t nanosecond;
    int offset = 0;  // of the zone, seconds east
    std::int64_t more_seconds = 0;
};

// Fixed digits: "2026" of four.
std::optional<int> digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    const auto value = number<int>(text.substr(0, count));
    if (!value || *value < 0 || !digit(text[0])) return std::nullopt;
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char byte) {
    if (!text.starts_with(byte)) return false;
    text.remove_prefix(1);
    return true;
}

bool date(std::string_view text, Parts& parts) {
    const auto year = digits(text, 4);
    const bool hyphens = take(text, '-');
    const auto month = digits(text, 2);
    if (hyphens && !take(text, '-')) return false;
    const auto day = digits(text, 2);
    if (!year || !month || !day || !text.empty() || *month < 1 || *month > 12 || *day < 1) {
        return false;
    }
    const auto next =
        *month == 12 ? days_from_date(*year + 1, 1, 1) : days_from_date(*year, *month + 1, 1);
    if (*day > next - days_from_date(*year, *month, 1)) return false;
    parts.year = *year;
    parts.month = *month;
    parts.day = *day;
    parts.second_of_day = 0;
    parts.nanosecond = 0;
    return true;
}

// "+02:00", "-0530", "Z", "UTC".
bool zone(std::string_view text, Parts& parts) {
    if (text == "Z" || text == "z" || text == "UTC" || text == "GMT" || text == "utc") {
        parts.offset = 0;
        return true;
    }
    if (text.size() < 3 || (text[0] != '+' && text[0] != '-')) return false;
    const int sign = text[0] == '-' ? -1 : 1;
    text.remove_prefix(1);
    const auto hours = digits(text, 2);
    take(text, ':');
    const auto minutes = text.empty() ? std::optional(0) : digits(text, 2);
    if (!hours || !minutes || !text.empty() || *hours > 14 || *minutes > 59) return false;
    parts.offset = sign * (*hours * 3600 + *minutes * 60);
    return true;
}

// "12:30", "12:30:15.25Z"
bool clock(std::string_view text, Parts& parts) {
    const auto hour = digits(text, 2);
    if (!hour || !take(text, ':')) return false;
    const auto minute = digits(text, 2);
    std::optional<int> second = 0;
    std::uint32_t nanosecond = 0;
    if (take(text, ':')) {
        second = digits(text, 2);
        if (take(text, '.') || take(text, ',')) {
            std::uint32_t unit = 100'000'000;
            if (text.empty() || !digit(text[0])) return false;
            while (!text.empty() && digit(text[0])) {
                nanosecond += static_cast<std::uint32_t>(text[0] - '0') * unit;
                unit /= 10;
                text.remove_prefix(1);
            }
        }
    }
    if (!minute || !second || *hour > 23 || *minute > 59 || *second > 60) return false;
    if (!text.empty() && !zone(text, parts)) return false;
    parts.second_of_day = *hour * 3600 + *minute * 60 + *second;
    parts.nanosecond = nanosecond;
    return true;
}

struct Unit {
    std::string_view name;
    std::int64_t seconds;  // 0: a month
};
constexpr Unit units[]{
    {"second", 1},  {"sec", 1},       {"minute", 60},         {"min", 60},  {"hour", 3600},
    {"day", 86400}, {"week", 604800}, {"fortnight", 1209600}, {"month", 0}, {"year", -1},
};

bool shift(std::string_view word, std::int64_t count, Parts& parts) {
    if (word.size() > 1 && word.ends_with('s')) word.remove_suffix(1);
    if (count > 100'000'000 || count < -100'000'000) return false;
    for (const auto& unit : units) {
        if (unit.name != word) continue;
        if (unit.seconds > 0) {
            parts.more_seconds += count * unit.seconds;
        } else {
            const auto months =
                parts.year * 12 + parts.month - 1 + (unit.seconds == 0 ? count : count * 12);
            parts.year = months / 12 - (months % 12 < 0 ? 1 : 0);
            parts.month = static_cast<int>(months - parts.year * 12) + 1;
        }
        return true;
    }
    return false;
}

std::vector<std::string> words_of(std::string_view text) {
    std::vector<std::string> words;
    std::string word;
    const auto end = [&] {
        if (!word.empty()) words.push_back(std::exchange(word, {}));
    };
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char byte = text[i];
        if (byte == ' ' || byte == '\t' || byte == ',') {
            end();
            continue;
        }
        // The T between date and time; "2hours" is two words.
        const bool date_ends = byte == 'T' && word.size() >= 8 && digit(word[0]) &&
                               i + 1 < text.size() && digit(text[i + 1]);
        if (date_ends) {
            end();
            continue;
        }
        word += byte >= 'A' && byte <= 'Z' && byte != 'Z' ? static_cast<char>(byte + 32) : byte;
    }
    end();
    return words;
}

// "@1700000000.25"
std::optional<Instant> epoch(std::string_view text) {
    text.remove_prefix(1);
    const auto point = text.find('.');
    const auto seconds = number<std::int64_t>(text.substr(0, point));
    if (!seconds) return std::nullopt;
    Instant at{*seconds, 0};
    if (point == text.npos) return at;
    std::uint32_t unit = 100'000'000;
    for (const char byte : text.substr(point + 1)) {
        if (!digit(byte)) return std::nullopt;
        at.nanosecond += static_cast<std::uint32_t>(byte - '0') * unit;
        unit /= 10;
    }
    if (at.nanosecond > 0 && text.starts_with('-')) {
        --at.seconds;
        at.nanosecond = 1'000'000'000 - at.nanosecond;
    }
    return at;
}

// Relative words: "+2 days", "3 hours ago", "next week", "2days". How many words it took.
std::size_t relative(const std::vector<std::string>& words, std::size_t at, Parts& parts) {
    std::string_view word = words[at];
    std::int64_t count = 0;
    std::size_t used = 1;
    if (word == "next" || word == "last") {
        count = word == "next" ? 1 : -1;
    } else {
        const auto end = word.find_first_not_of("+-0123456789");
        auto digits_part = word.substr(0, end);
        if (digits_part.starts_with('+')) digits_part.remove_prefix(1);
        const auto value = number<std::int64_t>(digits_part);
        if (!value) return 0;
        count = *value;
        if (end != word.npos) {
            const bool ago = at + 1 < words.size() && words[at + 1] == "ago";
            if (!shift(word.substr(end), ago ? -count : count, parts)) return 0;
            return ago ? 2 : 1;
        }
    }
    if (at + used >= words.size()) return 0;
    const std::string_view unit = words[at + used++];
    const bool ago = at + used < words.size() && words[at + used] == "ago";
    if (!shift(unit, ago ? -count : count, parts)) return 0;
    return used + (ago ? 1 : 0);
}

}  // namespace

Result<Instant> date_text(std::string_view text, Instant now) {
    const auto wrong = [&] { return refused("date", "'" + std::string(text) + "' is no date"); };
    if (text.starts_with('@')) {
        const auto at = epoch(text);
        if (!at) return wrong();
        return *at;
    }
    const auto present = moment(now.seconds, now.nanosecond);
    Parts parts{present.year, present.month, present.day,
                present.hour * 3600 + present.minute * 60 + present.second, now.nanosecond};
    const auto words = words_of(text);
    // An empty text is the beginning of today, as GNU's date has it.
    if (words.empty()) {
        parts.second_of_day = 0;
        parts.nanosecond = 0;
    }
    for (std::size_t i = 0; i < words.size();) {
        const std::string_view word = words[i];
        if (word == "now" || word == "today") {
            ++i;
        } else if (word == "yesterday" || word == "tomorrow") {
            parts.more_seconds += word == "yesterday" ? -86400 : 86400;
            ++i;
        } else if (word == "midnight") {
            parts.second_of_day = 0;
            parts.nanosecond = 0;
            ++i;
        } else if (date(word, parts) || clock(word, parts)) {
            ++i;
        } else if (const auto used = relative(words, i, parts); used > 0) {
            i += used;
        } else if (zone(word, parts) || word == "utc") {
            ++i;
        } else {
            return wrong();
        }
    }
    const auto days = days_from_date(parts.year, parts.month, parts.day);
    return Instant{days * 86400 + parts.second_of_day - parts.offset + parts.more_seconds,
                   parts.nanosecond};
}

}  // namespace limpet::parse
