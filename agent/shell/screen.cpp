// shell/screen.cpp - the edited line on the terminal: nothing but CR, cursor up and erase below,
// which every terminal has.
#include "shell/screen.h"

#include "commands/utf8.h"
#include "sys/file.h"

#include <sys/ioctl.h>

#include <algorithm>

namespace limpet::shell {
namespace {

struct Place {
    std::size_t row = 0;
    std::size_t column = 0;
};

// Bytes of an escape sequence at the front, 0 when there is none.
std::size_t escape_length(std::string_view text) {
    if (!text.starts_with("\033[")) return 0;
    std::size_t length = 2;
    while (length < text.size() && (text[length] < 0x40 || text[length] > 0x7e)) ++length;
    return std::min(length + 1, text.size());
}

// How a character looks, and how many bytes it took; a control is ^X.
std::string_view next(std::string_view text, std::string& shown, std::size_t& columns) {
    const auto byte = static_cast<unsigned char>(text[0]);
    auto length = std::max<std::size_t>(1, commands::utf8_length(text));
    const auto piece = text.substr(0, length);
    if (byte < 32 || byte == 127) {
        shown = {'^', static_cast<char>(byte ^ 64)};
        columns = 2;
    } else if (byte >= 0x80 && commands::utf8_length(text) == 0) {
        shown = "?";
        columns = 1;
    } else {
        shown = piece;
        columns = commands::text_width(piece);
    }
    return piece;
}

// Appends the text as drawn and moves `place` along. `raw`: a prompt, whose escapes are its own.
void lay_out(std::string_view text, std::size_t width, bool raw, Place& place, std::string& drawn) {
    std::string shown;
    while (!text.empty()) {
        if (const auto escape = raw ? escape_length(text) : 0; escape > 0) {
            drawn += text.substr(0, escape);
            text.remove_prefix(escape);
            continue;
        }
        if (text[0] == '\n') {
            drawn += "\r\n";
            place = {place.row + 1, 0};
            text.remove_prefix(1);
            continue;
        }
        std::size_t columns = 0;
        text.remove_prefix(next(text, shown, columns).size());
        if (place.column + columns > width) place = {place.row + 1, 0};
        place.column += columns;
        drawn += shown;
        if (place.column == width) {
            // Terminals differ in where the cursor is now; this settles it.
            drawn += " \r\033[K";
            place = {place.row + 1, 0};
        }
    }
}

void move_up(std::string& drawn, std::size_t rows) {
    if (rows > 0) drawn += "\033[" + std::to_string(rows) + "A";
}

}  // namespace

std::size_t Screen::width() const {
    winsize size{};
    if (::ioctl(fd_, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
    return std::max<std::size_t>(size.ws_col, 4);
}

void Screen::put(std::string_view bytes) const { (void)sys::write_all(BorrowedFd(fd_), bytes); }

void Screen::draw(std::string_view prompt, std::string_view text, std::size_t cursor) {
    const auto columns = width();
    std::string drawn;
    move_up(drawn, row_);
    drawn += "\r\033[J";
    Place place;
    lay_out(prompt, columns, true, place, drawn);
    lay_out(text.substr(0, cursor), columns, false, place, drawn);
    const Place at = place;
    lay_out(text.substr(cursor), columns, false, place, drawn);
    move_up(drawn, place.row - at.row);
    drawn += '\r';
    if (at.column > 0) drawn += "\033[" + std::to_string(at.column) + "C";
    row_ = at.row;
    put(drawn);
}

void Screen::leave(std::string_view prompt, std::string_view text) {
    draw(prompt, text, text.size());
    put("\r\n");
    row_ = 0;
}

void Screen::clear() {
    put("\033[H\033[2J");
    row_ = 0;
}

}  // namespace limpet::shell
