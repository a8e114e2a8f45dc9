// parse/regex_program.h - a tree as a program for a machine that is in many places at once.
#pragma once

#include "parse/regex_syntax.h"

#include <array>
#include <cstdint>
#include <vector>

namespace limpet::parse::regex {

// Instructions of one program: [a-z]{1000}{1000} is refused, not attempted. 4 MiB at most.
inline constexpr std::size_t program_limit = 200'000;

using ByteSet = std::array<std::uint64_t, 4>;
inline bool holds(const ByteSet& set, unsigned byte) { return set[byte >> 6] >> (byte & 63) & 1; }

struct Instruction {
    enum class Kind : std::uint8_t { bytes, split, assertion, save, back_reference, match };
    Kind kind = Kind::match;
    Assertion assertion{};
    std::uint32_t argument = 0;  // set of bytes, slot of save, group of back_reference
    std::uint32_t next = 0;
    std::uint32_t other = 0;  // of split, tried second
};

struct Program {
    std::vector<Instruction> code;
    std::vector<ByteSet> sets;
    std::uint32_t start = 0;
    bool assertions = false;
    bool words = false;  // assertions that look at words
};

struct Purpose {
    bool reversed = false;  // reads the text from its end
    // Keeps groups and back references; without, a back reference matches whatever its group
    // could: more than is right, never less.
    bool captures = false;
};

Result<Program> compile(const Tree& tree, Purpose purpose);

// A text that every match contains; empty when there is none. `whole`: it is all of the match.
struct Literal {
    std::string text;
    bool whole = false;
};
Literal required(const Tree& tree);

}  // namespace limpet::parse::regex
