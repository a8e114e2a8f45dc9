// block_size.h - how ls, du and df write amounts of space: --block-size, -h, --si.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::commands {

struct BlockSize {
    std::uint64_t unit = 1024;
    std::string suffix = {};  // "K" after each number, when the unit was named by its letter alone
    bool human = false;
    bool si = false;  // with human: powers of 1000
    // Rounded up, as df and du do: what takes space takes some.
    [[nodiscard]] std::string show(std::uint64_t bytes) const;
};

// "1K", "M", "512", "1kB", "human-readable", "si".
std::optional<BlockSize> block_size(std::string_view text);

}  // namespace limpet::commands
