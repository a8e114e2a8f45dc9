// screen_filter.h - what a recording may do to a terminal: draw, and nothing else.
//
// A recording of a terminal is full of escape sequences, and without them nothing on it is to be
// read. Let through is what moves the cursor, colours, erases and scrolls. Left out is what talks
// to the terminal or makes it talk: titles, clipboard, links and every other string (OSC, DCS, APC,
// PM, SOS), queries whose answer would be typed, modes of keys and mouse, resets, printing.
#pragma once

#include "attach/sanitiser.h"

#include <cstddef>
#include <string>
#include <string_view>

namespace limpet::attach {

class ScreenFilter {
public:
    // Appends what may be shown to `out`; sequences may be split between pieces.
    void add(std::string_view bytes, std::string& out);
    // What puts the terminal back into order behind it.
    [[nodiscard]] std::string restore() const;
    // Sequences that were more than drawing and no part of a prompt's usual housekeeping.
    [[nodiscard]] std::size_t left_out() const { return left_out_; }

private:
    enum class State { text, escape, charset, control, string, string_escape };
    void take(char byte, std::string& out);
    void plain(char byte, std::string& out);
    void escape(char byte, std::string& out);
    void control(std::string& out);
    void modes(std::string_view numbers, char set, std::string& out);

    State state_ = State::text;
    Sanitiser sanitiser_;
    std::string sequence_;  // behind its introducer
    bool alternate_ = false;
    std::size_t left_out_ = 0;
};

}  // namespace limpet::attach
