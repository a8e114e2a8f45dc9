// commands/text/awk_format.cpp - printf and sprintf of awk.
#include "commands/text/awk_format.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace limpet::commands::awk {
namespace {

constexpr long largest = 1'000'000;

struct Field {
    std::string flags;
    long width = 0;
    long precision = -1;
    char letter = 0;
    [[nodiscard]] bool left() const { return flags.contains('-'); }
};

class Formatter {
public:
    Formatter(std::string& out, std::span<Value> arguments, const std::string& convfmt)
        : out_(out), arguments_(arguments), convfmt_(convfmt) {}

    std::string_view run(std::string_view format) {
        for (std::size_t at = 0; at < format.size();) {
            const auto percent = std::min(format.find('%', at), format.size());
            out_ += format.substr(at, percent - at);
            if (percent == format.size()) break;
            at = percent + 1;
            if (at < format.size() && format[at] == '%') {
                out_ += '%';
                ++at;
                continue;
            }
            Field field;
            if (!read(format, at, field)) {
                // None that is known: as it stands.
                out_ += format.substr(percent, at - percent);
                continue;
            }
            if (field.width > largest || field.precision > largest) {
                return "a width of more than a million";
            }
            write(field);
            if (missing_) return "not enough arguments for its format";
            if (!memory.fits(out_.size())) break;
        }
        return {};
    }

private:
    Value next() {
        if (used_ >= arguments_.size()) {
            missing_ = true;
            return {};
        }
        return arguments_[used_++];
    }
    long count(std::string_view format, std::size_t& at) {
        if (at < format.size() && format[at] == '*') {
            ++at;
            const double given = next().number();
            return std::isnan(given) ? 0 : static_cast<long>(std::clamp(given, -2e6, 2e6));
        }
        long value = 0;
        while (at < format.size() && format[at] >= '0' && format[at] <= '9') {
            value = std::min(value * 10 + (format[at++] - '0'), largest + 1);
        }
        return value;
    }
    bool read(std::string_view format, std::size_t& at, Field& field) {
        while (at < format.size() && std::string_view("-+ #0").contains(format[at])) {
            if (!field.flags.contains(format[at])) field.flags += format[at];
            ++at;
        }
        field.width = count(format, at);
        if (field.width < 0) {
            field.width = -field.width;
            if (!field.left()) field.flags += '-';
        }
        if (at < format.size() && format[at] == '.') {
            ++at;
            field.precision = std::max<long>(count(format, at), -1);
        }
        while (at < format.size() && std::string_view("hlLqjzt").contains(format[at])) ++at;
        if (at == format.size()) return false;
        field.letter = format[at++];
        return std::string_view("diouxXcseEfFgGaA%").contains(field.letter);
    }

    void write(const Field& field) {
        switch (field.letter) {
            case '%': out_ += '%'; break;
            case 'c': character(field, next()); break;
            case 's': text(field, next()); break;
            case 'd':
            case 'i': whole(field, next().number()); break;
            case 'o':
            case 'u':
            case 'x':
            case 'X': whole(field, next().number()); break;
            default: real(field, next().number()); break;
        }
    }

    void padded(const Field& field, std::string_view shown) {
        const auto have = field.width > 0 ? character_count(shown) : 0;
        const auto width = static_cast<std::size_t>(field.width);
        const auto fill = width > have ? width - have : 0;
        if (!field.left()) out_.append(fill, ' ');
        out_ += shown;
        if (field.left()) out_.append(fill, ' ');
    }
    void character(const Field& field, Value value) {
        value.look();
        std::string shown;
        if (value.has_text() && value.kind() == Value::Kind::text) {
            const auto view = value.view();
            // The character of an empty text is the one that ends it in C.
            shown = view.empty() ? std::string(1, '\0') : view.substr(0, character_place(view, 1));
        } else if (value.kind() == Value::Kind::unset) {
            shown = std::string(1, '\0');
        } else {
            append_character(shown, value.number());
        }
        padded(field, shown);
    }
    void text(const Field& field, Value value) {
        std::string_view view;
        char digits[32];
        std::string longer;
        if (value.has_text()) {
            view = value.view();
        } else if (value.kind() == Value::Kind::number) {
            view = number_text(value.number(), convfmt_, digits, longer);
        }
        if (field.precision >= 0) {
            view = view.substr(0, character_place(view, static_cast<std::size_t>(field.precision)));
        }
        padded(field, view);
    }

    std::string specification(const Field& field, std::string_view length, char letter) const {
        std::string made = "%" + field.flags;
        if (field.width > 0) made += std::to_string(field.width);
        if (field.precision >= 0) made += '.' + std::to_string(field.precision);
        made += length;
        made += letter;
        return made;
    }
    template <typename Number>
    void print(const std::string& made, Number number) {
        char shown[512];
        const int size = std::snprintf(shown, sizeof shown, made.c_str(), number);
        if (size < 0) return;
        const auto length = static_cast<std::size_t>(size);
        if (length < sizeof shown) {
            out_.append(shown, length);
            return;
        }
        const auto before = out_.size();
        out_.resize(before + length + 1);
        std::snprintf(out_.data() + before, length + 1, made.c_str(), number);
        out_.resize(before + length);
    }
    void real(const Field& field, double number) {
        if (std::isnan(number) || std::isinf(number)) return special(field, number);
        print(specification(field, "", field.letter), number);
    }
    void special(const Field& field, double number) {
        std::string shown = std::isnan(number) ? "nan" : "inf";
        if (std::signbit(number))
            shown.insert(0, 1, '-');
        else if (field.flags.contains('+'))
            shown.insert(0, 1, '+');
        padded(field, shown);
    }
    void whole(const Field& field, double number) {
        if (std::isnan(number) || std::isinf(number)) return special(field, number);
        number = std::trunc(number);
        const bool is_signed = field.letter == 'd' || field.letter == 'i';
        constexpr double limit = 9223372036854775808.0;
        if (is_signed && number >= -limit && number < limit) {
            print(specification(field, "ll", 'd'), static_cast<long long>(number));
        } else if (!is_signed && number >= 0 && number < 2 * limit) {
            print(specification(field, "ll", field.letter),
                  static_cast<unsigned long long>(number));
        } else if (!is_signed && number < 0 && number >= -limit) {
            print(specification(field, "ll", field.letter),
                  static_cast<unsigned long long>(static_cast<long long>(number)));
        } else {
            Field wide = field;
            wide.precision = 0;
            print(specification(wide, "", 'f'), number);
        }
    }

    std::string& out_;
    std::span<Value> arguments_;
    const std::string& convfmt_;
    std::size_t used_ = 0;
    bool missing_ = false;
};

}  // namespace

std::string_view format(std::string& out, std::string_view format, std::span<Value> arguments,
                        const std::string& convfmt) {
    return Formatter(out, arguments, convfmt).run(format);
}

void format_number(std::string& out, std::string_view form, double number) {
    Value value(number);
    static const std::string plain = "%.6g";
    format(out, form, {&value, 1}, plain);
}

void append_character(std::string& out, double code) {
    const bool known = code >= 0 && code <= 0x10FFFF;
    const auto point = known ? static_cast<std::uint32_t>(code) : 0xFFFD'0000U;
    const auto byte = [&](std::uint32_t value) { out += static_cast<char>(value); };
    if (!known) {
        const double low = std::fmod(std::trunc(code), 256);
        byte(std::isfinite(low) ? static_cast<std::uint32_t>(low < 0 ? low + 256 : low) : 0);
    } else if (point < 0x80) {
        byte(point);
    } else if (point < 0x800) {
        byte(0xC0 | point >> 6);
        byte(0x80 | (point & 0x3F));
    } else if (point < 0x10000) {
        byte(0xE0 | point >> 12);
        byte(0x80 | (point >> 6 & 0x3F));
        byte(0x80 | (point & 0x3F));
    } else {
        byte(0xF0 | point >> 18);
        byte(0x80 | (point >> 12 & 0x3F));
        byte(0x80 | (point >> 6 & 0x3F));
        byte(0x80 | (point & 0x3F));
    }
}

}  // namespace limpet::commands::awk
