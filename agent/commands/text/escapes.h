// escapes.h - backslash escapes as echo -e, printf's format and %b have them.
#pragma once

#include <string>
#include <string_view>

namespace limpet::commands::words {

enum class Escapes : unsigned char {
    format,    // printf: \NNN
    argument,  // %b and echo -e: \0NNN, and \c ends all output
};

// Appends `written` with its escapes replaced. False: \c was met.
bool append_unescaped(std::string& out, std::string_view written, Escapes kind);

}  // namespace limpet::commands::words
