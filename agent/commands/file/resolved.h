// resolved.h - a path of the target without links, "." and "..".
#pragma once

#include "commands/command.h"

#include <string>

namespace limpet::commands {

enum class Missing {
    refused,   // every part must be there
    last,      // all but the last
    anywhere,  // what is missing is taken as it is written
};

// `path` is absolute in the target.
Result<std::string> resolved(const Invocation& call, const std::string& path, Missing missing,
                             bool links_too = true);

}  // namespace limpet::commands
