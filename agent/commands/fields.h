// commands/fields.h - one thing in detail: a label and a value on each line.
#pragma once

#include "commands/command.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands {

// "label               value": the value as table cells show it, so that it stays one line.
void field(Invocation& call, std::string_view label, std::string_view value);

// "a b c", or "none".
std::string words_or_none(const std::vector<std::string>& words);

}  // namespace limpet::commands
