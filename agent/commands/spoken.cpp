// commands/spoken.cpp - text with names in it, as it goes to people and into pipes.
#include "commands/spoken.h"

#include "commands/table.h"

namespace limpet::commands {

bool reorders(char32_t point) {
    return point == 0x061C || point == 0x200E || point == 0x200F ||
           (point >= 0x202A && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
}

void speak(Output& out, std::string_view text) {
    if (out.terminal()) {
        out.write(visible(text));
    } else {
        out.write(text);
    }
}

void speak_line(Output& out, std::string_view text) {
    speak(out, text);
    out.put('\n');
}

}  // namespace limpet::commands
