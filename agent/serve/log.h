// serve/log.h - serve's log: one JSON object a line on descriptor 2.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace limpet::serve::log {

enum class Level : std::uint8_t { info, warning, error };

// What a peer or a target chose is a field's value, never part of the event's name.
struct Field {
    Field(std::string_view key, std::string_view text) : name(key), value(text) {}
    Field(std::string_view key, std::uint64_t number)
        : name(key), value(std::to_string(number)), quoted(false) {}
    std::string_view name;
    std::string value;
    bool quoted = true;
};

// Events below this level are dropped; info until it is called.
void threshold(Level level);
void write(Level level, std::string_view event, std::initializer_list<Field> fields = {});

// The time in UTC: 2026-11-25T19:09:21.123Z.
std::string now();

// As a JSON string with its quotes. Bytes outside printable ASCII become \u00XX: a log line is
// read on terminals, and what it quotes need not be UTF-8.
std::string quoted(std::string_view text);

}  // namespace limpet::serve::log
