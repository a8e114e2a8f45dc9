// shell/beginnings.h - finds texts in a small table by their first byte.
#pragma once

#include <array>
#include <cstdint>
#include <iterator>
#include <string_view>

namespace limpet::shell {

// By a first byte: the first of the rows whose texts begin with it; their number where none does.
// Rows that begin alike stand beside one another.
template <typename Rows, typename Row>
constexpr std::array<std::uint8_t, 256> beginnings(const Rows& rows, std::string_view Row::* text) {
    std::array<std::uint8_t, 256> first{};
    first.fill(static_cast<std::uint8_t>(std::size(rows)));
    for (std::size_t i = std::size(rows); i-- > 0;) {
        first[static_cast<unsigned char>((rows[i].*text)[0])] = static_cast<std::uint8_t>(i);
    }
    return first;
}

}  // namespace limpet::shell
