// shell/expand.h - words to what a command gets, XCU 2.6.
//
// All return false when something was wrong: it has been reported and shell.flow is set.
#pragma once

#include "shell/ast.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::shell {

struct Shell;

// With field splitting and pathname expansion: appends the fields.
bool expand_fields(Shell& shell, const Word& word, std::vector<std::string>& fields);
// As one text: assignments, redirections, here-documents.
bool expand_text(Shell& shell, const Word& word, std::string& text);
// As a pattern in which quoted characters are escaped.
bool expand_pattern(Shell& shell, const Word& word, std::string& pattern);

// The paths that match, sorted; nothing is appended and false returned when none does.
bool glob(Shell& shell, std::string_view pattern, std::vector<std::string>& paths);

// The output of commands without its trailing newlines.
bool substitute(Shell& shell, const Node* body, std::string& output);

// PS1, PS4: parameters in it expanded.
[[gnu::cold]] std::string expand_prompt(Shell& shell, std::string_view text);
// ~ and ~name; nullopt-like empty when the name is unknown.
[[gnu::cold]] bool home_directory(Shell& shell, std::string_view name, std::string& home);

}  // namespace limpet::shell
