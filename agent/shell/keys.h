// shell/keys.h - what the terminal sends, as keys.
#pragma once

#include <string>

namespace limpet::shell {

enum class Key : unsigned char {
    text,  // Pressed::bytes is a character, or a whole paste
    paste,
    end_of_input,
    interrupted,
    resized,
    unknown,
    enter,
    backspace,
    remove,
    tab,
    left,
    right,
    up,
    down,
    home,
    end,
    word_left,
    word_right,
    kill_end,
    kill_start,
    kill_word,
    kill_word_back,
    remove_word_back,
    yank,
    yank_older,
    transpose,
    clear,
    undo,
    search,
    cancel,
    eof_or_remove,
    older,
    newer,
    first,
    last,
};

struct Pressed {
    Key key = Key::unknown;
    std::string bytes = {};
};

// Waits for one. A byte at a time: what is typed ahead belongs to the command that is started.
Pressed read_key(int fd);
// Whether another byte is there already.
bool key_waits(int fd);

}  // namespace limpet::shell
