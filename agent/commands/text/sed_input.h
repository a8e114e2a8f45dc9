// sed_input.h - sed's script, the lines of all of its files as one stream, and its outputs.
#pragma once

#include "commands/command.h"

#include <deque>

namespace limpet::commands::sed {

// The script from -e and -f, joined by newlines; without them the first operand, which is taken
// away.
Result<std::string> script_of(Invocation& call);

struct Line {
    std::string text;
    bool ended = true;  // by a newline: the very last one may have none
};

// Looks ahead only when it is asked whether a line is the last, so that lines of a pipe are worked
// on as they come.
class Lines {
public:
    Lines(Invocation& call, bool separate, char terminator)
        : call_(call), separate_(separate), terminator_(terminator) {}
    std::optional<Line> next();
    // Whether no line follows the one that next() gave.
    bool last();
    [[nodiscard]] std::uint64_t number() const { return number_; }
    [[nodiscard]] const std::string& file() const { return file_; }

private:
    std::optional<Line> read();
    bool open_next();
    Invocation& call_;
    bool separate_;  // -s: every file has a last line
    char terminator_;
    std::size_t at_ = 0;  // the operand to be opened next
    std::optional<Input> input_;
    std::string file_ = "-";
    std::string next_file_;
    std::optional<Line> ahead_;
    bool ahead_in_next_ = false;
    std::uint64_t number_ = 0;
};

// Somewhere to write: a line without a newline gets one as soon as something follows it.
class Sink {
public:
    Sink(Output& out, char terminator) : out_(out), terminator_(terminator) {}
    void line(std::string_view text, bool ended = true);
    void raw(std::string_view text);

private:
    Output& out_;
    char terminator_;
    bool owes_ = false;
};

}  // namespace limpet::commands::sed
