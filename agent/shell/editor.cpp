// shell/editor.cpp - a line edited with the keys of emacs.
#include "shell/editor.h"

#include "commands/utf8.h"
#include "shell/complete.h"
#include "shell/shell.h"

#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace limpet::shell {
namespace {

// Keys one by one and unechoed, and pastes in brackets, until this goes.
class RawMode {
public:
    RawMode() {
        if (::tcgetattr(0, &saved_) != 0) return;
        auto raw = saved_;
        raw.c_iflag &= ~static_cast<tcflag_t>(IXON | ICRNL | INLCR | ISTRIP);
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
        if (!active_) return;
        write_fd(2, "\033[?2004l");
        ::tcsetattr(0, TCSADRAIN, &saved_);
    }

private:
    termios saved_{};
    bool active_ = false;
};

bool is_word_byte(char byte) {
    return is_name_byte(static_cast<unsigned char>(byte)) ||
           static_cast<unsigned char>(byte) >= 0x80;
}

bool kills(Key key) {
    return key == Key::kill_end || key == Key::kill_start || key == Key::kill_word ||
           key == Key::kill_word_back || key == Key::remove_word_back;
}

}  // namespace

std::size_t Editor::before(std::size_t at) const {
    if (at == 0) return 0;
    do {
        --at;
    } while (at > 0 && (static_cast<unsigned char>(text_[at]) & 0xc0) == 0x80);
    return at;
}

std::size_t Editor::after(std::size_t at) const {
    if (at >= text_.size()) return text_.size();
    return std::min(
        text_.size(),
        at + std::max<std::size_t>(1, commands::utf8_length(std::string_view(text_).substr(at))));
}

std::size_t Editor::word_before(std::size_t at, bool blanks_only) const {
    const auto inside = [&](std::size_t i) {
        return blanks_only ? text_[i] != ' ' && text_[i] != '\t' && text_[i] != '\n'
                           : is_word_byte(text_[i]);
    };
    while (at > 0 && !inside(at - 1)) --at;
    while (at > 0 && inside(at - 1)) --at;
    return at;
}

std::size_t Editor::word_after(std::size_t at) const {
    while (at < text_.size() && !is_word_byte(text_[at])) ++at;
    while (at < text_.size() && is_word_byte(text_[at])) ++at;
    return at;
}

void Editor::remember() {
    constexpr std::size_t most = 200;
    if (undone_.size() == most) undone_.erase(undone_.begin());
    undone_.emplace_back(text_, cursor_);
}

void Editor::insert(std::string_view bytes) {
    // A word typed is undone as one.
    if (last_ != Key::text || bytes == " ") remember();
    text_.insert(cursor_, bytes);
    cursor_ += bytes.size();
}

void Editor::remove(std::size_t from, std::size_t to) {
    if (from == to) return;
    remember();
    text_.erase(from, to - from);
    cursor_ = from;
}

// Kills that follow one another are yanked back as one.
void Editor::kill(std::size_t from, std::size_t to, bool forward) {
    if (from == to) return;
    const auto piece = text_.substr(from, to - from);
    constexpr std::size_t most = 32;
    if (!last_killed_ || ring_.empty()) {
        if (ring_.size() == most) ring_.erase(ring_.begin());
        ring_.push_back(piece);
    } else {
        ring_.back() = forward ? ring_.back() + piece : piece + ring_.back();
    }
    remove(from, to);
}

void Editor::yank(bool older) {
    if (ring_.empty()) return;
    if (older) {
        if (last_ != Key::yank && last_ != Key::yank_older) return;
        text_.erase(cursor_ - yanked_, yanked_);
        cursor_ -= yanked_;
        ring_at_ = (ring_at_ + ring_.size() - 1) % ring_.size();
    } else {
        remember();
        ring_at_ = ring_.size() - 1;
    }
    yanked_ = ring_[ring_at_].size();
    text_.insert(cursor_, ring_[ring_at_]);
    cursor_ += yanked_;
}

void Editor::transpose() {
    auto middle = cursor_;
    if (middle == text_.size()) middle = before(middle);
    const auto start = before(middle);
    const auto end = after(middle);
    if (start == middle || middle == end) return;
    remember();
    const auto swapped = text_.substr(middle, end - middle) + text_.substr(start, middle - start);
    text_.replace(start, end - start, swapped);
    cursor_ = end;
}

void Editor::undo() {
    if (undone_.empty()) return;
    text_ = std::move(undone_.back().first);
    cursor_ = undone_.back().second;
    undone_.pop_back();
}

bool Editor::handle_motion(Key key) {
    switch (key) {
        case Key::left: cursor_ = before(cursor_); return true;
        case Key::right: cursor_ = after(cursor_); return true;
        case Key::home: cursor_ = 0; return true;
        case Key::end: cursor_ = text_.size(); return true;
        case Key::word_left: cursor_ = word_before(cursor_, false); return true;
        case Key::word_right: cursor_ = word_after(cursor_); return true;
        default: return false;
    }
}

bool Editor::handle_kill(Key key) {
    switch (key) {
        case Key::kill_end: kill(cursor_, text_.size(), true); return true;
        case Key::kill_start: kill(0, cursor_, false); return true;
        case Key::kill_word: kill(cursor_, word_after(cursor_), true); return true;
        case Key::kill_word_back: kill(word_before(cursor_, true), cursor_, false); return true;
        case Key::remove_word_back: kill(word_before(cursor_, false), cursor_, false); return true;
        default: return false;
    }
}

void Editor::recall(std::size_t index) {
    const auto& history = shell_.history;
    if (index > history.size() || index == history_at_) return;
    if (history_at_ == history.size()) unfinished_ = text_;
    history_at_ = index;
    text_ = index == history.size() ? unfinished_ : history[index];
    cursor_ = text_.size();
    undone_.clear();
}

bool Editor::handle_history(Key key) {
    switch (key) {
        case Key::up:
        case Key::older:
            if (history_at_ > 0) recall(history_at_ - 1);
            return true;
        case Key::down:
        case Key::newer: recall(history_at_ + 1); return true;
        case Key::first: recall(0); return true;
        case Key::last: recall(shell_.history.size()); return true;
        case Key::search: search(); return true;
        default: return false;
    }
}

// Ctrl-R: incremental, newest first; any other key takes what was found and does its work on it.
void Editor::search() {
    const auto& history = shell_.history;
    std::string wanted;
    auto found = history.size();
    const auto original = text_;
    const auto look = [&](std::size_t from) {
        for (auto i = from; i-- > 0;) {
            if (history[i].contains(wanted)) {
                found = i;
                return true;
            }
        }
        return false;
    };
    bool failing = false;
    for (;;) {
        const auto shown = found < history.size() ? history[found] : original;
        const auto place = wanted.empty() ? std::string::npos : shown.find(wanted);
        screen_.draw((failing ? "(not found) '" : "(search) '") + wanted + "': ", shown,
                     place == std::string::npos ? shown.size() : place);
        const auto pressed = read_key(0);
        if (pressed.key == Key::text) {
            wanted += pressed.bytes;
            failing = !look(std::min(found + 1, history.size()));
        } else if (pressed.key == Key::search) {
            failing = wanted.empty() || !look(found);
        } else if (pressed.key == Key::backspace) {
            if (!wanted.empty()) wanted.pop_back();
            found = history.size();
            failing = !wanted.empty() && !look(found);
        } else if (pressed.key == Key::cancel || pressed.key == Key::interrupted) {
            text_ = original;
            cursor_ = text_.size();
            return;
        } else if (pressed.key != Key::resized) {
            if (found < history.size()) recall(found);
            draw();
            pending_ = pressed;
            return;
        }
    }
}

bool Editor::handle(const Pressed& pressed) {
    if (handle_motion(pressed.key) || handle_kill(pressed.key) || handle_history(pressed.key)) {
        return true;
    }
    switch (pressed.key) {
        case Key::text:
        case Key::paste: insert(pressed.bytes); break;
        case Key::backspace: remove(before(cursor_), cursor_); break;
        case Key::remove:
        case Key::eof_or_remove: remove(cursor_, after(cursor_)); break;
        case Key::yank: yank(false); break;
        case Key::yank_older: yank(true); break;
        case Key::transpose: transpose(); break;
        case Key::undo: undo(); break;
        case Key::clear: screen_.clear(); break;
        case Key::tab: complete(); break;
        default: return pressed.key == Key::resized;
    }
    return true;
}

Editor::Outcome Editor::loop() {
    draw();
    for (;;) {
        const auto pressed = pending_ ? *std::exchange(pending_, std::nullopt) : read_key(0);
        switch (pressed.key) {
            case Key::enter: return Outcome::line;
            case Key::end_of_input: return Outcome::end;
            case Key::interrupted: return Outcome::interrupt;
            case Key::eof_or_remove:
                if (text_.empty()) return Outcome::end;
                break;
            case Key::resized:
                if (signal_pending()) run_traps(shell_);
                if (shell_.leaving()) return Outcome::interrupt;
                break;
            default: break;
        }
        const bool known = handle(pressed);
        last_ = pressed.key;
        last_killed_ = kills(pressed.key);
        // A paste, or keys typed ahead, are drawn once.
        if (known && !key_waits(0)) draw();
    }
}

Editor::Outcome Editor::read(const std::string& prompt, std::string& line) {
    const RawMode raw;
    prompt_ = prompt;
    text_.clear();
    unfinished_.clear();
    undone_.clear();
    cursor_ = 0;
    history_at_ = shell_.history.size();
    last_ = Key::unknown;
    last_killed_ = false;
    screen_.forget();
    const auto outcome = loop();
    if (outcome == Outcome::interrupt) text_ += "^C";
    screen_.leave(prompt_, text_);
    line = outcome == Outcome::line ? text_ : std::string();
    return outcome;
}

// The first Tab completes as far as it is clear; the second lists.
void Editor::complete() {
    const auto completion = shell::complete(shell_, text_, cursor_);
    if (completion.insertion.size() > cursor_ - completion.start ||
        (completion.names.size() == 1 && !completion.insertion.empty())) {
        remember();
        text_.replace(completion.start, cursor_ - completion.start, completion.insertion);
        cursor_ = completion.start + completion.insertion.size();
        if (completion.names.size() == 1) return;
    }
    if (last_ == Key::tab && completion.names.size() > 1) {
        list(completion.names);
    } else if (completion.names.empty()) {
        screen_.put("\a");
    }
}

void Editor::list(const std::vector<std::string>& names) {
    constexpr std::size_t most = 200;
    screen_.leave(prompt_, text_);
    const auto shown = std::min(names.size(), most);
    std::size_t widest = 1;
    for (std::size_t i = 0; i < shown; ++i) {
        widest = std::max(widest, commands::text_width(names[i]) + 2);
    }
    const auto columns = std::max<std::size_t>(1, screen_.width() / widest);
    std::string text;
    for (std::size_t i = 0; i < shown; ++i) {
        text += names[i];
        const bool ends = (i + 1) % columns == 0 || i + 1 == shown;
        if (ends) {
            text += "\r\n";
        } else {
            text.append(widest - commands::text_width(names[i]), ' ');
        }
    }
    if (shown < names.size())
        text += "... and " + std::to_string(names.size() - shown) + " more\r\n";
    screen_.put(text);
}

}  // namespace limpet::shell
