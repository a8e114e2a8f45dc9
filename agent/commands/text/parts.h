// parts.h - what head and tail share: a part of each file, under its name when there are several.
#pragma once

#include "commands/command.h"

#include <functional>

namespace limpet::commands {

// Several files, or -v; never with -q. The last of the two counts.
bool wants_headings(const Invocation& call);
void print_heading(Output& out, std::string_view name, bool first);

struct Parts {
    std::function<Result<>(const std::string& name, Input& input)> show;
    // After the complaint about a file that cannot be opened; may be empty.
    std::function<void(const std::string& name)> missing;
};
// Each operand, standard input without one.
void show_parts(Invocation& call, const Parts& parts);

}  // namespace limpet::commands
