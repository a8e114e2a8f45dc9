// screen/glyph.h - characters of files as a terminal may have them: what would steer it is shown.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands {

struct Glyph {
    std::size_t bytes = 0;    // of the text
    std::size_t columns = 0;  // 0: an accent on the one before
    std::string shown;
    bool marked = false;  // it stands for something else: ^[ or <9B>
};

// The first character of a text that is not empty, at that column.
Glyph glyph(std::string_view text, std::size_t column, std::size_t tab = 8);
// Bytes of an SGR sequence (colours) at the front; 0 when there is none.
std::size_t colour_length(std::string_view text);

// Where a text is highlighted, in bytes.
struct Mark {
    std::size_t begin, end;
};

struct Style {
    std::size_t width = 80;
    std::size_t tab = 8;
    std::size_t skip = 0;  // columns to the left of the screen; then there is one row only
    bool chop = false;     // one row only
    bool colours = false;  // SGR sequences pass
    bool list = false;     // tabs are ^I and a $ is at the end
};
struct Row {
    std::string shown;
    std::size_t begin = 0;  // its first byte in the text
    std::size_t columns = 0;
};
// A line as the rows of a screen, at most `most` of them. There is always one.
std::vector<Row> rows_of(std::string_view line, const Style& style,
                         const std::vector<Mark>& marks = {}, std::size_t most = 65536);
// The row and column in which the character at that byte begins.
std::pair<std::size_t, std::size_t> place_of(std::string_view line, std::size_t byte,
                                             const Style& style);

inline std::string reversed(std::string_view text) {
    return "\033[7m" + std::string(text) + "\033[m";
}
// One row of at most `width` columns, whatever the text holds.
std::string one_row(std::string_view text, std::size_t width);

}  // namespace limpet::commands
