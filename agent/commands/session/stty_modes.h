// session/stty_modes.h - the names that stty has for the modes of a terminal.
#pragma once

#include <termios.h>

#include <optional>
#include <string>
#include <string_view>

namespace limpet::commands {

// A setting of one or two words: "echo", "-echo", "intr" with "^C", "evenp". False when the name is
// none; `value` is what follows it, and `used` whether it was taken.
bool change_modes(termios& modes, std::string_view name, std::string_view value, bool& used);
// stty -g, and what that gave as a setting.
std::string saved_modes(const termios& modes);
bool restore_modes(termios& modes, std::string_view saved);
// All of them, or those that differ from what `stty sane` sets.
std::string modes_text(const termios& modes, bool all);
std::optional<unsigned long> speed_of(speed_t code);

}  // namespace limpet::commands
