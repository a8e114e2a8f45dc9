// shell/editor.cpp - a line edited with the keys of emacs.
#include "shell/editor.h"

#include "shell/shell.h"

#include <termios.h>

#include <utility>

namespace limpet::shell {
namespace {

// Keys one by one and unechoed, pastes in brackets, and signals only while a key is waited for,
// until this goes.
class RawMode {
public:
    RawMode() {
        sigset_t all;
        ::sigfillset(&all);
        // What a completion looks at has a deadline, and that is an alarm.
        ::sigdelset(&all, SIGALRM);
        ::sigprocmask(SIG_BLOCK, &all, &mask_);
        if (::tcgetattr(0, &saved_) != 0) return;
        auto raw = saved_;
        // Not ICRNL: the Enter of what is typed ahead is a newline for the command that reads it.
        raw.c_iflag &= ~static_cast<tcflag_t>(IXON | INLCR | ISTRIP);
        raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO | IEXTEN | ISIG);
        raw.c_cc[VMIN] = 1;
        raw.c_cc[VTIME] = 0;
        // DRAIN, not FLUSH: what is typed ahead stays.
        ::tcsetattr(0, TCSADRAIN, &raw);
        write_fd(2, "\033[?2004h");
        active_ = true;
    }
    RawMode(const RawMode&) = delete;
    RawMode& operator=(const RawMode&) = delete;
    ~RawMode() {
        if (active_) {
            write_fd(2, "\033[?2004l");
            ::tcsetattr(0, TCSADRAIN, &saved_);
        }
        ::sigprocmask(SIG_SETMASK, &mask_, nullptr);
    }
    [[nodiscard]] const sigset_t& mask() const { return mask_; }

private:
    termios saved_{};
    sigset_t mask_{};
    bool active_ = false;
};

bool kills(Key key) {
    return key == Key::kill_end || key == Key::kill_start || key == Key::kill_word ||
           key == Key::kill_word_back || key == Key::remove_word_back;
}

}  // namespace

bool is_unfinished(Shell& shell, const std::string& text) {
    bool asked = false;
    const auto more = [](void* context, std::string&, bool continued) {
        if (continued) *static_cast<bool*>(context) = true;
        return false;
    };
    Source source(more, &asked);
    source.text = text + '\n';
    Parser parser(source, shell.variables.symbols, &shell.aliases);
    ProgramPointer program;
    while (!asked && parser.next(program) == Parser::Outcome::command) {
    }
    return asked;
}

Picture Editor::picture() const {
    return {.prompt = prompts_.first,
            .continuation = prompts_.continuation,
            .text = text_,
            .cursor = cursor_,
            .suggestion = suggestion()};
}

void Editor::draw() { screen_.draw(picture()); }

bool Editor::handle(const Pressed& pressed) {
    return accept_suggestion(pressed.key) || handle_motion(pressed.key) ||
           handle_kill(pressed.key) || handle_history(pressed.key) || handle_change(pressed);
}

// False when the command goes on in a further line.
bool Editor::enter() {
    if (!is_unfinished(shell_, text_)) return true;
    cursor_ = text_.size();
    insert("\n", false);
    return false;
}

// Nothing when a signal wants to be looked at.
std::optional<Editor::Outcome> Editor::loop() {
    draw();
    bool stale = false;
    for (;;) {
        const auto pressed = pending_ ? *std::exchange(pending_, std::nullopt) : keyboard_->read();
        switch (pressed.key) {
            case Key::enter:
                if (enter()) return Outcome::line;
                break;
            case Key::end_of_input: return Outcome::end;
            case Key::interrupted: return Outcome::interrupt;
            case Key::signalled:
                if (signal_pending()) return std::nullopt;
                draw();
                continue;
            case Key::eof_or_remove:
                if (text_.empty()) return Outcome::end;
                if (!text_.ends_with('\n') || cursor_ < text_.size()) break;
                cut_short_ = true;
                text_.pop_back();
                return Outcome::line;
            default: break;
        }
        const bool known = pressed.key == Key::enter || handle(pressed);
        last_ = pressed.key;
        last_killed_ = kills(pressed.key);
        // A paste, or keys typed ahead, are drawn once.
        stale = stale || known;
        if (!stale || keyboard_->waits()) continue;
        draw();
        stale = false;
    }
}

Editor::Outcome Editor::read(Prompts prompts, std::string& line) {
    prompts_ = std::move(prompts);
    text_.clear();
    unfinished_.clear();
    undone_.clear();
    cursor_ = 0;
    history_at_ = shell_.history.size();
    last_ = Key::unknown;
    last_killed_ = cut_short_ = false;
    screen_.forget();
    std::optional<Outcome> outcome;
    while (!outcome) {
        {
            const RawMode raw;
            keyboard_.emplace(0, raw.mask());
            outcome = loop();
            if (outcome == Outcome::interrupt) text_ += "^C";
            if (outcome) screen_.leave(picture());
        }
        if (outcome) break;
        // A trap runs with the terminal as commands have it, above the line that is edited.
        screen_.erase();
        run_traps(shell_);
        if (shell_.leaving()) outcome = Outcome::interrupt;
    }
    line = outcome == Outcome::line ? text_ : std::string();
    return *outcome;
}

}  // namespace limpet::shell
