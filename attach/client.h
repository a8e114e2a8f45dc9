// client.h - limpet's command line: finds the verb and runs it.
#pragma once

#include <string>
#include <vector>

namespace limpet::attach {

// Arguments without the program's name; returns the exit status (design.md section 2).
int run(const std::vector<std::string>& arguments);

// The arguments that are meant by the name that the program was called by: as kubectl-limpet it is
// `limpet --host kube:`, as kubectl_complete-limpet what kubectl asks for completions.
std::vector<std::string> words_of(int argc, const char* const* argv);

}  // namespace limpet::attach
