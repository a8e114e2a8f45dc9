// process/top_screen.cpp - top on the whole terminal.
#include "commands/process/signals.h"
#include "commands/process/top.h"
#include "commands/screen/fullscreen.h"
#include "commands/screen/glyph.h"
#include "commands/session/duration.h"
#include "parse/number.h"
#include "parse/signal.h"

#include <algorithm>
#include <cmath>
#include <csignal>

namespace limpet::commands::top {
namespace {

constexpr std::string_view help =
    "q  end            Space  look now       d  seconds between looks\n"
    "P  by %CPU        M  by memory          T  by time     N  by id    R  the other way\n"
    "H  threads        c  command lines      i  only those that do something\n"
    "1  every CPU      u  one user's         up, down, PgUp, PgDn, Home, End  scroll\n"
    "\n"
    "The line Cgroup is about the target's own cgroup: the processors it used and may use, in\n"
    "which part of its periods it was throttled, memory and its tightest limit, processes, and\n"
    "how often something in it was killed because memory ran out.\n"
    "k  send a signal, in a session with --allow modify\n"
    "\n"
    "Any key goes back.";

class Screen {
public:
    Screen(const target::Target& target, Top& top, Fullscreen& screen)
        : target_(target), top_(top), screen_(screen) {}

    Result<int> run() {
        for (std::uint64_t round = 0; round < top_.settings().rounds; ++round) {
            TRY(top_.refresh());
            timespec now{};
            ::clock_gettime(CLOCK_MONOTONIC, &now);
            if (!wait(seconds(now) + top_.settings().pause)) break;
        }
        return screen_.signal() != 0 ? 128 + screen_.signal() : 0;
    }

private:
    static double seconds(const timespec& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
    }

    // Keys until it is time for another look; false when it is to end.
    bool wait(double end) {
        for (;;) {
            if (!screen_.typed_ahead()) screen_.draw(frame());
            timespec now{};
            ::clock_gettime(CLOCK_MONOTONIC, &now);
            const auto left = std::clamp(end - seconds(now), 0.0, 86400.0);
            const int got = screen_.key(static_cast<int>(std::ceil(left * 1000)));
            if (got == key::none) return true;
            if (got == key::ended || got == 'q' || got == key::control('C')) return false;
            note_.clear();
            if (press(got)) return true;
        }
    }

    // Whether another look is wanted at once.
    bool press(int got) {
        auto& settings = top_.settings();
        switch (got) {
            case ' ':
            case '\r':
            case '\n': return true;
            case 'P':
            case 'M':
            case 'T':
            case 'N':
                settings.order = static_cast<Order>(got);
                settings.reversed = false;
                return false;
            case 'R': settings.reversed = !settings.reversed; return false;
            case 'c': settings.command_lines = !settings.command_lines; return false;
            case 'i': settings.idle_too = !settings.idle_too; return false;
            case '1': settings.every_cpu = !settings.every_cpu; return false;
            case 'H': settings.threads = !settings.threads; return true;
            case 'd':
            case 's': ask_pause(); return false;
            case 'u': ask_user(); return false;
            case 'h':
            case '?': show_help(); return false;
            case 'k': ask_kill(); return true;
            default: scroll(got); return false;
        }
    }

    void scroll(int got) {
        const auto page = std::max<std::size_t>(room_, 1);
        switch (got) {
            case key::up: first_ -= first_ > 0; break;
            case key::down: ++first_; break;
            case key::page_up: first_ -= std::min(first_, page); break;
            case key::page_down: first_ += page; break;
            case key::home: first_ = 0; break;
            case key::end: first_ = SIZE_MAX / 2; break;
            default: break;
        }
    }

    void ask_pause() {
        const auto line = screen_.ask(frame(), "seconds between looks: ");
        if (!line || line->empty()) return;
        const auto value = duration(*line);
        if (!value) {
            note_ = "'" + *line + "' is no time";
            return;
        }
        top_.settings().pause = std::max(*value, 0.1);
    }

    void ask_user() {
        const auto line = screen_.ask(frame(), "only the tasks of user (empty: all): ");
        if (!line) return;
        top_.settings().user.reset();
        if (line->empty()) return;
        top_.settings().user = top_.names().uid_of(*line);
        if (!top_.settings().user) note_ = "there is no user '" + *line + "'";
    }

    void ask_kill() {
        if (!any(target_.grants & Grant::modify)) {
            note_ = "signals are not allowed in this session (needs --allow modify)";
            return;
        }
        const auto tasks = top_.chosen();
        const auto first = first_ < tasks.size() ? tasks[first_]->pid : 0;
        const auto who =
            screen_.ask(frame(), "process to signal (" + std::to_string(first) + "): ");
        if (!who) return;
        const auto pid = who->empty() ? std::optional(first) : parse::number<pid_t>(*who);
        const auto what = screen_.ask(frame(), "signal (TERM): ");
        if (!what) return;
        const auto signal = what->empty() ? std::optional(SIGTERM) : parse::signal_number(*what);
        if (!pid || *pid <= 0 || !signal) {
            note_ = !signal ? "there is no signal '" + *what + "'" : "'" + *who + "' is no process";
            return;
        }
        const auto sent = send(tasks, *pid, *signal);
        note_ = sent ? "sent " + parse::signal_name(*signal) + " to " + std::to_string(*pid)
                     : text(sent.error());
    }

    // By now the number may be another's than what was shown.
    Result<> send(const std::vector<const Task*>& tasks, pid_t pid, int signal) {
        const auto process = TRY(open_process(target_, pid));
        const auto stat = read_stat(process);
        const auto shown = std::ranges::find(tasks, pid, &Task::tid);
        if (stat && shown != tasks.end() && (*shown)->start != stat->starttime) {
            return refused("process " + std::to_string(pid), "it has ended");
        }
        return send_signal(target_, process, signal);
    }

    void show_help() {
        Frame frame;
        for (std::string_view rest = help; !rest.empty();) {
            const auto end = std::min(rest.find('\n'), rest.size());
            frame.rows.push_back(one_row(rest.substr(0, end), screen_.width()));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        frame.rows.resize(screen_.height());
        frame.row = screen_.height() - 1;
        screen_.draw(frame);
        screen_.key();
    }

    Frame frame() {
        Frame frame;
        const auto width = screen_.width();
        for (const auto& row : top_.head()) frame.rows.push_back(one_row(row, width));
        frame.rows.push_back(one_row(note_, width));
        auto heading = one_row(top_.heading(), width);
        heading.resize(std::max(heading.size(), width), ' ');
        frame.rows.push_back(reversed(heading));
        const auto used = std::min(frame.rows.size(), screen_.height());
        room_ = screen_.height() - used;
        const auto tasks = top_.chosen();
        first_ = std::min(first_, tasks.empty() ? 0 : tasks.size() - 1);
        for (auto at = first_; at < tasks.size() && frame.rows.size() < screen_.height(); ++at) {
            auto row = one_row(top_.row(*tasks[at]), width);
            if (tasks[at]->state == 'R') row = "\033[1m" + row + "\033[m";
            frame.rows.push_back(std::move(row));
        }
        frame.rows.resize(screen_.height());
        frame.row = std::min(top_note_row(), screen_.height() - 1);
        return frame;
    }

    // Where the cursor rests: the line of notes, above the heading.
    std::size_t top_note_row() const {
        return screen_.height() - room_ >= 2 ? screen_.height() - room_ - 2 : 0;
    }

    const target::Target& target_;
    Top& top_;
    Fullscreen& screen_;
    std::string note_;
    std::size_t first_ = 0, room_ = 0;
};

}  // namespace

int interactive(Invocation& call, Top& top) {
    auto keys = Fullscreen::keyboard();
    if (!keys) {
        call.complain(keys.error());
        return 1;
    }
    Fullscreen screen(*std::move(keys), call.out.fd());
    if (const auto started = screen.start(true); !started) {
        call.complain(started.error());
        return 1;
    }
    const auto done = Screen(call.target, top, screen).run();
    screen.stop();
    if (done) return *done;
    call.complain(done.error());
    return 1;
}

}  // namespace limpet::commands::top
