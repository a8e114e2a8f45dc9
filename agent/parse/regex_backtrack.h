// parse/regex_backtrack.h - where the groups of a match are, and back references: by trying.
#pragma once

#include "limpet/result.h"
#include "parse/regex_program.h"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

namespace limpet::parse::regex {

class Backtrack {
public:
    // Steps of one search; a hostile line under back references would take for ever.
    static constexpr std::size_t step_limit = 20'000'000;
    using Spans = std::vector<std::pair<std::size_t, std::size_t>>;

    Backtrack(const Program& program, const Tree& tree, bool ignore_case);
    // A match from `begin` to `end`, or without an end the longest from there: the whole and its
    // groups, npos for those without a part.
    Result<std::optional<Spans>> run(std::string_view line, std::size_t begin,
                                     std::optional<std::size_t> end);

private:
    struct Task {
        enum class Kind : std::uint8_t { go, restore_slot, restore_visit } kind;
        std::uint32_t place;  // instruction or slot
        std::size_t at;       // position or old value
    };
    void advance(std::uint32_t place, std::size_t at);
    [[nodiscard]] std::optional<std::size_t> repeat_group(std::uint32_t group,
                                                          std::size_t at) const;
    bool accept(std::size_t at);

    const Program& program_;
    bool back_references_;
    bool ignore_case_;
    std::string_view line_;
    std::optional<std::size_t> end_;
    std::vector<std::size_t> slots_, best_;
    std::size_t best_end_ = 0;
    bool found_ = false;
    std::vector<Task> tasks_;
    std::vector<std::size_t> visits_;  // per instruction: where this path was at it last
    std::vector<bool> tried_;          // instruction and position, without back references
    std::size_t first_ = 0;
    std::size_t steps_ = 0;
};

}  // namespace limpet::parse::regex
