// terminal.cpp - the operator's terminal: its size, raw mode, and its way back whatever happens.
#include "attach/terminal.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <utility>

namespace limpet::attach {
namespace {

// Bracketed paste and mouse reports off, cursor on, colours as usual. Not the alternate screen:
// leaving it when nobody entered moves the cursor in some terminals.
constexpr char modes_off[] =
    "\x1b[?2004l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?25h\x1b[0m";

// A terminal that Ctrl-S stopped takes nothing, and waiting for it would be for ever. Nothing can
// be done about a failure either: the terminal may well be gone.
void write_modes_off(int terminal) {
    pollfd entry{terminal, POLLOUT, 0};
    if (::poll(&entry, 1, 0) > 0 && (entry.revents & POLLOUT))
        (void)!::write(terminal, modes_off, sizeof modes_off - 1);
}

// For the crash handlers, which have nothing else to find it by.
int crash_terminal = -1;
termios crash_saved;

constexpr int crashes[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS};

// Only async-signal-safe calls. SA_RESETHAND: returning repeats the fault with the default action.
void on_crash(int signal) {
    if (crash_terminal >= 0) {
        ::tcsetattr(crash_terminal, TCSANOW, &crash_saved);
        write_modes_off(crash_terminal);
    }
    ::raise(signal);
}

void catch_crashes(bool on) {
    struct sigaction action{};
    action.sa_handler = on ? on_crash : SIG_DFL;
    action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
    for (const int signal : crashes) ::sigaction(signal, &action, nullptr);
}

// Not c_cflag: hardware decides which of its bits stick.
bool same(const termios& a, const termios& b) {
    return a.c_iflag == b.c_iflag && a.c_oflag == b.c_oflag && a.c_lflag == b.c_lflag;
}

// The watcher never reads the terminal. In a session of its own it gets none of the signals that a
// terminal or `kill -- -PGID` sends, and may set the terminal's modes without being its foreground.
// It acts only on the modes that we left: a shell may have taken the terminal back already.
[[noreturn]] void watch(int terminal, int lifeline, const termios& saved, const termios& raw) {
    ::setsid();
    sigset_t all;
    sigfillset(&all);
    ::sigprocmask(SIG_SETMASK, &all, nullptr);
    ::dup2(terminal, 0);
    ::dup2(lifeline, 1);
    ::close_range(2, ~0u, 0);
    char byte = 0;
    while (::read(1, &byte, 1) < 0 && errno == EINTR) {
    }
    termios now{};
    if (byte == 0 && ::tcgetattr(0, &now) == 0 && same(now, raw)) {
        ::tcsetattr(0, TCSANOW, &saved);
        write_modes_off(0);
    }
    ::_exit(0);
}

}  // namespace

WindowSize window_size(BorrowedFd terminal) {
    winsize size{};
    WindowSize result;
    if (::ioctl(terminal.get(), TIOCGWINSZ, &size) != 0) return result;
    if (size.ws_row > 0) result.rows = size.ws_row;
    if (size.ws_col > 0) result.columns = size.ws_col;
    return result;
}

Result<RawMode> RawMode::enter(BorrowedFd terminal) {
    RawMode mode;
    if (::tcgetattr(terminal.get(), &mode.saved_) != 0) return failed("tcgetattr", "the terminal");
    mode.raw_ = mode.saved_;
    ::cfmakeraw(&mode.raw_);
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe", "");
    const Fd watched(ends[0]);
    mode.lifeline_ = Fd(ends[1]);
    // Before the modes change, so that there is no moment without a watcher.
    mode.watcher_ = ::fork();
    if (mode.watcher_ < 0) return failed("fork", "");
    if (mode.watcher_ == 0) {
        mode.lifeline_.reset();
        watch(terminal.get(), watched.get(), mode.saved_, mode.raw_);
    }
    mode.terminal_ = terminal.get();
    crash_saved = mode.saved_;
    crash_terminal = mode.terminal_;
    catch_crashes(true);
    mode.resume();
    return mode;
}

RawMode::RawMode(RawMode&& other) noexcept
    : terminal_(std::exchange(other.terminal_, -1)),
      saved_(other.saved_),
      raw_(other.raw_),
      reset_modes_(other.reset_modes_),
      lifeline_(std::move(other.lifeline_)),
      watcher_(std::exchange(other.watcher_, -1)) {}

RawMode::~RawMode() {
    if (terminal_ >= 0) {
        suspend();
        crash_terminal = -1;
        catch_crashes(false);
    }
    if (watcher_ < 0) return;
    (void)!::write(lifeline_.get(), "d", 1);
    lifeline_.reset();
    while (::waitpid(watcher_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

// TCSANOW, not TCSADRAIN: a terminal stopped by Ctrl-S would never drain, and we would hang here.
void RawMode::suspend() const {
    ::tcsetattr(terminal_, TCSANOW, &saved_);
    if (reset_modes_) write_modes_off(terminal_);
}

void RawMode::resume() const { ::tcsetattr(terminal_, TCSANOW, &raw_); }

}  // namespace limpet::attach
