// shell/screen.h - the edited line on the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace limpet::shell {

struct Picture {
    std::string_view prompt;        // its escape sequences are its own
    std::string_view continuation;  // the prompt of every further line of the text
    std::string_view text;
    std::size_t cursor = 0;       // before this byte of the text
    std::string_view suggestion;  // in grey behind the text
};

class Screen {
public:
    explicit Screen(int fd) : fd_(fd) {}

    // Over what was drawn before. Of a text that is higher than the screen, the part around the
    // cursor.
    void draw(const Picture& picture);
    // The same without a suggestion, and then to a line below all of it.
    void leave(Picture picture);
    // What was drawn goes, and the cursor is where it began.
    void erase();
    // What was drawn is gone or not ours: the next draw starts where the cursor is.
    void forget() { row_ = top_ = drawn_width_ = 0; }
    void clear();
    void put(std::string_view bytes) const;
    [[nodiscard]] std::size_t width() const;
    [[nodiscard]] std::size_t height() const;

private:
    // Where the cursor is now, the terminal having wrapped its lines anew since the last draw.
    void follow_resize(std::size_t width);

    int fd_;
    std::size_t row_ = 0;  // of the cursor, below the first that is drawn
    std::size_t top_ = 0;  // the first row that is drawn, when there are more than fit
    std::size_t drawn_width_ = 0;
    std::string drawn_prompt_, drawn_continuation_, drawn_text_;  // up to the cursor
};

}  // namespace limpet::shell
