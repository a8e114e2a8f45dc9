// parse/unwind_program.h - the parts of call frame information: bytes, rules, expressions.
#pragma once

#include "parse/unwind.h"

#include <cstring>
#include <vector>

namespace limpet::parse::unwind {

// Numbers off a text, one after the other; `bad` once it ended before them.
struct Bytes {
    std::string_view all;
    std::uint64_t at = 0;
    bool bad = false;

    std::uint64_t take(unsigned size);
    std::int64_t take_signed(unsigned size);
    std::uint64_t uleb();
    std::int64_t sleb();
    std::string_view text();   // up to a zero byte
    std::string_view block();  // a length, and as many bytes
};

struct Rule {
    enum class Kind : std::uint8_t {
        same,
        undefined,
        offset,
        value_offset,
        other,
        expression,
        value_expression
    } kind = Kind::same;
    std::int64_t offset = 0;  // or the number of the other register
    std::string_view expression = {};
};

struct Row {
    std::uint64_t base = stack_pointer;
    std::int64_t offset = 0;
    std::string_view expression = {};  // instead of the two
    std::array<Rule, register_count> rules{};
};

// A DWARF expression over the registers; `cfa` is on its stack at the start, when there is one.
bool evaluate(std::string_view expression,
              const std::array<std::uint64_t, register_count>& registers, const Read& memory,
              std::optional<std::uint64_t> cfa, std::uint64_t& result);

}  // namespace limpet::parse::unwind
