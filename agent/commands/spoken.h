// commands/spoken.h - text with names in it, as it goes to people and into pipes.
#pragma once

#include "commands/stream.h"

#include <string_view>

namespace limpet::commands {

// Bidirectional controls reorder what stands around them on a terminal.
bool reorders(char32_t point);

// On a terminal a name stays on its line and commands nothing (visible() of table.h); elsewhere the
// bytes go as they are.
void speak(Output& out, std::string_view text);
// And a newline.
void speak_line(Output& out, std::string_view text);

}  // namespace limpet::commands
