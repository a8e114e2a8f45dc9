// parse/number.h - whole words as numbers.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace limpet::parse {

// The whole of `word` as an integer of that type and base; nullopt for anything else or an
// overflow.
template <typename Integer>
std::optional<Integer> number(std::string_view word, int base = 10) {
    Integer value{};
    const auto* end = word.data() + word.size();
    const auto [at, problem] = std::from_chars(word.data(), end, value, base);
    if (problem != std::errc{} || at != end || word.empty()) return std::nullopt;
    return value;
}

}  // namespace limpet::parse
