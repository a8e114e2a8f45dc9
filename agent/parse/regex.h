// parse/regex.h - regular expressions: POSIX, leftmost-longest, in linear time.
//
// Lines are found by an automaton (regex_automaton.h), places in a line by a reversed one that
// marks where matches begin and one that says how far they go. Only back references, which no
// automaton knows, are tried out step by step, with a bound on the steps.
#pragma once

#include "limpet/result.h"
#include "parse/regex_automaton.h"

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

class Regex {
public:
    struct Flags {
        regex::Syntax syntax = regex::Syntax::basic;
        bool ignore_case = false;
        bool whole_word = false;  // grep -w
        bool whole_line = false;  // grep -x
        char terminator = '\n';
    };
    struct Span {
        std::size_t begin, end;
    };
    // Matches what any of the patterns matches.
    [[gnu::cold]] static Result<Regex> compile(std::span<const std::string> patterns, Flags flags);

    // The first line of `text` with a match: some position in it or at its terminator. `text` is
    // whole lines, each with its terminator.
    Result<std::optional<std::size_t>> find_line(std::string_view text);
    // The leftmost, longest match in a line (without terminator) that begins at `from` or after.
    Result<std::optional<Span>> find(std::string_view line, std::size_t from = 0);
    Result<bool> matches(std::string_view line);
    // The same, and where its groups are; (0,0) of `npos` for a group that took no part.
    Result<std::optional<std::vector<Span>>> groups(std::string_view line, std::size_t from = 0);

private:
    explicit Regex(regex::Tree tree, Flags flags) : tree_(std::move(tree)), flags_(flags) {}
    [[gnu::cold]] Result<> prepare();
    [[gnu::cold]] Result<> prepare_spans();
    [[nodiscard]] std::optional<std::size_t> find_literal(std::string_view text) const;
    std::optional<std::size_t> candidate(std::string_view text);
    Result<std::optional<std::vector<Span>>> backtrack(std::string_view line, std::size_t begin,
                                                       std::optional<std::size_t> end) const;

    regex::Tree tree_;
    Flags flags_;
    regex::Literal literal_;
    std::size_t rare_ = 0;  // the byte of the literal that texts have least
    std::unique_ptr<regex::Automaton> lines_, ends_, starts_, anywhere_;
    std::optional<regex::Program> exact_;  // with groups, for back references
    // Where matches begin in the line that was asked about last.
    std::vector<bool> begins_;
    const char* marked_ = nullptr;
    std::size_t marked_size_ = 0;
};

}  // namespace limpet::parse
