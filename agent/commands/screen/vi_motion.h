// screen/vi_motion.h - where the keys of vi lead in a text.
#pragma once

#include "commands/screen/vi_buffer.h"

#include <optional>

namespace limpet::commands::vi {

// The character behind, and before, with the accents that stand on them.
std::size_t after(std::string_view line, std::size_t byte);
std::size_t before(std::string_view line, std::size_t byte);
std::size_t first_filled(std::string_view line);
// The last byte that a cursor can stand on.
std::size_t last_place(std::string_view line);

// `big`: parted by blanks alone. The results may lie behind the end of the last line.
Position word_on(const Buffer& text, Position at, bool big);
Position word_back(const Buffer& text, Position at, bool big);
Position word_end(const Buffer& text, Position at, bool big);
Position paragraph(const Buffer& text, Position at, bool forward);
Position sentence(const Buffer& text, Position at, bool forward);
std::optional<Position> bracket(const Buffer& text, Position at);
// f F t T
struct Find {
    char kind = 0;
    std::string character;
};
std::optional<std::size_t> find_in_line(std::string_view line, std::size_t at, const Find& find,
                                        std::size_t count, bool again);
// iw aw i" a( and their like: [first, second).
std::optional<std::pair<Position, Position>> object(const Buffer& text, Position at, bool around,
                                                    int kind);

}  // namespace limpet::commands::vi
