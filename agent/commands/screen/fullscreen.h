// screen/fullscreen.h - the whole terminal for one command: keys in, rows out (ECMA-48 and xterm).
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <termios.h>

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::commands {

// What key() gives beside the bytes 0 to 255.
namespace key {
enum Special : int {
    none = 256,  // the time is over
    ready,       // the other descriptor has something
    resized,
    ended,  // a signal, or a terminal that hung up: time to leave
    up,
    down,
    left,
    right,
    home,
    end,
    page_up,
    page_down,
    insert,
    remove,
};
constexpr int escape = 27;
constexpr int control(char letter) { return letter & 31; }
}  // namespace key

struct Frame {
    std::vector<std::string> rows;  // each with its own colours, reset at its end
    std::size_t row = 0, column = 0;
};

// The terminal is as it was when this goes, whichever way: signals that end a process are blocked
// but while a key is waited for, and then become key::ended.
class Fullscreen {
public:
    // The terminal that `out` is; keys come from standard input if that is a terminal, else from
    // standard output or error, which a terminal's programs hold open for reading as well: in a
    // session there is no /dev/tty.
    static Result<Fd> keyboard();
    explicit Fullscreen(Fd keys, BorrowedFd out) : keys_(std::move(keys)), out_(out) { measure(); }
    Fullscreen(const Fullscreen&) = delete;
    Fullscreen& operator=(const Fullscreen&) = delete;
    ~Fullscreen() { stop(); }

    // `alternate`: what was on the screen comes back afterwards.
    Result<> start(bool alternate);
    void stop();
    [[nodiscard]] std::size_t height() const { return rows_; }
    [[nodiscard]] std::size_t width() const { return columns_; }
    // For milliseconds; -1: for ever. `other`: a descriptor to wait for beside.
    int key(int milliseconds = -1, int other = -1);
    // Whether Ctrl-C was typed, or it is time to leave: for long work to look at. Other keys wait.
    bool interrupted();
    // 0, or the signal for which key() said that it is time to leave.
    [[nodiscard]] int signal() const;
    // A key is there already: what it changes can be drawn with what comes next.
    [[nodiscard]] bool typed_ahead();
    void draw(const Frame& frame);
    // A line typed in the last row, behind `prompt`; nullopt when it was given up.
    std::optional<std::string> ask(Frame frame, std::string_view prompt);
    // The next draw() writes every row.
    void forget() { shown_.clear(); }
    void bell() const { put("\a"); }
    void put(std::string_view bytes) const;

private:
    void measure();
    int byte(int milliseconds, int other);
    int sequence();

    Fd keys_;
    BorrowedFd out_;
    termios before_{};
    bool started_ = false, alternate_ = false;
    std::size_t rows_ = 24, columns_ = 80;
    std::vector<std::string> shown_;
    std::string cursor_;
    std::deque<int> waiting_;
};

}  // namespace limpet::commands
