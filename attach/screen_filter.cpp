// screen_filter.cpp - what a recording may do to a terminal (ECMA-48, and xterm's ctlseqs).
#include "attach/screen_filter.h"

#include <algorithm>

namespace limpet::attach {
namespace {

// Real ones have a few numbers; a longer one is nothing that draws.
constexpr std::size_t longest_sequence = 64;
// A count of a million characters to repeat or lines to scroll is work without end for a terminal.
constexpr std::size_t longest_number = 4;

// Cursor, erasing, inserting, scrolling, tabs, colours, margins, saving the cursor.
constexpr std::string_view drawing = "@ABCDEFGHIJKLMPSTXZ`abdefgmrsu";
// Origin, wrapping, the cursor's blinking and showing, the other screen, drawing at once.
constexpr std::string_view drawing_modes[] = {"6",    "7",    "12",   "25",  "47",
                                              "1047", "1048", "1049", "2026"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Numbers, `;` and `:` between them, none of them long.
bool has_small_numbers(std::string_view text) {
    std::size_t digits = 0;
    for (const char c : text) {
        digits = is_digit(c) ? digits + 1 : 0;
        if (digits > longest_number || (!is_digit(c) && c != ';' && c != ':')) return false;
    }
    return true;
}

}  // namespace

void ScreenFilter::add(std::string_view bytes, std::string& out) {
    for (const char byte : bytes) take(byte, out);
}

void ScreenFilter::take(char byte, std::string& out) {
    const bool is_escape = byte == '\x1b', is_cancel = byte == '\x18' || byte == '\x1a';
    if (state_ == State::text) return plain(byte, out);
    if (is_cancel) {
        state_ = State::text;
        return;
    }
    switch (state_) {
        case State::text: break;
        case State::escape: return escape(byte, out);
        case State::charset:
            // Line drawing, and back.
            if (byte == '0' || byte == 'B') (out += "\x1b(") += byte;
            state_ = State::text;
            return;
        case State::control:
            if (is_escape) {
                ++left_out_;
                state_ = State::escape;
            } else if (byte >= 0x40 && byte <= 0x7e) {
                state_ = State::text;
                sequence_ += byte;
                control(out);
            } else if (sequence_.size() < longest_sequence) {
                sequence_ += byte;
            }
            return;
        case State::string:
            if (is_escape) state_ = State::string_escape;
            if (byte == '\a') state_ = State::text;
            return;
        case State::string_escape:
            state_ = byte == '\\' ? State::text : is_escape ? State::string_escape : State::string;
            return;
    }
}

void ScreenFilter::plain(char byte, std::string& out) {
    if (byte == '\x1b') {
        state_ = State::escape;
    } else if (byte == '\r' || byte == '\b' || byte == '\a') {
        out += byte;
    } else if (static_cast<unsigned char>(byte) >= 0x20 || byte == '\n' || byte == '\t') {
        sanitiser_.add({&byte, 1}, out);
    }
}

void ScreenFilter::escape(char byte, std::string& out) {
    state_ = State::text;
    sequence_.clear();
    switch (byte) {
        case '[': state_ = State::control; return;
        case '(': state_ = State::charset; return;
        case '\x1b': state_ = State::escape; return;
        case ']':
        case 'P':
        case 'X':
        case '^':
        case '_':
            state_ = State::string;
            ++left_out_;
            return;
        // The cursor saved and restored, one line down, the next one, one line up.
        case '7':
        case '8':
        case 'D':
        case 'E':
        case 'M': (out += '\x1b') += byte; return;
        // The keypad's modes.
        case '=':
        case '>': return;
        default: ++left_out_;
    }
}

// sequence_ is whole, its final byte included.
void ScreenFilter::control(std::string& out) {
    const char final = sequence_.back();
    const std::string_view numbers(sequence_.data(), sequence_.size() - 1);
    if (numbers.starts_with('?') && has_small_numbers(numbers.substr(1))) {
        if (final == 'h' || final == 'l') return modes(numbers.substr(1), final, out);
        if (final == 'J' || final == 'K') {
            (out += "\x1b[") += sequence_;
            return;
        }
    }
    const bool small = has_small_numbers(numbers);
    // With more numbers than one, T starts to follow the mouse.
    const bool tracks = final == 'T' && numbers.find(';') != numbers.npos;
    const bool inserts = (final == 'h' || final == 'l') && numbers == "4";
    const bool cursor_shape = final == 'q' && numbers.ends_with(' ') && numbers.size() <= 2;
    if ((small && drawing.find(final) != drawing.npos && !tracks) || inserts || cursor_shape) {
        (out += "\x1b[") += sequence_;
    } else {
        ++left_out_;
    }
}

// Those of a list that draw. The others are pasting, keys and mouse: a prompt's, and no prompt is
// here.
void ScreenFilter::modes(std::string_view numbers, char set, std::string& out) {
    while (!numbers.empty()) {
        const auto end = std::min(numbers.find(';'), numbers.size());
        const auto number = numbers.substr(0, end);
        numbers.remove_prefix(std::min(end + 1, numbers.size()));
        if (std::ranges::find(drawing_modes, number) == std::end(drawing_modes)) continue;
        if (number == "47" || number == "1047" || number == "1049") alternate_ = set == 'h';
        ((out += "\x1b[?") += number) += set;
    }
}

std::string ScreenFilter::restore() const {
    // Margins move the cursor when they are set.
    std::string sequence =
        "\x1b(B\x1b[0m\x1b[4l\x1b[?6l\x1b[?7h\x1b[?25h\x1b"
        "7\x1b[r\x1b"
        "8";
    if (alternate_) sequence += "\x1b[?1049l";
    return sequence;
}

}  // namespace limpet::attach
