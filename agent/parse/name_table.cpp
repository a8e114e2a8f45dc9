// parse/name_table.cpp - names of numbers, packed into one text.
#include "parse/name_table.h"

#include "parse/lines.h"
#include "parse/number.h"

#include <cstdarg>
#include <cstdio>

namespace limpet::parse {

NamedWord take_named(std::string_view& table, std::uint64_t last) {
    auto word = take(table, ' ');
    // A name may have more behind a colon, which is not looked into.
    const auto equals = word.substr(0, word.find(':')).find('=');
    if (equals == word.npos) return {last + 1, word};
    const auto value = number<std::uint64_t>(word.substr(0, equals), 16).value_or(0);
    return {value, word.substr(equals + 1)};
}

std::string_view name_of(std::string_view table, std::uint64_t value) {
    std::uint64_t last = ~std::uint64_t{0};
    while (!table.empty()) {
        const auto word = take_named(table, last);
        if (word.value == value && word.name != "-") return word.name;
        last = word.value;
    }
    return {};
}

void append(std::string& text, const char* format, ...) {
    char piece[512];
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const int size = std::vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    if (size > 0 && static_cast<std::size_t>(size) < sizeof piece) {
        text.append(piece, static_cast<std::size_t>(size));
    } else if (size > 0) {
        const auto before = text.size();
        text.resize(before + static_cast<std::size_t>(size) + 1);
        std::vsnprintf(text.data() + before, static_cast<std::size_t>(size) + 1, format, again);
        text.pop_back();
    }
    va_end(again);
}

std::string hex(std::uint64_t value) {
    char text[24];
    std::snprintf(text, sizeof text, "%#lx", static_cast<unsigned long>(value));
    return value == 0 ? "0" : text;
}

std::string hex_bytes(std::string_view bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const char each : bytes) {
        const auto byte = static_cast<unsigned char>(each);
        text += digits[byte >> 4];
        text += digits[byte & 15];
    }
    return text;
}

std::string name_or_hex(std::string_view table, std::uint64_t value) {
    const auto name = name_of(table, value);
    return name.empty() ? hex(value) : std::string(name);
}

std::string flag_names(std::string_view table, std::uint64_t bits) {
    std::string text;
    const auto add = [&](std::string_view name) {
        if (!text.empty()) text += '|';
        text += name;
    };
    std::uint64_t last = ~std::uint64_t{0};
    while (!table.empty()) {
        const auto word = take_named(table, last);
        last = word.value;
        if (word.value == 0 || (bits & word.value) != word.value) continue;
        bits &= ~word.value;
        add(word.name);
    }
    if (bits != 0) add(hex(bits));
    if (text.empty()) text = "0";
    return text;
}

}  // namespace limpet::parse
