// sed_in_place.h - sed -i: each file by itself, replaced when its edit is whole.
#pragma once

#include "commands/command.h"

#include <functional>

namespace limpet::commands::sed {

// `edit` runs with each operand alone as its input and the new file as its output; `first` is false
// from the second on. The highest of its statuses.
int in_place(Invocation& call, const std::function<int(Invocation& one, bool first)>& edit);

}  // namespace limpet::commands::sed
