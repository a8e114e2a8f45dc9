// screen/vi_view.cpp - the part of the text that is on the screen.
#include "commands/file/shown.h"
#include "commands/screen/vi.h"
#include "commands/utf8.h"

#include <algorithm>

namespace limpet::commands::vi {
namespace {

constexpr std::size_t number_columns = 8;

}  // namespace

Style Vi::style() const {
    const auto gutter = set_.numbers && screen_.width() > number_columns + 4 ? number_columns : 0;
    return {.width = screen_.width() - gutter, .tab = set_.tab, .list = set_.list};
}

std::size_t Vi::height_of(std::size_t line) const {
    return rows_of(text_.line(line), style()).size();
}

std::size_t Vi::column_of(Position at) const {
    const auto& line = text_.line(at.line);
    std::size_t column = 0;
    for (std::size_t byte = 0; byte < at.byte && byte < line.size();) {
        const auto next =
            glyph(std::string_view(line).substr(byte), column, set_.list ? 0 : set_.tab);
        column += next.columns;
        byte += next.bytes;
    }
    return column;
}

std::size_t Vi::byte_at(std::size_t number, std::size_t column) const {
    const auto& line = text_.line(number);
    std::size_t at = 0;
    for (std::size_t byte = 0; byte < line.size();) {
        const auto next = glyph(std::string_view(line).substr(byte), at, set_.list ? 0 : set_.tab);
        if (at + next.columns > column) return byte;
        at += next.columns;
        byte = after(line, byte);
    }
    return last_place(line);
}

// The rows around the cursor: near the old ones they stay, else it comes to the middle.
void Vi::show_cursor() {
    const auto row = place_of(text_.line(cursor_.line), cursor_.byte, style()).first;
    top_ = std::min(top_, text_.last());
    if (cursor_.line != top_) top_row_ = 0;
    if (cursor_.line < top_) {
        const bool near = top_ - cursor_.line < room();
        top_ = cursor_.line;
        if (!near) {
            for (std::size_t rows = height_of(top_); top_ > 0 && rows < room() / 2; --top_) {
                rows += height_of(top_ - 1);
            }
        }
        return;
    }
    if (cursor_.line == top_) {
        top_row_ = std::min(top_row_, row);
        if (row >= top_row_ + room()) top_row_ = row - room() + 1;
        return;
    }
    // From the cursor up, as much as fits; a jump puts it into the middle.
    std::size_t rows = row + 1;
    auto line = cursor_.line;
    while (line > top_ && rows <= room()) rows += height_of(--line);
    if (line == top_ && rows <= room()) return;
    const bool far = line > top_ + room();
    const auto wanted = far ? room() / 2 : room();
    rows = row + 1;
    top_ = cursor_.line;
    while (top_ > 0 && rows + height_of(top_ - 1) <= wanted) rows += height_of(--top_);
    if (top_ == cursor_.line && row >= room()) top_row_ = row - room() + 1;
}

std::string Vi::status() const {
    const auto width = screen_.width() - 1;
    auto left = message_.empty() ? mode_ : message_;
    if (!message_.empty() || width < 40) return one_row(left, width);
    const auto place = std::to_string(cursor_.line + 1) + "," +
                       std::to_string(column_of(cursor_) + 1) + "  " +
                       std::to_string((cursor_.line + 1) * 100 / text_.size()) + "%";
    left = one_row(left, width - 24);
    return left + std::string(width - 18 - text_width(left), ' ') + one_row(place, 18);
}

void Vi::draw() {
    show_cursor();
    Frame frame;
    const auto look = style();
    const bool gutter = look.width < screen_.width();
    auto skip = top_row_;
    bool placed = false;
    std::pair<Position, Position> chosen;
    if (visual_from_) chosen = std::minmax(*visual_from_, cursor_);
    for (auto number = top_; number < text_.size() && frame.rows.size() < room(); ++number) {
        const auto& line = text_.line(number);
        std::vector<Mark> marks;
        if (visual_from_ && number >= chosen.first.line && number <= chosen.second.line) {
            const bool first = number == chosen.first.line && !visual_lines_;
            const bool last = number == chosen.second.line && !visual_lines_;
            marks.push_back({first ? chosen.first.byte : 0,
                             last ? after(line, chosen.second.byte) : line.size()});
        }
        const auto rows = rows_of(line, look, marks, skip + room());
        if (number == cursor_.line) {
            const auto [row, column] = place_of(line, cursor_.byte, look);
            frame.row = frame.rows.size() + row - std::min(row, skip);
            frame.column = column + (gutter ? number_columns : 0);
            placed = true;
        }
        // A line that does not fit is not shown in part, but for the one with the cursor.
        if (rows.size() > skip + room() - frame.rows.size() && number > cursor_.line) {
            while (frame.rows.size() < room()) frame.rows.emplace_back("@");
            break;
        }
        for (auto i = skip; i < rows.size() && frame.rows.size() < room(); ++i) {
            std::string before;
            if (gutter) {
                if (i == 0) before = std::to_string(number + 1) + ' ';
                before.insert(0, number_columns - std::min(number_columns, before.size()), ' ');
            }
            frame.rows.push_back(before + rows[i].shown);
        }
        skip = 0;
    }
    if (!placed) frame.row = frame.column = 0;
    while (frame.rows.size() <= frame.row) frame.rows.emplace_back();
    while (frame.rows.size() < room()) frame.rows.emplace_back("~");
    frame.rows.resize(room());
    frame.row = std::min(frame.row, room() - 1);
    frame.column = std::min(frame.column, screen_.width() - 1);
    frame.rows.push_back(status());
    screen_.draw(frame);
    shown_ = std::move(frame);
}

void Vi::scroll(std::size_t lines, bool down) {
    top_row_ = 0;
    if (down) {
        top_ = std::min(top_ + lines, text_.last());
        cursor_.line = std::max(cursor_.line, top_);
        return;
    }
    top_ -= std::min(top_, lines);
    std::size_t rows = 0;
    auto bottom = top_;
    while (bottom < text_.last() && rows + height_of(bottom) <= room()) rows += height_of(bottom++);
    if (rows + height_of(bottom) > room() && bottom > top_) --bottom;
    cursor_.line = std::min(cursor_.line, bottom);
}

// The next key: of what is repeated, or of the person, who sees the text before it.
int Vi::key() {
    if (!replayed_.empty()) {
        const int next = replayed_.front();
        replayed_.pop_front();
        return next;
    }
    // What was to be repeated has ended in the middle of a command.
    if (replaying_) return key::escape;
    for (;;) {
        if (!screen_.typed_ahead()) draw();
        const int got = screen_.key();
        if (got == key::resized || got == key::none || got == key::ready) continue;
        if (got == key::ended) done_ = true;
        keys_.push_back(got);
        return got == key::ended ? static_cast<int>(key::escape) : got;
    }
}

// For f, r and their like: a character may be several bytes.
std::string Vi::character() {
    const int got = key();
    if (got == key::escape || got > 255) return {};
    std::string bytes(1, static_cast<char>(got == '\r' ? '\n' : got));
    const std::size_t length = got >= 0xF0 ? 4 : got >= 0xE0 ? 3 : got >= 0xC2 ? 2 : 1;
    while (bytes.size() < length) {
        const int next = key();
        if (next < 0x80 || next > 0xBF) break;
        bytes += static_cast<char>(next);
    }
    return bytes;
}

}  // namespace limpet::commands::vi
