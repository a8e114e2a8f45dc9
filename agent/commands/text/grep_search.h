// grep_search.h - one file after another is searched for lines, and they are printed.
#pragma once

#include "commands/command.h"
#include "parse/regex.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::commands::grep {

struct Style {
    bool invert = false, numbers = false, count = false, list = false, list_without = false;
    bool quiet = false, silent = false, only = false, offsets = false, text = false;
    bool skip_binary = false, null_after_name = false, colour = false, json = false, flush = false;
    std::size_t before = 0, after = 0;
    bool context = false;  // either was asked for, be it 0
    std::size_t most = SIZE_MAX;
    std::string label = {};
    bool tab = false;  // -T
    std::optional<std::string> group_separator = "--";
    // Are the lines themselves printed?
    [[nodiscard]] bool prints() const { return !count && !list && !list_without && !quiet; }
};

class Search {
public:
    Search(Invocation& call, const Style& style, std::optional<parse::Regex>& regex,
           char terminator);
    void show_names(bool shown) { names_ = shown; }
    [[nodiscard]] std::string_view standard_input() const {
        return style_.label.empty() ? std::string_view("(standard input)") : style_.label;
    }
    // False when the answer is known and nothing more is to be read (-q).
    bool file(BorrowedFd fd, std::string_view name, bool on_target);
    void problem(const Error& error);
    [[nodiscard]] bool selected() const { return selected_; }
    [[nodiscard]] bool failed() const { return failed_; }

private:
    // Reads on until there is a whole line, or the end; false at the end or on an error.
    bool fill(BorrowedFd fd, bool on_target);
    void keep_context();
    // Searches the whole lines that are there; false when the file is done.
    bool search(std::size_t end);
    bool select(std::size_t begin, std::size_t end);
    bool select_block(std::size_t begin, std::size_t end);
    void context_after(std::size_t begin, std::size_t end);
    void print_before(std::size_t begin);
    void print_line(std::size_t begin, std::size_t end, char separator);
    void print_matches(std::size_t begin, std::size_t end);
    void print_coloured(std::string_view line);
    void prefix(std::size_t begin, char separator, std::size_t offset);
    void json(std::size_t begin, std::size_t end);
    std::uint64_t line_number(std::size_t begin);
    [[nodiscard]] std::size_t line_end(std::size_t at, std::size_t end) const;
    [[nodiscard]] std::size_t line_begin(std::size_t at) const;
    [[nodiscard]] std::string_view bytes(std::size_t begin, std::size_t end) const {
        return std::string_view(buffer_).substr(begin, end - begin);
    }
    void report(std::string_view name);
    void coloured(std::string_view text, std::string_view colour);
    void give_back(BorrowedFd fd);
    [[nodiscard]] std::size_t unprinted_from() const {
        return printed_ > base_ ? static_cast<std::size_t>(printed_ - base_) : 0;
    }

    Invocation& call_;
    const Style& style_;
    std::optional<parse::Regex>& regex_;
    char terminator_;
    bool names_ = false;
    bool selected_ = false, failed_ = false;

    // Of the file at hand.
    std::string_view name_;
    std::string shown_;              // as it goes to the output
    std::string buffer_;             // its size is its capacity
    std::size_t used_ = 0;           // bytes of it that were read
    std::size_t at_ = 0;             // searched up to here
    std::uint64_t printed_ = 0;      // printed up to here, as an offset in the file
    std::uint64_t selected_to_ = 0;  // the last selected line ends there
    std::uint64_t base_ = 0;         // offset in the file of the buffer's first byte
    std::uint64_t read_limit_ = UINT64_MAX;
    std::size_t counted_ = 0;     // newlines were counted up to here
    std::uint64_t lines_ = 0;     // that many
    std::size_t found_ = 0;       // lines selected
    std::size_t after_left_ = 0;  // lines of context still to print
    bool separate_ = false;       // something was printed before: "--" comes between
    bool printed_any_ = false;
    bool binary_ = false;
    bool at_end_ = false;
    bool added_ = false;  // the last line had no terminator
};

}  // namespace limpet::commands::grep
