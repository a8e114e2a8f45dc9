// shell/keys.h - what the terminal sends, as keys.
#pragma once

#include <csignal>
#include <string>

namespace limpet::shell {

enum class Key : unsigned char {
    text,  // Pressed::bytes is a character, or a whole paste
    paste,
    end_of_input,
    interrupted,
    signalled,  // a signal came: the window has another size, or a trap waits
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
    transpose_words,
    upper_word,
    lower_word,
    capital_word,
    clear,
    undo,
    search,
    search_newer,
    cancel,
    literal,  // the next key is meant as text: Pressed::bytes is its byte
    newline,
    last_argument,
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

// A terminal in raw mode. A byte at a time: what is typed ahead belongs to the command that is
// started.
class Keyboard {
public:
    // `waiting`: the signals that are blocked while a key is waited for. All others are blocked at
    // other times, so that none comes between the last look for it and the wait.
    Keyboard(int fd, const sigset_t& waiting) : fd_(fd), waiting_(waiting) {}

    Pressed read();
    // Whether another byte is there already.
    [[nodiscard]] bool waits() const;

private:
    int read_byte();
    int read_soon();
    Pressed read_paste();
    Pressed control_sequence();
    Pressed escape();
    Pressed control(int byte);

    int fd_;
    sigset_t waiting_;
};

}  // namespace limpet::shell
