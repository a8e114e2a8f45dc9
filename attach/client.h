// client.h - limpet's command line: finds the verb and runs it.
#pragma once

#include <string>
#include <vector>

namespace limpet::attach {

// Arguments without the program's name; returns the exit status (design.md section 2).
int run(const std::vector<std::string>& arguments);

}  // namespace limpet::attach
