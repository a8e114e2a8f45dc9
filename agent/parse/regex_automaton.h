// parse/regex_automaton.h - a program as a deterministic automaton whose states are made when the
// text first needs them: one table look-up a byte, whatever the expression is.
#pragma once

#include "parse/regex_program.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace limpet::parse::regex {

// What stands beside a position: assertions look at it.
enum class Side : std::uint8_t { edge, other, word };

inline Side side_of(unsigned char byte) {
    const bool word = (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
                      (byte >= 'a' && byte <= 'z') || byte == '_';
    return word ? Side::word : Side::other;
}

// Whether the assertion holds between these two.
bool holds_between(Assertion assertion, Side left, Side right);

class Automaton {
public:
    struct Way {
        bool anywhere = false;  // a match may begin at every position, not only at the first
        bool reversed = false;  // the program is; `text` is read from its end
        std::optional<char> terminator = {};  // ends a line, for find_line()
    };
    [[gnu::cold]] Automaton(Program program, Way way);

    // Where the first line with a match has its match or its end: some byte of that line, or its
    // terminator. `text` is whole lines.
    std::optional<std::size_t> find_line(std::string_view text);
    // Whether there is a match anywhere in the line; not reversed.
    bool any(std::string_view line);
    // Of matches that begin at `from`: the end of the longest.
    std::optional<std::size_t> longest(std::string_view line, std::size_t from);
    // Reversed: calls mark(position) for every position where a match begins.
    template <typename Mark>
    void starts(std::string_view line, Mark mark);

private:
    using Id = std::uint32_t;
    // States are numbered by where their row of the table begins; flagged ones have the top bit.
    static constexpr Id flagged = 0x8000'0000;
    static constexpr Id unknown = 0xFFFF'FFFF;
    static constexpr std::size_t table_limit = 2 * 1024 * 1024;   // entries: 8 MiB
    static constexpr std::size_t places_limit = 4 * 1024 * 1024;  // of all states: 16 MiB

    struct State {
        std::vector<std::uint32_t> places;
        Side before = Side::edge;
        bool match_here = false;    // a match ends where this state stands
        bool match_before = false;  // one ended before the byte that led here
        bool dead = false;
    };

    [[gnu::cold]] void classify_bytes();
    void close(std::uint32_t place, std::vector<std::uint32_t>& into, const State* at, Side next);
    Id intern(State state);
    Id start(Side before);
    Id step(Id id, std::uint32_t symbol);
    [[nodiscard]] const State& state(Id id) const { return states_[(id & ~flagged) / width_]; }
    void forget();

    Program program_;
    Way way_;
    std::array<std::uint16_t, 256> class_{};
    std::vector<unsigned char> sample_;  // a byte of each class
    std::uint32_t end_ = 0;              // the class that stands for the end of the text
    std::uint32_t width_ = 0;
    std::vector<Id> table_;
    std::vector<State> states_;
    std::size_t places_held_ = 0;
    std::unordered_map<std::string, Id> known_;
    std::array<Id, 3> starts_{};
    std::vector<std::uint32_t> mark_;  // per instruction: the generation that has it
    std::uint32_t generation_ = 0;
    std::vector<std::uint32_t> stack_;
};

template <typename Mark>
void Automaton::starts(std::string_view line, Mark mark) {
    Id at = start(Side::edge);
    if (state(at).match_here) mark(line.size());
    for (std::size_t i = line.size(); i-- > 0;) {
        const auto symbol = class_[static_cast<unsigned char>(line[i])];
        Id next = table_[(at & ~flagged) + symbol];
        if (next == unknown) next = step(at, symbol);
        at = next;
        if (!(at & flagged)) continue;
        const auto& reached = state(at);
        if (reached.match_before) mark(i + 1);
        if (reached.match_here) mark(i);
    }
    Id last = table_[(at & ~flagged) + end_];
    if (last == unknown) last = step(at, end_);
    if ((last & flagged) && state(last).match_before) mark(std::size_t{0});
}

}  // namespace limpet::parse::regex
