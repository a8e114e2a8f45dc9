// destination.h - where cp, mv, ln and install put what they are given.
#pragma once

#include "commands/command.h"

#include <string>
#include <vector>

namespace limpet::commands {

struct Destination {
    std::vector<std::string> sources;
    std::string path;
    bool directory = false;  // into it, each under its own name

    [[nodiscard]] std::string of(const std::string& source) const;
};

// The last operand, or -t DIRECTORY; with -T never a directory to put things into. An error is a
// misuse.
Result<Destination> destination(const Invocation& call);

// "a/b/" -> "b".
std::string last_name(std::string path);

}  // namespace limpet::commands
