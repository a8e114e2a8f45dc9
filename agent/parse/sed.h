// parse/sed.h - scripts of sed, POSIX sed with what GNU's is used for beyond it.
#pragma once

#include "limpet/result.h"
#include "parse/regex.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse::sed {

struct Address {
    enum class Kind : std::uint8_t {
        none,
        line,      // N; 0 only as the first of two, the second an expression
        last,      // $
        match,     // /RE/, \cREc; null: the last one used
        step,      // FIRST~STEP
        relative,  // ,+N
        multiple,  // ,~N
    };
    Kind kind = Kind::none;
    std::uint64_t number = 0;
    std::uint64_t step = 0;
    std::shared_ptr<Regex> regex;
};

// A part of what s puts in place of a match.
struct Piece {
    enum class Kind : std::uint8_t { literal, group, upper, lower, upper_one, lower_one, as_is };
    Kind kind = Kind::literal;
    std::string text;
    std::size_t group = 0;
};

struct Substitution {
    std::shared_ptr<Regex> regex;  // null: the last one used
    std::vector<Piece> pieces;
    std::size_t which = 1;  // the first match to be replaced
    bool all = false;       // and those after it
    bool print = false;
};

struct Command {
    Address first, second;
    bool negated = false;
    char name = 0;
    std::string text;                 // of a i c; file of r; label
    std::uint64_t number = 0;         // exit status of q Q, width of l
    std::size_t target = 0;           // where b t T { go: an index of the commands
    std::optional<std::size_t> file;  // of w and s///w: an index of the files
    Substitution substitution;
    std::vector<std::pair<std::string, std::string>> map;  // of y
};

struct Script {
    std::vector<Command> commands;
    std::vector<std::string> files;  // that are written
    bool quiet = false;              // it begins with #n
};

// `text`: the parts of -e and -f, joined by newlines. The error names the command by its number.
Result<Script> parse(std::string_view text, bool extended);

}  // namespace limpet::parse::sed
