// fleet.h - one command in many pods at once.
#pragma once

#include "attach/options.h"

#include <string>
#include <string_view>

namespace limpet::attach {

// limpet exec -l SELECTOR [--all] -- CMD...: the operands are the command alone.
int run_in_fleet(const Arguments& arguments);

// A line of output as it is shown: "web-1: text", or with `json` the object with a pod field.
std::string told_by(std::string_view pod, std::string_view line, bool json);

}  // namespace limpet::attach
