// shell/candidates.h - where completion finds what a word may become.
#pragma once

#include "shell/complete.h"

#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands {
struct Option;
}

namespace limpet::shell {

// What stands in a place.
enum class Kind : unsigned char {
    paths,
    folders,
    commands,
    variables,
    aliases,
    pids,
    jobs,
    signals,
    formats,
    nothing
};

// Told by the words that help shows.
Kind kind_of(const commands::Option& option);
// Of the operand with that index; `name`: of a command or built-in.
Kind operand_kind(std::string_view name, std::size_t index);

void add_commands(Shell& shell, std::string_view prefix, std::vector<Candidate>& candidates);
void add_variables(Shell& shell, std::string_view prefix, std::vector<Candidate>& candidates);
void add_options(std::string_view name, std::string_view prefix,
                 std::vector<Candidate>& candidates);
void add_signals(std::string_view prefix, std::string_view dash,
                 std::vector<Candidate>& candidates);
// `word` as it is in the target, without quoting.
void add_kind(Shell& shell, Kind kind, const std::string& word, std::vector<Candidate>& candidates);

}  // namespace limpet::shell
