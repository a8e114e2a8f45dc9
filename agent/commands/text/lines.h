// lines.h - what commands that work line by line share.
#pragma once

#include "commands/command.h"

#include <functional>

namespace limpet::commands {

// The next line without its terminator; nullopt at the end.
Result<std::optional<std::string_view>> next_line(Input& input, char terminator = '\n');

// Each operand in turn, standard input without one; complains, naming the file, and goes on.
void each_input(Invocation& call, const std::function<Result<>(Input& input)>& visit);

// Every line of each_input() as `rewritten` makes it, with the newline that it had or had not;
// where that returns false without.
void rewrite_lines(Invocation& call, const std::function<bool(std::string_view line)>& rewritten);

// Two operands, of which one may be "-": comm, join, cmp. False after it complained.
struct Pair {
    std::optional<Input> first, second;
};
bool open_pair(Invocation& call, Pair& pair);

}  // namespace limpet::commands
