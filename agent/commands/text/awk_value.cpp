// commands/text/awk_value.cpp - values of awk.
#include "commands/text/awk_value.h"

#include "commands/text/awk_format.h"
#include "commands/utf8.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

namespace limpet::commands::awk {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

// More digits than a double holds exactly: libc rounds them rightly.
double long_number(const char* begin, const char* end) {
    char digits[64];
    const auto size = static_cast<std::size_t>(end - begin);
    if (size < sizeof digits) {
        std::memcpy(digits, begin, size);
        digits[size] = 0;
        return std::strtod(digits, nullptr);
    }
    return std::strtod(std::string(begin, end).c_str(), nullptr);
}

}  // namespace

Shared* new_shared(std::size_t size, std::size_t capacity) {
    void* room = nullptr;
    if (memory.fits(capacity) && memory.reserve(capacity + sizeof(Shared))) {
        room = std::malloc(capacity + sizeof(Shared));
    }
    if (!room) {
        // The interpreter stops at the next statement.
        memory.exhausted = true;
        room = std::malloc(sizeof(Shared));
        if (!room) {
            if (auto* const say = std::get_new_handler()) say();
            std::abort();
        }
        memory.held += sizeof(Shared);
        size = capacity = 0;
    }
    return new (room) Shared{1, static_cast<std::uint32_t>(size), capacity};
}

void free_shared(Shared* shared) {
    memory.held -= shared->capacity + sizeof(Shared);
    std::free(shared);
}

Scan scan_number(std::string_view text) {
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at < end && is_blank(*at)) ++at;
    const char* const begin = at;
    const bool negative = at < end && *at == '-';
    if (at < end && (*at == '-' || *at == '+')) ++at;
    std::uint64_t mantissa = 0;
    int digits = 0;
    int exponent = 0;
    const char* const whole = at;
    for (; at < end && is_digit(*at); ++at) {
        mantissa = mantissa * 10 + static_cast<unsigned>(*at - '0');
        digits += mantissa > 0 ? 1 : 0;
    }
    bool any = at > whole;
    if (at < end && *at == '.') {
        const char* const point = ++at;
        for (; at < end && is_digit(*at); ++at) {
            mantissa = mantissa * 10 + static_cast<unsigned>(*at - '0');
            digits += mantissa > 0 ? 1 : 0;
            --exponent;
        }
        any = any || at > point;
    }
    if (!any) return {};
    if (at < end && (*at == 'e' || *at == 'E')) {
        const char* power = at + 1;
        const bool down = power < end && *power == '-';
        if (power < end && (*power == '-' || *power == '+')) ++power;
        int given = 0;
        const char* const first = power;
        for (; power < end && is_digit(*power); ++power)
            given = std::min(given * 10 + (*power - '0'), 9999);
        if (power > first) {
            exponent += down ? -given : given;
            at = power;
        }
    }
    Scan found;
    constexpr double powers[]{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    // Both are exact, so the result is rounded once.
    if (digits <= 15 && exponent >= -22 && exponent <= 22) {
        const auto value = static_cast<double>(mantissa);
        found.number = exponent < 0 ? value / powers[-exponent] : value * powers[exponent];
        if (negative) found.number = -found.number;
    } else {
        found.number = long_number(begin, at);
    }
    while (at < end && is_blank(*at)) ++at;
    found.all = at == end;
    return found;
}

Value::Value(std::string_view text, Kind kind)
    : text_(new_shared(text.size(), text.size())), kind_(kind) {
    if (text_->size > 0) std::memcpy(text_->bytes(), text.data(), text_->size);
}

void Value::look() {
    if (kind_ != Kind::input) return;
    const auto found = scan_number(view());
    number_ = found.number;
    kind_ = found.all ? Kind::numeric : Kind::text;
}

double Value::number() {
    switch (kind_) {
        case Kind::number:
        case Kind::numeric: return number_;
        case Kind::input:
            look();
            return kind_ == Kind::numeric ? number_ : scan_number(view()).number;
        case Kind::text: return scan_number(view()).number;
        default: return 0;
    }
}

bool Value::truth() {
    look();
    switch (kind_) {
        case Kind::number:
        case Kind::numeric: return number_ != 0;
        case Kind::text: return text_->size > 0;
        default: return false;
    }
}

void Value::append(std::string_view more) {
    kind_ = Kind::text;
    const auto size = text_->size + more.size();
    if (text_->references > 1 || size > text_->capacity) {
        auto* const longer = new_shared(size, size + size / 2 + 16);
        if (longer->size == size) {
            std::memcpy(longer->bytes(), text_->bytes(), text_->size);
            std::memcpy(longer->bytes() + text_->size, more.data(), more.size());
        }
        if (--text_->references == 0) free_shared(text_);
        text_ = longer;
        return;
    }
    // `more` may be part of this text.
    std::memmove(text_->bytes() + text_->size, more.data(), more.size());
    text_->size = static_cast<std::uint32_t>(size);
}

std::string_view number_text(double number, const std::string& format, char (&digits)[32],
                             std::string& longer) {
    if (number >= -0x1p63 && number < 0x1p63 && number == std::trunc(number)) {
        const auto end =
            std::to_chars(digits, digits + sizeof digits, static_cast<std::int64_t>(number)).ptr;
        return {digits, static_cast<std::size_t>(end - digits)};
    }
    if (std::isnan(number)) return std::signbit(number) ? "-nan" : "nan";
    if (std::isinf(number)) return number < 0 ? "-inf" : "inf";
    longer.clear();
    // A whole one is shown as %d would, however large.
    format_number(longer, number == std::trunc(number) ? "%d" : format, number);
    return longer;
}

bool is_ascii(std::string_view text) {
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= 8; left -= 8, at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        if (word & 0x8080808080808080U) return false;
    }
    for (; left > 0; --left) {
        if (static_cast<unsigned char>(*at++) >= 0x80) return false;
    }
    return true;
}

std::size_t character_count(std::string_view text) {
    if (is_ascii(text)) return text.size();
    std::size_t count = 0;
    for (std::size_t at = 0; at < text.size(); ++count) {
        at += std::max<std::size_t>(utf8_length(text.substr(at)), 1);
    }
    return count;
}

std::size_t character_place(std::string_view text, std::size_t character) {
    std::size_t at = 0;
    for (; character > 0 && at < text.size(); --character) {
        at += static_cast<unsigned char>(text[at]) < 0x80
                  ? 1
                  : std::max<std::size_t>(utf8_length(text.substr(at)), 1);
    }
    return at;
}

}  // namespace limpet::commands::awk
