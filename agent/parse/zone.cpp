// parse/zone.cpp - time zones.
#include "parse/zone.h"

#include <algorithm>

namespace limpet::parse {
namespace {

constexpr std::size_t name_limit = 16;

bool digit(char byte) { return byte >= '0' && byte <= '9'; }
bool letter(char byte) { return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z'); }

bool take(std::string_view& text, char byte) {
    if (!text.starts_with(byte)) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<int> small_number(std::string_view& text, int most) {
    int value = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 4 && digit(text[digits])) {
        value = value * 10 + (text[digits++] - '0');
    }
    if (digits == 0 || value > most) return std::nullopt;
    text.remove_prefix(digits);
    return value;
}

// "CET", "<+0330>".
std::optional<std::string> zone_name(std::string_view& text) {
    const bool quoted = take(text, '<');
    std::size_t end = 0;
    const auto fits = [&](char byte) {
        return letter(byte) || (quoted && (digit(byte) || byte == '+' || byte == '-'));
    };
    while (end < text.size() && fits(text[end])) ++end;
    std::string name(text.substr(0, end));
    text.remove_prefix(end);
    if (name.size() < 3 || name.size() > name_limit || (quoted && !take(text, '>'))) {
        return std::nullopt;
    }
    return name;
}

// "[+-]hh[:mm[:ss]]" as seconds.
std::optional<int> clock(std::string_view& text) {
    const int sign = text.starts_with('-') ? -1 : 1;
    if (text.starts_with('-') || text.starts_with('+')) text.remove_prefix(1);
    const auto hours = small_number(text, 167);
    if (!hours) return std::nullopt;
    int seconds = *hours * 3600;
    for (const int unit : {60, 1}) {
        if (!take(text, ':')) break;
        const auto part = small_number(text, 59);
        if (!part) return std::nullopt;
        seconds += *part * unit;
    }
    return sign * seconds;
}

// ",M3.5.0/2", ",J60", ",59".
std::optional<ZoneChange> change(std::string_view& text) {
    ZoneChange when;
    if (!take(text, ',')) return std::nullopt;
    if (take(text, 'M')) {
        const auto month = small_number(text, 12);
        const bool first = take(text, '.');
        const auto week = small_number(text, 5);
        const bool second = take(text, '.');
        const auto day = small_number(text, 6);
        if (!month || !week || !day || !first || !second || *month < 1 || *week < 1) {
            return std::nullopt;
        }
        when = {ZoneChange::Kind::month, *month, *week, *day};
    } else {
        const bool julian = take(text, 'J');
        const auto day = small_number(text, 365);
        if (!day || (julian && *day < 1)) return std::nullopt;
        when.kind = julian ? ZoneChange::Kind::julian : ZoneChange::Kind::day_of_year;
        when.day = *day;
    }
    if (take(text, '/')) {
        const auto second = clock(text);
        if (!second) return std::nullopt;
        when.second = *second;
    }
    return when;
}

std::optional<ZoneRule> rule(std::string_view text) {
    ZoneRule zone;
    const auto name = zone_name(text);
    if (!name) return std::nullopt;
    zone.standard = *name;
    const auto west = clock(text);
    if (!west) return std::nullopt;
    zone.standard_offset = zone.summer_offset = -*west;
    if (text.empty()) return zone;
    const auto summer = zone_name(text);
    if (!summer) return std::nullopt;
    zone.summer = *summer;
    zone.summer_offset = zone.standard_offset + 3600;
    if (!text.empty() && text[0] != ',') {
        const auto offset = clock(text);
        if (!offset) return std::nullopt;
        zone.summer_offset = -*offset;
    }
    // What POSIX leaves open: the days of the United States, as everywhere.
    if (text.empty()) text = ",M3.2.0,M11.1.0";
    const auto begin = change(text);
    const auto end = begin ? change(text) : std::nullopt;
    if (!end || !text.empty()) return std::nullopt;
    zone.begin = *begin;
    zone.end = *end;
    return zone;
}

// In local time, as seconds since the epoch.
std::int64_t local_time(const ZoneChange& when, std::int64_t year) {
    const auto first = days_from_date(year, 1, 1);
    std::int64_t day = 0;
    if (when.kind == ZoneChange::Kind::julian) {
        const bool leap = days_from_date(year, 3, 1) - first == 60;
        day = first + when.day - 1 + (leap && when.day >= 60 ? 1 : 0);
    } else if (when.kind == ZoneChange::Kind::day_of_year) {
        day = first + when.day;
    } else {
        const auto begin = days_from_date(year, when.month, 1);
        const auto end = days_from_date(year, when.month + 1, 1);
        const auto weekday = ((begin + 4) % 7 + 7) % 7;
        day = begin + (when.day - weekday + 7) % 7 + (when.week - 1) * 7;
        // Week 5 is the last, be it the fourth.
        if (day >= end) day -= 7;
    }
    return day * 86400 + when.second;
}

bool is_summer(const ZoneRule& zone, std::int64_t seconds) {
    if (zone.summer.empty()) return false;
    const auto year = moment(seconds + zone.standard_offset).year;
    const auto begin = local_time(zone.begin, year) - zone.standard_offset;
    const auto end = local_time(zone.end, year) - zone.summer_offset;
    return begin < end ? seconds >= begin && seconds < end : seconds >= begin || seconds < end;
}

std::int64_t big_endian(std::string_view bytes) {
    std::uint64_t value = static_cast<unsigned char>(bytes[0]) & 0x80u ? ~std::uint64_t{0} : 0;
    for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
    return static_cast<std::int64_t>(value);
}

// The six counts behind magic, version and fifteen unused bytes.
struct Header {
    std::size_t utc = 0, standard = 0, leaps = 0, times = 0, kinds = 0, letters = 0;
    [[nodiscard]] std::size_t size(std::size_t width) const {
        return times * width + times + kinds * 6 + letters + leaps * (width + 4) + standard + utc;
    }
};

std::optional<Header> header(std::string_view bytes) {
    constexpr std::size_t size = 44;
    if (bytes.size() < size || !bytes.starts_with("TZif")) return std::nullopt;
    Header counts;
    std::size_t at = 20;
    for (auto* count : {&counts.utc, &counts.standard, &counts.leaps, &counts.times, &counts.kinds,
                        &counts.letters}) {
        const auto value = big_endian(bytes.substr(at, 4));
        // No count is larger than the file: no sum of them overflows.
        if (value < 0 || static_cast<std::size_t>(value) > bytes.size()) return std::nullopt;
        *count = static_cast<std::size_t>(value);
        at += 4;
    }
    return counts;
}

}  // namespace

std::optional<Zone> Zone::posix(std::string_view text) {
    Zone zone;
    zone.rule_ = rule(text);
    if (!zone.rule_) return std::nullopt;
    return zone;
}

Zone Zone::named(std::string name) {
    Zone zone;
    zone.rule_ = ZoneRule{.standard = std::move(name), .summer = {}, .begin = {}, .end = {}};
    return zone;
}

std::optional<Zone> Zone::file(std::string_view bytes) {
    constexpr std::size_t header_size = 44;
    auto counts = header(bytes);
    if (!counts) return std::nullopt;
    const bool wide = bytes[4] >= '2';
    std::size_t width = 4;
    bytes.remove_prefix(header_size);
    if (wide) {
        // The same again with eight bytes for each time, and the rule for all that follows.
        if (bytes.size() < counts->size(4)) return std::nullopt;
        bytes.remove_prefix(counts->size(4));
        counts = header(bytes);
        if (!counts) return std::nullopt;
        bytes.remove_prefix(header_size);
        width = 8;
    }
    if (bytes.size() < counts->size(width) || counts->kinds == 0) return std::nullopt;
    Zone zone;
    for (std::size_t i = 0; i < counts->times; ++i) {
        zone.changes_.push_back(big_endian(bytes.substr(i * width, width)));
        zone.indexes_.push_back(static_cast<std::uint8_t>(bytes[counts->times * width + i]));
        if (zone.indexes_.back() >= counts->kinds) return std::nullopt;
    }
    if (!std::ranges::is_sorted(zone.changes_)) return std::nullopt;
    const auto kinds = bytes.substr(counts->times * (width + 1));
    const auto letters = kinds.substr(counts->kinds * 6, counts->letters);
    for (std::size_t i = 0; i < counts->kinds; ++i) {
        const auto one = kinds.substr(i * 6, 6);
        const auto offset = big_endian(one.substr(0, 4));
        const auto name_at = static_cast<unsigned char>(one[5]);
        if (offset < -100'000 || offset > 100'000 || name_at >= letters.size()) {
            return std::nullopt;
        }
        auto name = letters.substr(name_at, name_limit);
        zone.kinds_.push_back(
            {static_cast<int>(offset), std::string(name.substr(0, name.find('\0')))});
    }
    auto footer = bytes.substr(counts->size(width));
    if (wide && take(footer, '\n')) zone.rule_ = rule(footer.substr(0, footer.find('\n')));
    return zone;
}

Zone::Kind Zone::kind(std::int64_t seconds) const {
    // A file's time may be anything; moment() has the same bounds.
    constexpr std::int64_t farthest = 100'000'000'000'000'000;
    seconds = std::clamp(seconds, -farthest, farthest);
    const auto next = std::ranges::upper_bound(changes_, seconds);
    const bool after_all = next == changes_.end();
    if (after_all && rule_) {
        const bool summer = is_summer(*rule_, seconds);
        return summer ? Kind{rule_->summer_offset, rule_->summer}
                      : Kind{rule_->standard_offset, rule_->standard};
    }
    if (kinds_.empty()) return {0, "UTC"};
    if (next == changes_.begin()) return kinds_[0];
    return kinds_[indexes_[static_cast<std::size_t>(next - changes_.begin() - 1)]];
}

Moment Zone::at(std::int64_t seconds, std::uint32_t nanosecond) const {
    const auto here = kind(seconds);
    return moment(seconds, nanosecond, here.offset, here.name);
}

std::optional<std::int64_t> Zone::instant(std::int64_t local) const {
    // Offsets of a day before and after are the only candidates.
    for (const auto near : {local - 86400, local + 86400}) {
        const auto offset = kind(near).offset;
        if (kind(local - offset).offset == offset) return local - offset;
    }
    return std::nullopt;
}

}  // namespace limpet::parse
