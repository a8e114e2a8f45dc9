// screen/watch.cpp - run a command again and again, and show what it prints.
#include "commands/run.h"
#include "commands/screen/fullscreen.h"
#include "commands/screen/glyph.h"
#include "commands/session/duration.h"
#include "sys/file.h"
#include "sys/process.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>

namespace limpet::commands {
namespace {

constexpr std::size_t output_limit = std::size_t{1024} * 1024;

struct Job {
    const Command* command = nullptr;
    std::vector<std::string> arguments;
    std::string title;
};

struct Outcome {
    std::string text;
    int status = 0;
    bool interrupted = false;
};

// Both of its outputs, as one text. Ctrl-C and q end the command, too.
Result<Outcome> run_once(Invocation& call, const Job& job, Fullscreen* screen) {
    auto [reading, writing] = TRY(sys::pipe());
    const Fd out = TRY(sys::dup(BorrowedFd(1)));
    const Fd error = TRY(sys::dup(BorrowedFd(2)));
    ::dup2(writing.get(), 1);
    ::dup2(writing.get(), 2);
    writing.reset();
    const auto child = start({.command = *job.command,
                              .arguments = job.arguments,
                              .target = call.target,
                              .directory = call.directory,
                              .environment = call.environment});
    ::dup2(out.get(), 1);
    ::dup2(error.get(), 2);
    if (!child) return std::unexpected(child.error());
    Outcome outcome;
    std::string block(65536, '\0');
    for (;;) {
        if (screen) {
            const int got = screen->key(-1, reading.get());
            if (got == 'q' || got == key::control('C') || got == key::ended) {
                ::kill(*child, SIGKILL);
                outcome.interrupted = true;
            } else if (got != key::ready) {
                continue;
            }
        }
        const auto got = outcome.interrupted ? Result<std::size_t>(0)
                                             : sys::read(reading, block.data(), block.size());
        if (!got || *got == 0) break;
        if (outcome.text.size() < output_limit) outcome.text.append(block, 0, *got);
    }
    reading.reset();
    outcome.status = shell_status(TRY(wait_for(*child, job.command->name)));
    return outcome;
}

std::string clock_text() {
    const auto now = std::time(nullptr);
    const auto day = now % 86400;
    char text[32];
    std::snprintf(text, sizeof text, "%02d:%02d:%02d UTC", static_cast<int>(day / 3600),
                  static_cast<int>(day / 60 % 60), static_cast<int>(day % 60));
    return text;
}

std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    while (!text.empty() && lines.size() < 4096) {
        const auto end = std::min(text.find('\n'), text.size());
        lines.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return lines;
}

// The bytes that are not those of the line before.
std::vector<Mark> differences(const std::string& before, const std::string& now) {
    std::vector<Mark> marks;
    for (std::size_t i = 0; i < now.size(); ++i) {
        if (i < before.size() && before[i] == now[i]) continue;
        if (!marks.empty() && marks.back().end == i)
            ++marks.back().end;
        else
            marks.push_back({i, i + 1});
    }
    return marks;
}

class Watch {
public:
    Watch(Invocation& call, Job job, double pause, Fullscreen* screen)
        : call_(call), job_(std::move(job)), pause_(pause), screen_(screen) {}

    int run() {
        for (bool first = true;; first = false) {
            auto outcome = run_once(call_, job_, screen_);
            if (!outcome) {
                if (screen_) screen_->stop();
                call_.complain(outcome.error());
                return not_allowed;
            }
            if (outcome->interrupted) return ending();
            const bool changed = !first && outcome->text != now_;
            before_ = first ? outcome->text : std::move(now_);
            now_ = std::move(outcome->text);
            if (!screen_) {
                call_.out.write(now_);
                if (!call_.out.flush()) return 1;
            }
            if (call_.options.has('g') && changed) return 0;
            if (call_.options.has('e') && outcome->status != 0) return failed_with(outcome->status);
            if (!wait()) return ending();
        }
    }

private:
    [[nodiscard]] int ending() const {
        return screen_ && screen_->signal() != 0 ? 128 + screen_->signal() : 0;
    }
    int failed_with(int status) {
        if (!screen_) return status;
        note_ = " (exit " + std::to_string(status) + ": a key ends it)";
        draw();
        for (int got = key::none; got == key::none || got == key::resized; draw()) {
            got = screen_->key();
        }
        return status;
    }
    // False when it is to end.
    bool wait() {
        const auto end = now() + pause_;
        if (!screen_) {
            auto left = as_timespec(pause_);
            while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
            }
            return true;
        }
        for (;;) {
            draw();
            const double left = std::max(0.0, end - now());
            const int got = screen_->key(static_cast<int>(std::min(left, 86400.0) * 1000));
            if (got == key::ended || got == key::control('C') || got == 'q') return false;
            if (got == key::none || got == ' ') return true;
        }
    }
    void draw() {
        Frame frame;
        const auto width = screen_->width();
        if (!call_.options.has('t')) {
            char every[32];
            std::snprintf(every, sizeof every, "Every %.1fs: ", pause_);
            const auto time = clock_text();
            const auto room = width > time.size() + 1 ? width - time.size() - 1 : 0;
            auto title = one_row(every + job_.title + note_, room);
            const auto used = rows_of(every + job_.title + note_, {.width = room, .chop = true});
            if (room > 0) title += std::string(width - time.size() - used[0].columns, ' ') + time;
            frame.rows = {title, ""};
        }
        const auto before = lines_of(before_);
        const auto lines = lines_of(now_);
        for (std::size_t i = 0; i < lines.size() && frame.rows.size() < screen_->height(); ++i) {
            std::vector<Mark> marks;
            if (call_.options.has('d')) {
                marks = differences(i < before.size() ? before[i] : std::string(), lines[i]);
            }
            const Style style{
                .width = width, .chop = call_.options.has('w'), .colours = call_.options.has('c')};
            for (auto& row : rows_of(lines[i], style, marks, screen_->height())) {
                frame.rows.push_back(std::move(row.shown));
            }
        }
        frame.rows.resize(screen_->height());
        frame.row = screen_->height() - 1;
        screen_->draw(frame);
    }
    static double now() {
        timespec time{};
        ::clock_gettime(CLOCK_MONOTONIC, &time);
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
    }

    Invocation& call_;
    Job job_;
    double pause_;
    Fullscreen* screen_;
    std::string before_, now_, note_;
};

int run(Invocation& call) {
    double pause = 2;
    if (const auto value = call.options.value('n')) {
        const auto given = duration(std::string(*value));
        if (!given) return call.misused("-n: '" + std::string(*value) + "' is no time (2, 0.5)");
        pause = std::max(*given, 0.1);
    }
    if (call.operands.empty()) return call.misused("which command?");
    Job job;
    for (const auto& word : call.operands) job.title += (job.title.empty() ? "" : " ") + word;
    if (call.options.has('x')) {
        job.command = find(call.operands.front());
        job.arguments.assign(call.operands.begin() + 1, call.operands.end());
    } else {
        job.command = find("sh");
        job.arguments = {"-c", job.title};
    }
    if (!job.command) {
        call.complain(call.operands.front() + ": there is no such command");
        return not_found;
    }
    if (!call.out.terminal()) return Watch(call, std::move(job), pause, nullptr).run();
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
    return Watch(call, std::move(job), pause, &screen).run();
}

constexpr Option options[]{
    {'n', "interval", "S", "every S seconds (2), at least 0.1"},
    {'d', "differences", "", "mark what is not as it was"},
    {'t', "no-title", "", "only the output"},
    {'g', "chgexit", "", "end when the output changes"},
    {'e', "errexit", "", "stop when the command fails"},
    {'x', "exec", "", "COMMAND and its arguments as they are, without a shell"},
    {'c', "color", "", "let colours (SGR sequences) through"},
    {'w', "no-wrap", "", "cut long lines"},
};

constexpr Command watch{
    .name = "watch",
    .usage = "[-dtgexcw] [-n S] COMMAND [ARG...]",
    .summary = "run a command again and again, and show what it prints",
    .theme = "session",
    .run = run,
    .options = option_table<options>,
    .help =
        "COMMAND is a line for the shell. q and Ctrl-C end it, Space runs it at once. Where\n"
        "standard output is no terminal the outputs follow one another.\n\n"
        "Example:\n  watch -n 1 -d 'ss -s | head -n 4'\n",
    .operand_ends_options = true,
    .runs_commands = true,
};
const Register registered{watch};

}  // namespace
}  // namespace limpet::commands
