// escapes.cpp - backslash escapes.
#include "commands/text/escapes.h"

namespace limpet::commands::words {
namespace {

int digit(std::string_view text, std::size_t at, int base) {
    if (at >= text.size()) return -1;
    const char byte = text[at];
    int value = -1;
    if (byte >= '0' && byte <= '9') value = byte - '0';
    if (byte >= 'a' && byte <= 'f') value = byte - 'a' + 10;
    if (byte >= 'A' && byte <= 'F') value = byte - 'A' + 10;
    return value < base ? value : -1;
}

char number(std::string_view text, std::size_t& at, int base, int most) {
    int value = 0;
    for (; most > 0; --most) {
        const int next = digit(text, at, base);
        if (next < 0) break;
        value = value * base + next;
        ++at;
    }
    return static_cast<char>(value & 255);
}

}  // namespace

bool append_unescaped(std::string& out, std::string_view written, Escapes kind) {
    constexpr std::string_view letters = "\\abefnrtv";
    constexpr std::string_view values = "\\\a\b\033\f\n\r\t\v";
    for (std::size_t at = 0; at < written.size();) {
        const char byte = written[at++];
        if (byte != '\\' || at == written.size()) {
            out += byte;
            continue;
        }
        const char letter = written[at++];
        if (const auto place = letters.find(letter); place != letters.npos) {
            out += values[place];
        } else if (letter == 'c' && kind == Escapes::argument) {
            return false;
        } else if (letter == '0' && kind == Escapes::argument) {
            out += number(written, at, 8, 3);
        } else if (letter >= '0' && letter <= '7') {
            --at;
            out += number(written, at, 8, 3);
        } else if (letter == 'x' && digit(written, at, 16) >= 0) {
            out += number(written, at, 16, 2);
        } else if (kind == Escapes::format && (letter == '"' || letter == '\'')) {
            out += letter;
        } else {
            out += '\\';
            out += letter;
        }
    }
    return true;
}

}  // namespace limpet::commands::words
