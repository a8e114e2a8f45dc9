// screen/vi_buffer.h - the text that vi edits, and how it came to be: undo and redo.
#pragma once

#include <compare>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands::vi {

struct Position {
    std::size_t line = 0, byte = 0;
    auto operator<=>(const Position&) const = default;
};

using Lines = std::vector<std::string>;

// There is always a line. Bytes are kept as they are, whatever they are.
class Buffer {
public:
    Buffer() : lines_(1) {}
    void load(std::string_view text);
    // What is written: without a last newline when it was read without one.
    [[nodiscard]] std::string text(std::size_t first, std::size_t count) const;
    [[nodiscard]] std::size_t size() const { return lines_.size(); }
    [[nodiscard]] const std::string& line(std::size_t index) const { return lines_[index]; }
    [[nodiscard]] std::size_t last() const { return lines_.size() - 1; }
    [[nodiscard]] bool empty() const { return empty_; }
    [[nodiscard]] bool ends_with_newline() const { return newline_; }

    // Every change is lines in the place of lines.
    void replace(std::size_t first, std::size_t count, Lines lines);
    void set_line(std::size_t index, std::string line);
    // Returns where the text ends.
    Position insert(Position at, std::string_view text);
    // [from, to), which may span lines.
    std::string erase(Position from, Position to);
    [[nodiscard]] std::string between(Position from, Position to) const;

    // What follows is undone apart from what went before.
    void close_change() { open_ = false; }
    // Where the change was.
    std::optional<Position> undo() { return swap(undone_, redone_); }
    std::optional<Position> redo() { return swap(redone_, undone_); }
    [[nodiscard]] bool modified() const { return changes_ != saved_; }
    void saved() { saved_ = changes_; }

private:
    struct Record {
        std::size_t first = 0;
        Lines old;
        std::size_t count = 0;  // of the lines that are there now
    };
    struct Change {
        std::vector<Record> records;
        std::size_t bytes = 0;
        long before = 0;     // changes_ before it
        bool empty = false;  // empty_ before it
    };
    void put(std::size_t first, std::size_t count, Lines lines);
    std::optional<Position> swap(std::deque<Change>& from, std::deque<Change>& to);

    Lines lines_;
    bool newline_ = true, empty_ = true, open_ = false;
    std::deque<Change> undone_, redone_;
    long changes_ = 0, saved_ = 0, next_ = 0;
};

}  // namespace limpet::commands::vi
