// options.h - words of the command line, told apart by a table of options.
//
// A table, so that the help, the completion and the parser cannot disagree.
#pragma once

#include "limpet/result.h"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::attach {

struct Option {
    char letter = 0;            // 'a', or 0 for a long name only
    std::string_view name;      // "all", or empty
    std::string_view argument;  // "S", or empty when it takes none
    std::string_view help;
};

// Accepted before and after every verb.
inline constexpr Option global_options[] = {
    {0, "host", "HOST", "where the agent is: local (default) or unix:PATH; else $LIMPET_HOST"},
    {'o', "output", "FORMAT", "json, where a verb prints data"},
    {0, "no-color", "", "ask the session's commands for no colours"},
    {'v', "verbose", "", "say which agent is asked, and how the session went"},
    {'q', "quiet", "", "no notes, only errors"},
    {'h', "help", "", "this text"},
};

struct Arguments {
    struct Given {
        const Option* option;
        std::string value;
    };
    std::vector<Given> given;
    std::vector<std::string> operands;

    [[nodiscard]] bool has(std::string_view name) const { return value(name).has_value(); }
    // The last one's.
    [[nodiscard]] std::optional<std::string_view> value(std::string_view name) const;
};

// How far the options reach.
enum class Reach {
    everywhere,   // options and operands in any order, `--` ends the options
    first_word,   // the first operand ends them: what follows has options of its own
    second_word,  // the second does; a `--` between the two is dropped: TARGET [--] CMD...
};

// Adds to `arguments`, which hold what stood before the verb.
Result<> parse_options(std::span<const Option> options, std::span<const std::string> words,
                       Reach reach, Arguments& arguments);

}  // namespace limpet::attach
