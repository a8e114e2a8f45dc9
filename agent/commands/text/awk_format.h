// commands/text/awk_format.h - printf and sprintf of awk.
#pragma once

#include "commands/text/awk_value.h"

#include <span>
#include <string>
#include <string_view>

namespace limpet::commands::awk {

// Appends. What is wrong: too few arguments, a width beyond a million.
std::string_view format(std::string& out, std::string_view format, std::span<Value> arguments,
                        const std::string& convfmt);
// One number, as CONVFMT and OFMT have it.
void format_number(std::string& out, std::string_view format, double number);

// The bytes of a code point; a lone byte for what is none.
void append_character(std::string& out, double code);

}  // namespace limpet::commands::awk
