// parse/date_text.cpp - times as people write them: items in any order, as GNU's date takes them.
#include "parse/date_text.h"

#include "parse/calendar.h"
#include "parse/date_words.h"
#include "parse/number.h"

#include <optional>
#include <string>

namespace limpet::parse {
namespace {

constexpr std::int64_t largest_count = 100'000'000'000;

bool digit(char byte) { return byte >= '0' && byte <= '9'; }
bool letter(char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); }

class Reader {
public:
    Reader(std::string_view text, const Moment& now) : rest_(text), now_(now) {}

    // False when there is something that is no part of a date.
    bool read() {
        for (skip(); !rest_.empty(); skip()) {
            if (!item()) return false;
        }
        return days_ <= 1 && dates_ <= 1 && times_ <= 1 && zones_ <= 1;
    }

    [[nodiscard]] std::optional<Instant> result(const Zone& zone) const {
        std::int64_t year = dates_ ? year_ : now_.year;
        int month = dates_ ? month_ : now_.month;
        std::int64_t day = dates_ ? day_ : now_.day;
        const auto first = days_from_date(year, month, 1);
        if (dates_ && first + day > days_from_date(year, month + 1, 1)) return std::nullopt;
        const bool present = !times_ && relative_ && !dates_ && !days_;
        const std::int64_t second =
            present ? now_.hour * 3600 + now_.minute * 60 + now_.second : second_;
        const auto all = year * 12 + month - 1 + more_months_;
        year = all / 12 - (all % 12 < 0 ? 1 : 0);
        month = static_cast<int>(all - year * 12) + 1;
        auto days = days_from_date(year, month, 1) + day - 1 + more_days_;
        if (days_ && !dates_) {
            const auto today = ((days + 4) % 7 + 7) % 7;
            const bool again = weekday_count_ > 0 && today != weekday_;
            days += (weekday_ - today + 7) % 7 + 7 * (weekday_count_ - (again ? 1 : 0));
        }
        const auto local = days * 86400 + second;
        const auto at = zones_ ? std::optional(local - offset_) : zone.instant(local);
        if (!at) return std::nullopt;
        return Instant{*at + more_seconds_, present ? now_.nanosecond : nanosecond_};
    }

private:
    void skip() {
        for (;;) {
            if (rest_.starts_with('(')) {
                const auto end = rest_.find(')');
                rest_.remove_prefix(end == rest_.npos ? rest_.size() : end + 1);
            } else if (!rest_.empty() &&
                       std::string_view(" \t\n,").find(rest_[0]) != std::string_view::npos) {
                rest_.remove_prefix(1);
            } else {
                return;
            }
        }
    }
    bool take(char byte) {
        if (!rest_.starts_with(byte)) return false;
        rest_.remove_prefix(1);
        return true;
    }
    // Of at most `most` digits; how many there were.
    std::size_t digits(std::int64_t& value, std::size_t most = 12) {
        std::size_t count = 0;
        value = 0;
        while (count < most && count < rest_.size() && digit(rest_[count])) {
            value = value * 10 + (rest_[count++] - '0');
        }
        rest_.remove_prefix(count);
        return count;
    }
    // Letters, in lower case; dots of "a.m." are left out.
    std::string word() {
        std::string text;
        std::size_t end = 0;
        while (end < rest_.size() && (letter(rest_[end]) || (rest_[end] == '.' && end > 0))) {
            if (rest_[end] != '.') text += static_cast<char>(rest_[end] | 0x20);
            ++end;
        }
        rest_.remove_prefix(end);
        return text;
    }
    std::string peek() {
        const auto saved = rest_;
        skip();
        auto text = word();
        rest_ = saved;
        return text;
    }
    // Tries a form; what it has not taken whole it has not taken at all.
    template <typename Form>
    bool attempt(Form form) {
        const auto saved = *this;
        if (form()) return true;
        *this = saved;
        return false;
    }

    bool set_date(std::int64_t year, std::int64_t month, std::int64_t day, std::size_t digits) {
        if (digits == 2) year += year < 69 ? 2000 : 1900;
        if (month < 1 || month > 12 || day < 1 || day > 31 || year > 10'000'000) return false;
        year_ = year;
        month_ = static_cast<int>(month);
        day_ = day;
        ++dates_;
        return true;
    }

    bool item() {
        if (digit(rest_[0])) {
            return attempt([&] { return clock(); }) || attempt([&] { return numeric_date(); }) ||
                   attempt([&] { return day_and_month(); }) || attempt([&] { return shift(); }) ||
                   attempt([&] { return bare_number(); });
        }
        if (rest_[0] == '+' || rest_[0] == '-') {
            return attempt([&] { return shift(); }) || attempt([&] { return correction(); });
        }
        return attempt([&] { return words(); });
    }

    // "2024-02-29", "2024/2/29", "2/29/2024", "2/29", "20240229"
    bool numeric_date() {
        std::int64_t first = 0, second = 0, third = 0;
        const auto count = digits(first);
        if (count == 8) {
            return ends() && set_date(first / 10000, first / 100 % 100, first % 100, 4);
        }
        const char mark = rest_.empty() ? '\0' : rest_[0];
        if ((mark != '-' && mark != '/') || !take(mark) || digits(second, 2) == 0) return false;
        const bool more = take(mark);
        const auto third_count = more ? digits(third) : 0;
        if (more && third_count == 0) return false;
        if (mark == '-' || count > 2) {
            return more && ends() && set_date(first, second, third, count);
        }
        return ends() && (more ? set_date(third, first, second, third_count)
                               : set_date(now_.year, first, second, 4));
    }
    // A T between date and time goes, too.
    bool ends() {
        if (rest_.size() > 1 && (rest_[0] == 'T' || rest_[0] == 't') && digit(rest_[1])) {
            rest_.remove_prefix(1);
        }
        return true;
    }

    // "29 Feb 2024", "29-Feb-2024", "29 Feb"
    bool day_and_month() {
        std::int64_t day = 0, year = 0;
        if (digits(day, 2) == 0) return false;
        const bool hyphen = take('-');
        skip();
        const auto month = month_of(word());
        if (!month) return false;
        return take_year(hyphen, year) && set_date(year, *month, day, year_digits_);
    }
    bool take_year(bool hyphen, std::int64_t& year) {
        const auto saved = rest_;
        if (hyphen) {
            year_digits_ = take('-') ? digits(year) : 0;
            return year_digits_ > 0;
        }
        skip();
        year_digits_ = digits(year);
        // "29 Feb 12:00", "29 Feb 3 days", "29 Feb 5pm" have no year.
        if (year_digits_ == 0 || rest_.starts_with(':') || (year_digits_ < 3 && !peek().empty())) {
            rest_ = saved;
            year = now_.year;
            year_digits_ = 4;
        }
        return true;
    }

    // "12:30:15.25 pm +02:00", "5pm"
    bool clock() {
        std::int64_t hour = 0, minute = 0, second = 0;
        if (digits(hour, 2) == 0) return false;
        const bool colon = take(':');
        if (colon) {
            if (digits(minute, 2) == 0) return false;
            if (take(':')) {
                if (digits(second, 2) == 0) return false;
                fraction();
            }
        }
        const auto half = peek();
        if (half == "am" || half == "pm") {
            skip();
            word();
            if (hour < 1 || hour > 12) return false;
            hour = hour % 12 + (half == "pm" ? 12 : 0);
        } else if (!colon) {
            return false;
        }
        if (hour > 23 || minute > 59 || second > 60) return false;
        second_ = hour * 3600 + minute * 60 + second;
        ++times_;
        // A zone right behind, or after a blank when no unit follows it: "12:00 +2 days".
        attempt([&] {
            skip();
            return !rest_.empty() && (rest_[0] == '+' || rest_[0] == '-') && !shifts() &&
                   correction();
        });
        return true;
    }
    void fraction() {
        if (rest_.size() < 2 || (rest_[0] != '.' && rest_[0] != ',') || !digit(rest_[1])) return;
        rest_.remove_prefix(1);
        nanosecond_ = 0;
        for (std::uint32_t unit = 100'000'000; !rest_.empty() && digit(rest_[0]); unit /= 10) {
            nanosecond_ += static_cast<std::uint32_t>(rest_[0] - '0') * unit;
            rest_.remove_prefix(1);
        }
    }
    bool shifts() { return Reader(*this).shift(); }
    // "+02:00", "-0530", "+2"
    bool correction() {
        const int sign = rest_[0] == '-' ? -1 : 1;
        rest_.remove_prefix(1);
        std::int64_t hours = 0, minutes = 0;
        const auto count = digits(hours, 4);
        if (count == 0) return false;
        if (take(':')) {
            if (count > 2 || digits(minutes, 2) != 2) return false;
        } else if (count > 2) {
            minutes = hours % 100;
            hours /= 100;
        }
        if (hours > 24 || minutes > 59) return false;
        offset_ += sign * static_cast<int>(hours * 3600 + minutes * 60);
        zones_ = 1;
        return true;
    }

    // "+2 days", "3 hours ago", "-1month"
    bool shift() {
        int sign = 1;
        if (rest_[0] == '+' || rest_[0] == '-') {
            sign = rest_[0] == '-' ? -1 : 1;
            rest_.remove_prefix(1);
            skip();
        }
        std::int64_t count = 0;
        if (digits(count) == 0) return false;
        skip();
        const auto name = word();
        if (const auto day = weekday_of(name)) return set_weekday(*day, sign * count);
        return unit(name, sign * count);
    }
    bool unit(std::string name, std::int64_t count) {
        if (name.size() > 1 && name.ends_with('s')) name.pop_back();
        if (peek() == "ago") {
            skip();
            word();
            count = -count;
        }
        if (count > largest_count || count < -largest_count) return false;
        if (name == "month" || name == "year") {
            if (count > 1'000'000 || count < -1'000'000) return false;
            more_months_ += name == "year" ? count * 12 : count;
        } else if (const auto seconds = unit_seconds(name)) {
            // A day is one of the calendar, with 23 hours if need be.
            if (*seconds < 86400) {
                more_seconds_ += count * *seconds;
            } else {
                more_days_ += count * (*seconds / 86400);
            }
        } else {
            return false;
        }
        relative_ = true;
        return true;
    }
    bool set_weekday(int day, std::int64_t count) {
        if (count > 10'000 || count < -10'000) return false;
        weekday_ = day;
        weekday_count_ = count;
        ++days_;
        return true;
    }

    // A number by itself: 20240229 was taken before; "1234" and "17" are times of a day.
    bool bare_number() {
        std::int64_t value = 0;
        const auto count = digits(value);
        // "2024-13-01" is no date, and no time either.
        if (!rest_.empty() && std::string_view("-/:.").find(rest_[0]) != std::string_view::npos) {
            return false;
        }
        if (dates_ && times_ && !relative_ && count > 2) {
            return set_date(value, month_, day_, count) && dates_-- > 1;
        }
        const auto hour = count < 3 ? value : value / 100;
        const auto minute = count < 3 ? 0 : value % 100;
        if (count == 0 || count > 4 || hour > 23 || minute > 59) return false;
        second_ = hour * 3600 + minute * 60;
        ++times_;
        return true;
    }

    bool words() {
        const auto name = word();
        if (name.empty()) return false;
        if (name == "now" || name == "today") return relative_ = true;
        if (name == "yesterday" || name == "tomorrow") {
            more_days_ += name == "tomorrow" ? 1 : -1;
            return relative_ = true;
        }
        if (name == "midnight" || name == "noon") {
            second_ = name == "noon" ? 43200 : 0;
            ++times_;
            return true;
        }
        if (const auto month = month_of(name)) return month_and_day(*month);
        if (const auto day = weekday_of(name)) return set_weekday(*day, 0);
        if (const auto count = ordinal(name)) {
            skip();
            const auto next = word();
            if (const auto day = weekday_of(next)) return set_weekday(*day, *count);
            return unit(next, *count);
        }
        if (const auto hours = zone_hours(name)) {
            offset_ = *hours * 3600;
            ++zones_;
            // "UTC+2"
            return rest_.empty() || (rest_[0] != '+' && rest_[0] != '-') || correction();
        }
        return unit(name, 1);
    }
    // "Feb 29 2024", "Feb 29, 12:00", "Feb-29-2024"
    bool month_and_day(int month) {
        std::int64_t day = 0, year = 0;
        const bool hyphen = take('-');
        skip();
        if (digits(day, 2) == 0) return false;
        return take_year(hyphen, year) && set_date(year, month, day, year_digits_);
    }

    std::string_view rest_;
    Moment now_;
    std::int64_t year_ = 0, day_ = 0, second_ = 0;
    int month_ = 0, weekday_ = 0, offset_ = 0;
    std::uint32_t nanosecond_ = 0;
    std::int64_t weekday_count_ = 0, more_months_ = 0, more_days_ = 0, more_seconds_ = 0;
    std::size_t year_digits_ = 4;
    int dates_ = 0, times_ = 0, days_ = 0, zones_ = 0;
    bool relative_ = false;
};

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

}  // namespace

Result<Instant> date_text(std::string_view text, Instant now, const Zone& zone) {
    const auto wrong = [&] { return refused("date", "'" + std::string(text) + "' is no date"); };
    if (text.size() > 1000) return refused("date", "a text of more than 1000 bytes");
    if (text.starts_with('@')) {
        if (const auto at = epoch(text)) return *at;
        return wrong();
    }
    Reader reader(text, zone.at(now.seconds, now.nanosecond));
    if (!reader.read()) return wrong();
    if (const auto at = reader.result(zone)) return *at;
    return wrong();
}

}  // namespace limpet::parse
