// find_expression.h - the words after the paths of find as one question to each file.
#pragma once

#include "commands/command.h"
#include "commands/names.h"
#include "commands/walk.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace limpet::commands::find_command {

using Test = std::function<bool(Visit&)>;

// Files that wait for one run of -exec COMMAND {} +
struct Batch {
    std::vector<std::string> words;
    std::vector<std::string> paths;
    std::size_t bytes = 0;
};

struct State {
    explicit State(Invocation& invocation) : call(invocation), names(invocation.target) {}
    Invocation& call;
    Names names;
    std::int64_t now = 0;
    bool depth_first = false, one_filesystem = false;
    std::size_t least_depth = 0, most_depth = SIZE_MAX;
    bool acts = false;  // some action: then nothing is printed by default
    // Of the file at hand.
    bool prune = false, quit = false;
    std::string operand;
    std::vector<std::unique_ptr<Batch>> batches;
};

Result<Test> parse(State& state, std::span<const std::string> words);

// Actions (find_actions.cpp).
void print(State& state, Visit& visit, char terminator);
Test printf_action(State& state, std::string format);
Test ls_action(State& state);
Test json_action(State& state);
Test delete_action(State& state);
Test exec_action(State& state, std::vector<std::string> words, bool in_directory);
Test batch_action(State& state, std::vector<std::string> words);
void run_batch(State& state, Batch& batch);

// A file without bytes, a directory without entries.
bool is_empty(State& state, Visit& visit);
// "f", "d", "l": the letter of -type.
char type_letter(unsigned char type);

}  // namespace limpet::commands::find_command
