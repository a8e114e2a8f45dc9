// commands/table.h - aligned columns for people; the same rows as JSON lines for programs.
#pragma once

#include "commands/command.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace limpet::commands {

enum class Align { left, right };

struct Column {
    std::string_view field;  // JSON field and, in capitals, the heading
    Align align = Align::left;
    std::string_view heading = {};  // when it differs from the field
};

// A cell: number, text, true/false, null ("-" in the table), or list of texts (space-separated).
using Cell = std::variant<std::monostate, std::int64_t, std::uint64_t, double, bool, std::string,
                          std::vector<std::string>>;

// The cells of a row, one after the other.
class Cells {
public:
    Cells& number(std::int64_t value);
    Cells& count(std::uint64_t value);
    Cells& count(const std::optional<std::uint64_t>& value);
    Cells& text(std::string_view value);
    Cells& texts(std::vector<std::string> values);
    Cells& real(double value);
    Cells& boolean(bool value);
    Cells& nothing();

private:
    friend class Table;
    std::vector<Cell> list_;
};

// Rows are kept until finish() for the widths (at most 100,000; then they are printed as they come
// with the widths so far); with -o json each is printed at once. Control characters in cells are
// shown as \xHH in the table, so that a row is always one line.
class Table {
public:
    Table(Invocation& call, std::vector<Column> columns, bool heading = true);
    // Lines of the table end at this many terminal columns; 0, the default, never.
    void cut(std::size_t width) { cut_ = width; }
    // `colour`, where colours are shown: 1 red, 2 green, 3 yellow; 0 is none.
    void row(std::vector<Cell> cells, char colour = 0);
    // A row for the table alone, for who has 10^5 of them: as it is shown, without control
    // characters, each cell ended by a NUL. The last one may hold what begins a line of its own.
    void shown(std::string_view cells);
    void row(Cells&& cells) { row(std::move(cells.list_)); }
    void finish();

private:
    void print(std::string_view cells);
    Invocation& call_;
    std::vector<Column> columns_;
    std::vector<std::size_t> widths_;
    std::string kept_;  // rows, each of as many cells as there are columns
    std::size_t rows_ = 0;
    std::string line_;
    bool heading_;
    bool json_;
    bool started_ = false;
    std::size_t cut_ = 0;
};

// For one-line cells: control characters (and DEL, C1) as \xHH, a newline as \n, backslash as it
// is.
std::string visible(std::string_view text);
// 1536 -> "1.5K": powers of 1024, at most four characters.
// Rounded up, so that nothing is shown smaller than it is.
std::string human_size(std::uint64_t bytes, std::uint64_t base = 1024);

}  // namespace limpet::commands
