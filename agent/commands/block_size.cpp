// block_size.cpp - amounts of space.
#include "commands/block_size.h"

#include "commands/size.h"
#include "commands/table.h"

namespace limpet::commands {

std::string BlockSize::show(std::uint64_t bytes) const {
    if (human) return human_size(bytes, si ? 1000 : 1024);
    return std::to_string(bytes / unit + (bytes % unit != 0 ? 1 : 0)) + suffix;
}

std::optional<BlockSize> block_size(std::string_view text) {
    if (text == "human-readable") return BlockSize{.human = true};
    if (text == "si") return BlockSize{.human = true, .si = true};
    BlockSize size;
    const bool letter_alone = !text.empty() && (text[0] < '0' || text[0] > '9');
    const auto unit = size_with_unit(letter_alone ? "1" + std::string(text) : std::string(text));
    if (!unit || *unit == 0) return std::nullopt;
    size.unit = *unit;
    if (letter_alone) size.suffix = text;
    return size;
}

}  // namespace limpet::commands
