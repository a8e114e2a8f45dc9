// jq_print.cpp - the values of jq as text.
#include "commands/text/jq_value.h"
#include "commands/utf8.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace limpet::commands::jq {
namespace {

constexpr std::string_view off = "\033[0m";
constexpr std::string_view name_colour = "\033[34;1m";

std::string_view colour_of(const Value& value) {
    using enum Value::Kind;
    switch (value.kind()) {
        case null: return "\033[1;30m";
        case string: return "\033[0;32m";
        case array:
        case object: return "\033[1;39m";
        default: return "\033[0;39m";
    }
}

struct Printer {
    std::string& out;
    const Style& style;

    void line(int level) {
        if (style.indent == 0 && !style.tabs) return;
        out += '\n';
        out.append(static_cast<std::size_t>(style.tabs ? level : level * style.indent),
                   style.tabs ? '\t' : ' ');
    }
    void coloured(std::string_view colour, std::string_view text) {
        if (style.colour) out += colour;
        out += text;
        if (style.colour) out += off;
    }
    void scalar(const Value& value) {
        if (style.colour) out += colour_of(value);
        if (value.is(Value::Kind::string)) {
            print_string(out, value.text(), style.ascii);
        } else if (value.is(Value::Kind::number)) {
            out += value.text().empty() ? number_text(value.number()) : std::string(value.text());
        } else {
            out += value.is(Value::Kind::null) ? "null" : value.truthy() ? "true" : "false";
        }
        if (style.colour) out += off;
    }
    void member(const Value& name, const Value& value, int level) {
        if (style.colour) out += name_colour;
        print_string(out, name.text(), style.ascii);
        if (style.colour) out += off;
        const bool spread = style.indent > 0 || style.tabs;
        coloured(colour_of(Value::object()), spread ? ": " : ":");
        any(value, level);
    }
    void any(const Value& value, int level) {
        const bool list = value.is(Value::Kind::array);
        if (!list && !value.is(Value::Kind::object)) return scalar(value);
        const auto colour = colour_of(value);
        const auto count = length(value);
        if (count == 0) return coloured(colour, list ? "[]" : "{}");
        coloured(colour, list ? "[" : "{");
        const auto names = style.sorted && !list ? value.sorted_names() : std::vector<Value>{};
        for (std::size_t i = 0; i < count && out.size() < style.enough; ++i) {
            if (i > 0) coloured(colour, ",");
            line(level + 1);
            if (list) {
                any(value.items()[i], level + 1);
            } else if (style.sorted) {
                member(names[i], *value.find(names[i].text()), level + 1);
            } else {
                member(value.members()[i].name, value.members()[i].value, level + 1);
            }
        }
        line(level);
        coloured(colour, list ? "]" : "}");
    }
};

void escaped(std::string& out, unsigned unit) {
    char text[8];
    std::snprintf(text, sizeof text, "\\u%04x", unit & 0xFFFF);
    out += text;
}

}  // namespace

void print_string(std::string& out, std::string_view text, bool ascii) {
    out += '"';
    while (!text.empty()) {
        const auto byte = static_cast<unsigned char>(text.front());
        const auto size = utf8_length(text);
        constexpr std::string_view names = "\"\\bfnrt";
        constexpr std::string_view bytes = "\"\\\b\f\n\r\t";
        if (const auto which = bytes.find(text.front()); which != bytes.npos) {
            out += '\\';
            out += names[which];
        } else if (size == 0) {
            // As our own -o json spells it, and the reader reads it.
            escaped(out, 0xDC00 + byte);
        } else if (byte < 0x20 || byte == 0x7F) {
            escaped(out, byte);
        } else if (size > 1 && ascii) {
            const auto point = utf8_decode(text.substr(0, size));
            if (point >= 0x10000) escaped(out, 0xD7C0 + (point >> 10));
            escaped(out, point < 0x10000 ? point : 0xDC00 + (point & 0x3FF));
        } else {
            out += text.substr(0, size);
        }
        text.remove_prefix(std::max<std::size_t>(size, 1));
    }
    out += '"';
}

std::string number_text(double number) {
    if (std::isnan(number)) return "null";
    constexpr double largest = 1.7976931348623157e308;
    number = std::clamp(number, -largest, largest);
    char text[64];
    // The shortest that reads back as the same; mostly an integer.
    if (number == std::floor(number) && std::fabs(number) < 1e15) {
        std::snprintf(text, sizeof text, "%.0f", number);
        return text;
    }
    int digits = 1;
    do std::snprintf(text, sizeof text, "%.*e", digits - 1, number);
    while (std::strtod(text, nullptr) != number && ++digits <= 17);
    const std::string_view shown = text;
    const auto at = shown.rfind('e');
    const int exponent = static_cast<int>(std::strtol(text + at + 1, nullptr, 10));
    if (exponent < -4 || exponent >= digits + 15) return text;
    if (exponent >= digits) {
        // Zeros behind the digits, which is not what %f would make of them.
        std::string whole(shown.substr(0, at));
        std::erase(whole, '.');
        return whole.append(static_cast<std::size_t>(exponent + 1 - digits), '0');
    }
    std::snprintf(text, sizeof text, "%.*f", digits - 1 - exponent, number);
    return text;
}

void print(std::string& out, const Value& value, const Style& style, int level) {
    Printer{out, style}.any(value, level);
}

std::string json(const Value& value) {
    std::string out;
    print(out, value, {.indent = 0});
    return out;
}

}  // namespace limpet::commands::jq
