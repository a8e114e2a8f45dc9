// replay.cpp - limpet replay: plays a recording as it went.
#include "attach/cast_file.h"
#include "attach/report.h"
#include "attach/sanitiser.h"
#include "attach/screen_filter.h"
#include "attach/signals.h"
#include "attach/terminal.h"
#include "attach/verb.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <csignal>
#include <limits>

namespace limpet::attach {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

std::optional<double> number(std::string_view text) {
    double value = 0;
    const auto [end, problem] =
        std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value >= 0 && value <= 1e6 ? std::optional(value) : std::nullopt;
}

class Player {
public:
    struct Wishes {
        double speed = 1;
        std::optional<double> idle_limit;
        bool pause_on_markers = false;
    };

    Player(CastFile& cast, Wishes wishes, Signals signals)
        : cast_(cast),
          wishes_(wishes),
          signals_(std::move(signals)),
          on_terminal_(::isatty(1) == 1) {}

    // The signal that ended it, 0 for none.
    Result<int> play(bool keys) {
        if (keys) raw_.emplace(TRY(RawMode::enter(BorrowedFd(0))));
        auto played = play_all();
        if (raw_) raw_->ended();
        if (on_terminal_) {
            (void)print(1, filter_.restore());
            if (raw_) (void)print(1, "\r\n");
        }
        raw_.reset();
        return played;
    }
    [[nodiscard]] bool ended_by_key() const { return quit_; }
    [[nodiscard]] std::size_t left_out() const { return filter_.left_out(); }

private:
    Result<int> play_all();
    Result<int> wait(double seconds);
    void key(char key);
    Result<> show(const CastEvent& event);

    CastFile& cast_;
    Wishes wishes_;
    Signals signals_;
    bool on_terminal_;
    std::optional<RawMode> raw_;
    ScreenFilter filter_;
    bool paused_ = false, step_ = false, to_marker_ = false, quit_ = false;
};

Result<int> Player::play_all() {
    double last = 0;
    while (const auto event = TRY(cast_.next())) {
        const double pause = std::max(0.0, event->time - last);
        last = std::max(last, event->time);
        const int signal =
            TRY(wait(std::min(pause, wishes_.idle_limit.value_or(pause)) / wishes_.speed));
        if (signal != 0 || quit_) return signal;
        if (event->code == 'o') {
            TRY(show(*event));
            step_ = false;
        } else if (event->code == 'm') {
            if (std::exchange(to_marker_, false) || wishes_.pause_on_markers)
                paused_ = raw_.has_value();
        }
    }
    return 0;
}

Result<int> Player::wait(double seconds) {
    auto left = Seconds(seconds);
    for (;;) {
        // Also without a pause: keys and signals are heard in the middle of a flood.
        const bool now = step_ || to_marker_ || (!paused_ && left.count() <= 0);
        pollfd entries[] = {{signals_.fd().get(), POLLIN, 0}, {raw_ ? 0 : -1, POLLIN, 0}};
        const auto patience = static_cast<int>(std::ceil(std::min(left.count() * 1000, 60'000.0)));
        const auto begin = Clock::now();
        const int count = ::poll(entries, 2, now ? 0 : paused_ ? -1 : patience);
        if (count < 0 && errno != EINTR) return failed("poll", "");
        if (count == 0 && now) return 0;
        if (!paused_) left -= Clock::now() - begin;
        if (const int signal = signals_.next()) return signal;
        if (count > 0 && entries[1].revents) {
            char pressed = 0;
            // The terminal is gone.
            if (::read(0, &pressed, 1) <= 0) quit_ = true;
            key(pressed);
        }
        if (quit_) return 0;
    }
}

void Player::key(char key) {
    constexpr char interrupt = 3;
    if (key == ' ') paused_ = !paused_;
    if (key == '.' && paused_) step_ = true;
    if (key == ']' && paused_) to_marker_ = true;
    if (key == 'q' || key == interrupt) quit_ = true;
}

Result<> Player::show(const CastEvent& event) {
    if (!on_terminal_) return print(1, event.data);
    std::string safe;
    filter_.add(event.data, safe);
    return print(1, safe);
}

void say(std::string_view what, std::string_view text) {
    (void)print(2, one_line("limpet: " + std::string(what) + ": " + std::string(text)) + '\n');
}

int run(const Arguments& arguments) {
    if (arguments.operands.size() != 1) return misused(replay, "one FILE, - for standard input");
    Player::Wishes wishes;
    if (const auto given = arguments.value("speed")) {
        const auto speed = number(*given);
        if (!speed || *speed == 0) return misused(replay, "--speed needs a positive number");
        wishes.speed = *speed;
    }
    if (const auto given = arguments.value("idle-limit")) {
        wishes.idle_limit = number(*given);
        if (!wishes.idle_limit) return misused(replay, "--idle-limit needs a number of seconds");
    }
    wishes.pause_on_markers = arguments.has("pause-on-markers");
    const auto& file = arguments.operands.front();
    const auto what = "replay " + file;
    auto cast = CastFile::open(file);
    if (!cast) return report(what, cast.error());
    if (!wishes.idle_limit) wishes.idle_limit = cast->idle_limit();
    const bool quiet = arguments.has("quiet"), shown = ::isatty(1) == 1;
    if (shown && !quiet) {
        const auto here = window_size(BorrowedFd(1));
        if (here.columns < cast->columns() || here.rows < cast->rows()) {
            say(what, "it is of a terminal of " + std::to_string(cast->columns()) + " by " +
                          std::to_string(cast->rows()) + "; this one is smaller");
        }
    }
    ::signal(SIGPIPE, SIG_IGN);
    auto signals = Signals::take({SIGINT, SIGTERM, SIGHUP, SIGQUIT});
    if (!signals) return report(what, signals.error());
    Player player(*cast, wishes, *std::move(signals));
    const auto played = player.play(shown && file != "-" && ::isatty(0) == 1);
    if (!played) return report(what, played.error());
    if (*played != 0) die_by(*played);
    if (player.left_out() > 0 && !quiet) {
        say(what, std::to_string(player.left_out()) +
                      " sequences that do more to a terminal than draw were left out");
    }
    if (!player.ended_by_key() && cast->cut()) {
        return report(what, Error{0, "cut off", "the recording stops before its end", {}});
    }
    return 0;
}

constexpr Option options[] = {
    {0, "speed", "N", "so many times as fast: 2, 0.5"},
    {0, "idle-limit", "S", "no pause is longer than S seconds"},
    {0, "pause-on-markers", "", "stop at each command, until space is pressed"},
};

}  // namespace

constexpr Verb replay{
    .name = "replay",
    .usage = "[--speed N] [--idle-limit S] [--pause-on-markers] FILE",
    .summary = "play what --record has kept, or another asciicast",
    .options = options,
    .help =
        "On a terminal: space pauses and goes on; while it pauses, . shows the next piece and ]\n"
        "goes to the next command; q or Ctrl-C ends. What a recording does to the terminal beside\n"
        "drawing (titles, clipboard, queries) is left out. In a pipe it is as it was recorded.\n"
        "\n"
        "A recording of limpet's that stops before its end is an error, at its end.\n"
        "\n"
        "  limpet exec --record ls.cast web -- ls -l /\n"
        "  limpet replay --idle-limit 1 ls.cast\n",
    .run = run,
};

}  // namespace limpet::attach
