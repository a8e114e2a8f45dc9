// shell/screen.cpp - the edited line on the terminal: nothing but CR, cursor up and right, and
// erase, which every terminal has.
#include "shell/screen.h"

#include "commands/utf8.h"
#include "sys/file.h"

#include <sys/ioctl.h>

#include <algorithm>
#include <vector>

namespace limpet::shell {
namespace {

constexpr std::string_view grey = "\033[90m";
constexpr std::string_view plain = "\033[0m";

struct Row {
    std::string drawn;
    bool full = false;  // what follows is the same line, wrapped
};

// Bytes of an escape sequence at the front, 0 when there is none: ESC [ … letter, ESC ] … BEL or
// ESC \, and the brackets that readline wants around them.
std::size_t escape_length(std::string_view text) {
    if (text.starts_with('\001') || text.starts_with('\002')) return 1;
    if (text.starts_with("\033]")) {
        const auto end = text.find_first_of("\a\\");
        return end == text.npos ? text.size() : end + 1;
    }
    if (!text.starts_with("\033[")) return 0;
    std::size_t length = 2;
    while (length < text.size() && (text[length] < 0x40 || text[length] > 0x7e)) ++length;
    return std::min(length + 1, text.size());
}

class Layout {
public:
    explicit Layout(std::size_t width) : width_(width), rows_(1) {}

    void prompt(std::string_view text) {
        while (!text.empty()) {
            const auto escape = escape_length(text);
            if (escape == 0) {
                next(text);
                continue;
            }
            if (text[0] == '\033') rows_.back().drawn += text.substr(0, escape);
            text.remove_prefix(escape);
        }
    }
    void text(std::string_view text, std::string_view continuation) {
        while (!text.empty()) {
            const bool line_ends = text[0] == '\n';
            next(text);
            if (line_ends) prompt(continuation);
        }
    }
    void raw(std::string_view sequence) { rows_.back().drawn += sequence; }

    [[nodiscard]] std::size_t row() const { return rows_.size() - 1; }
    [[nodiscard]] std::size_t column() const { return column_; }
    [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }

private:
    void next(std::string_view& text);
    void new_row(bool full) {
        rows_.back().full = full;
        rows_.emplace_back();
        column_ = 0;
    }

    std::size_t width_;
    std::vector<Row> rows_;
    std::size_t column_ = 0;
};

// The next character as it looks: a control is ^X, a tab its blanks.
void Layout::next(std::string_view& text) {
    const auto byte = static_cast<unsigned char>(text[0]);
    const auto valid = commands::utf8_length(text);
    const auto piece = text.substr(0, std::max<std::size_t>(1, valid));
    text.remove_prefix(piece.size());
    if (byte == '\n') return new_row(false);
    std::string shown(piece);
    if (byte == '\t') {
        shown = std::string(std::min(8 - column_ % 8, width_ - column_), ' ');
    } else if (byte < 32 || byte == 127) {
        shown = {'^', static_cast<char>(byte ^ 64)};
    } else if (valid == 0 || (byte == 0xc2 && static_cast<unsigned char>(piece[1]) < 0xa0)) {
        shown = "?";
    }
    const auto columns = commands::text_width(shown);
    if (columns == 0 && column_ == 0 && rows_.size() > 1 && rows_[rows_.size() - 2].full) {
        // An accent on the last character of the row above.
        rows_[rows_.size() - 2].drawn += shown;
        return;
    }
    if (column_ + columns > width_) {
        rows_.back().drawn.append(width_ - column_, ' ');
        new_row(true);
    }
    rows_.back().drawn += shown;
    column_ += columns;
    // Terminals differ in where the cursor is behind a full row; in the next one it is clear.
    if (column_ == width_) new_row(true);
}

void move_up(std::string& drawn, std::size_t rows) {
    if (rows > 0) drawn += "\033[" + std::to_string(rows) + "A";
}

winsize window(int fd) {
    winsize size{};
    if (::ioctl(fd, TIOCGWINSZ, &size) != 0) size = {};
    return size;
}

}  // namespace

std::size_t Screen::width() const {
    const auto columns = window(fd_).ws_col;
    return columns == 0 ? 80 : std::max<std::size_t>(columns, 4);
}

std::size_t Screen::height() const {
    const auto rows = window(fd_).ws_row;
    return rows == 0 ? 24 : std::max<std::size_t>(rows, 2);
}

void Screen::put(std::string_view bytes) const { (void)sys::write_all(BorrowedFd(fd_), bytes); }

void Screen::follow_resize(std::size_t width) {
    if (drawn_width_ == 0 || drawn_width_ == width) return;
    Layout layout(width);
    layout.prompt(drawn_prompt_);
    layout.text(drawn_text_, drawn_continuation_);
    row_ = std::min(top_ == 0 ? layout.row() : height(), height() - 1);
}

void Screen::draw(const Picture& picture) {
    const auto columns = width();
    const auto room = height();
    follow_resize(columns);
    Layout layout(columns);
    layout.prompt(picture.prompt);
    layout.text(picture.text.substr(0, picture.cursor), picture.continuation);
    const auto row = layout.row();
    const auto column = layout.column();
    layout.text(picture.text.substr(picture.cursor), picture.continuation);
    if (!picture.suggestion.empty()) {
        layout.raw(grey);
        layout.text(picture.suggestion, {});
        layout.raw(plain);
    }
    const auto& rows = layout.rows();
    if (rows.size() <= room) top_ = 0;
    top_ = std::min(top_, row);
    if (row >= top_ + room) top_ = row - room + 1;
    const auto bottom = std::min(rows.size(), top_ + room);

    std::string drawn;
    move_up(drawn, row_);
    drawn += "\r\033[J";
    for (auto i = top_; i < bottom; ++i) {
        drawn += rows[i].drawn;
        // A character behind the last column wraps: so the terminal knows that it is one line.
        if (i + 1 < bottom) drawn += rows[i].full ? " \r\033[K" : "\r\n";
    }
    move_up(drawn, bottom - 1 - row);
    drawn += '\r';
    if (column > 0) drawn += "\033[" + std::to_string(column) + "C";
    put(drawn);

    row_ = row - top_;
    drawn_width_ = columns;
    drawn_prompt_ = picture.prompt;
    drawn_continuation_ = picture.continuation;
    drawn_text_ = picture.text.substr(0, picture.cursor);
}

void Screen::leave(Picture picture) {
    picture.cursor = picture.text.size();
    picture.suggestion = {};
    draw(picture);
    put("\r\n");
    forget();
}

void Screen::erase() {
    follow_resize(width());
    std::string drawn;
    move_up(drawn, row_);
    put(drawn + "\r\033[J");
    forget();
}

void Screen::clear() {
    put("\033[H\033[2J");
    forget();
}

}  // namespace limpet::shell
