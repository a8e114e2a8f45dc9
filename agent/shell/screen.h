// shell/screen.h - the edited line on the terminal.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace limpet::shell {

class Screen {
public:
    explicit Screen(int fd) : fd_(fd) {}

    // Draws prompt and text over what was drawn before, the cursor before byte `cursor`.
    void draw(std::string_view prompt, std::string_view text, std::size_t cursor);
    // Behind all that was drawn, on a line of its own.
    void leave(std::string_view prompt, std::string_view text);
    // What was drawn is gone or not ours: the next draw starts where the cursor is.
    void forget() { row_ = 0; }
    void clear();
    void put(std::string_view bytes) const;
    [[nodiscard]] std::size_t width() const;

private:
    int fd_;
    std::size_t row_ = 0;  // of the cursor, below the prompt's first
};

}  // namespace limpet::shell
