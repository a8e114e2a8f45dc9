// screen/fullscreen.cpp - the whole terminal for one command.
#include "commands/screen/fullscreen.h"

#include "commands/screen/glyph.h"
#include "commands/utf8.h"
#include "sys/file.h"
#include "target/deadline.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

namespace limpet::commands {
namespace {

constexpr int ending[]{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
volatile std::sig_atomic_t ended_by = 0;
volatile std::sig_atomic_t window_changed = 0;

void note_end(int signal) { ended_by = signal; }
void note_window(int) { window_changed = 1; }

sigset_t watched() {
    sigset_t set;
    ::sigemptyset(&set);
    for (const int signal : ending) ::sigaddset(&set, signal);
    ::sigaddset(&set, SIGWINCH);
    return set;
}

bool may_read(int fd) {
    const int flags = ::fcntl(fd, F_GETFL);
    return ::isatty(fd) == 1 && flags >= 0 && (flags & O_ACCMODE) != O_WRONLY;
}

int letter_key(int letter) {
    switch (letter) {
        case 'A': return key::up;
        case 'B': return key::down;
        case 'C': return key::right;
        case 'D': return key::left;
        case 'H': return key::home;
        case 'F': return key::end;
        default: return key::none;
    }
}

int number_key(std::string_view number) {
    if (number == "1" || number == "7") return key::home;
    if (number == "2") return key::insert;
    if (number == "3") return key::remove;
    if (number == "4" || number == "8") return key::end;
    if (number == "5") return key::page_up;
    if (number == "6") return key::page_down;
    return key::none;
}

}  // namespace

Result<Fd> Fullscreen::keyboard() {
    for (const int fd : {0, 1, 2}) {
        if (may_read(fd)) return sys::dup(BorrowedFd(fd));
    }
    return sys::openat(BorrowedFd(AT_FDCWD), "/dev/tty", O_RDWR | O_NOCTTY);
}

Result<> Fullscreen::start(bool alternate) {
    if (::tcgetattr(keys_.get(), &before_) != 0) return failed("read the modes of", "the terminal");
    const auto set = watched();
    ::sigprocmask(SIG_BLOCK, &set, nullptr);
    struct sigaction action{};
    action.sa_handler = note_end;
    for (const int signal : ending) ::sigaction(signal, &action, nullptr);
    action.sa_handler = note_window;
    ::sigaction(SIGWINCH, &action, nullptr);
    auto raw = before_;
    raw.c_iflag &= ~static_cast<tcflag_t>(ICRNL | INLCR | IGNCR | IXON | ISTRIP | BRKINT);
    // Ctrl-C is a key like others: as a signal it would end the writer of the pipe that we show.
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN | ISIG);
    raw.c_oflag |= OPOST | ONLCR;
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (::tcsetattr(keys_.get(), TCSADRAIN, &raw) != 0) {
        return failed("set the modes of", "the terminal");
    }
    started_ = true;
    alternate_ = alternate;
    if (alternate_) put("\033[?1049h");
    forget();
    measure();
    return {};
}

void Fullscreen::stop() {
    if (!started_) return;
    started_ = false;
    if (alternate_) {
        put("\033[m\033[?1049l");
    } else {
        put("\033[m\r\033[" + std::to_string(rows_) + ";1H\033[K");
    }
    ::tcsetattr(keys_.get(), TCSADRAIN, &before_);
}

void Fullscreen::measure() {
    winsize size{};
    if (::ioctl(out_.get(), TIOCGWINSZ, &size) != 0) size = {};
    rows_ = size.ws_row == 0 ? 24 : std::max<std::size_t>(size.ws_row, 2);
    columns_ = size.ws_col == 0 ? 80 : std::max<std::size_t>(size.ws_col, 4);
}

int Fullscreen::signal() const { return ended_by; }

void Fullscreen::put(std::string_view bytes) const { (void)sys::write_all(out_, bytes); }

int Fullscreen::byte(int milliseconds, int other) {
    target::deadline::leave();
    pollfd wait[]{{.fd = keys_.get(), .events = POLLIN}, {.fd = other, .events = POLLIN}};
    timespec time{milliseconds / 1000, milliseconds % 1000 * 1'000'000L};
    sigset_t open;
    ::sigprocmask(SIG_SETMASK, nullptr, &open);
    for (const int signal : ending) ::sigdelset(&open, signal);
    ::sigdelset(&open, SIGWINCH);
    const int ready = ::ppoll(wait, 2, milliseconds < 0 ? nullptr : &time, &open);
    if (ended_by != 0) return key::ended;
    if (window_changed != 0) {
        window_changed = 0;
        measure();
        forget();
        return key::resized;
    }
    if (ready == 0) return key::none;
    if (ready < 0) return errno == EINTR ? key::none : key::ended;
    if (wait[0].revents == 0) return key::ready;
    unsigned char got = 0;
    return ::read(keys_.get(), &got, 1) == 1 ? got : static_cast<int>(key::ended);
}

// Behind Escape: the rest of a sequence comes at once, a lone Escape is followed by nothing.
int Fullscreen::sequence() {
    constexpr int patience = 50;
    const int kind = byte(patience, -1);
    if (kind == key::none) return key::escape;
    if (kind == 'O') {
        const int letter = byte(patience, -1);
        if (const int known = letter_key(letter); known != key::none) return known;
        waiting_.push_back('O');
        if (letter != key::none) waiting_.push_back(letter);
        return key::escape;
    }
    if (kind != '[') {
        waiting_.push_back(kind);
        return key::escape;
    }
    std::string parameters;
    int last = byte(patience, -1);
    while (last >= 0x20 && last < 0x40) {
        if (parameters.size() < 16) parameters += static_cast<char>(last);
        last = byte(patience, -1);
    }
    return last == '~' ? number_key(std::string_view(parameters).substr(0, parameters.find(';')))
                       : letter_key(last);
}

int Fullscreen::key(int milliseconds, int other) {
    if (!waiting_.empty()) {
        const int next = waiting_.front();
        waiting_.pop_front();
        return next;
    }
    const int got = byte(milliseconds, other);
    if (got == key::control('Z') && started_) {
        stop();
        // All of our job, the writer of a pipe that we show too. Where no shell waits for it the
        // kernel lets it go on.
        ::kill(0, SIGTSTP);
        return start(alternate_) ? key::resized : key::ended;
    }
    return got == key::escape ? sequence() : got;
}

bool Fullscreen::typed_ahead() {
    if (!waiting_.empty()) return true;
    pollfd wait{.fd = keys_.get(), .events = POLLIN};
    return ::poll(&wait, 1, 0) > 0;
}

bool Fullscreen::interrupted() {
    for (;;) {
        const int got = byte(0, -1);
        if (got == key::none) return false;
        if (got == key::control('C') || got == key::ended) {
            waiting_.clear();
            return true;
        }
        waiting_.push_back(got == key::escape ? sequence() : got);
    }
}

void Fullscreen::draw(const Frame& frame) {
    constexpr std::string_view hidden = "\033[?25l";
    std::string bytes(hidden);
    for (std::size_t i = 0; i < rows_; ++i) {
        const std::string_view row = i < frame.rows.size() ? frame.rows[i] : std::string_view{};
        if (i < shown_.size() && shown_[i] == row) continue;
        // Erased before it is written: behind a full row the cursor may stand in its last column.
        bytes += "\033[" + std::to_string(i + 1) + ";1H\033[K";
        bytes += row;
    }
    const auto place = std::to_string(frame.row + 1) + ";" + std::to_string(frame.column + 1);
    if (bytes.size() > hidden.size() || place != cursor_)
        put(bytes + "\033[" + place + "H\033[?25h");
    cursor_ = place;
    shown_ = frame.rows;
    shown_.resize(rows_);
}

std::optional<std::string> Fullscreen::ask(Frame frame, std::string_view prompt) {
    constexpr std::size_t most = 4096;
    std::string line;
    for (;;) {
        frame.rows.resize(rows_);
        auto shown = std::string(prompt) + line;
        // The end of what is longer than the row.
        while (text_width(shown) + 1 > columns_) {
            shown.erase(0, std::max<std::size_t>(1, utf8_length(shown)));
        }
        frame.rows.back() = one_row(shown, columns_);
        frame.row = rows_ - 1;
        frame.column = std::min(text_width(shown), columns_ - 1);
        if (!typed_ahead()) draw(frame);
        const int got = key();
        switch (got) {
            case key::ended:
            case key::escape:
            case key::control('C'): return std::nullopt;
            case '\r':
            case '\n': return line;
            case key::control('U'): line.clear(); break;
            case key::control('W'):
                while (line.ends_with(' ')) line.pop_back();
                while (!line.empty() && !line.ends_with(' ')) line.pop_back();
                break;
            case 8:
            case 127:
                if (line.empty()) return std::nullopt;
                while (!line.empty() && (line.back() & 0xC0) == 0x80) line.pop_back();
                if (!line.empty()) line.pop_back();
                break;
            case key::control('V'): {
                const int next = key();
                if (next < 256 && next != 0) line += static_cast<char>(next);
                break;
            }
            default:
                if (got < 256 && got != 0 && line.size() < most) line += static_cast<char>(got);
        }
    }
}

}  // namespace limpet::commands
