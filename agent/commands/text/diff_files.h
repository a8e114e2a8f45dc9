// diff_files.h - two files, or two trees of them.
#pragma once

#include "commands/text/diff_text.h"

#include <sys/stat.h>
#include <array>

namespace limpet::commands::diff {

// One side of a comparison.
struct Side {
    std::string name;
    std::optional<struct statx> status = {};  // nothing: absent, which -N takes for empty
    std::optional<Input> input = {};
};
using Sides = std::array<Side, 2>;

// What files() and trees() come to; trouble is complained about where it is met.
enum class Outcome { same = 0, different = 1, trouble = 2 };

// Of two regular files or streams, both open where they are there. `in_tree`: with the line that
// says which files of two trees these are.
Outcome files(Invocation& call, const Style& style, Sides& sides, bool in_tree);

// With -o json: what came of two paths, of which the empty one is not there.
void tell_json(Invocation& call, std::string_view result, std::string_view first,
               std::string_view second);

// "File a is a directory while file b is a fifo"
void kinds_differ(Invocation& call, const Sides& sides);

// Of two directories by their names, one of which may be absent.
Outcome trees(Invocation& call, const Style& style, const Sides& sides);

// "dir" and "name" as diff shows them: one slash between them unless there is one.
std::string joined(std::string_view directory, std::string_view name);

inline Outcome worse(Outcome one, Outcome other) { return std::max(one, other); }

}  // namespace limpet::commands::diff
