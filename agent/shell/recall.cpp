// shell/recall.cpp - the history while a line is edited: older and newer, search, suggestions.
#include "shell/editor.h"
#include "shell/shell.h"

#include <algorithm>

namespace limpet::shell {

void Editor::recall(std::size_t index) {
    const auto& history = shell_.history;
    if (index > history.size() || index == history_at_) return;
    if (history_at_ == history.size()) unfinished_ = text_;
    history_at_ = index;
    text_ = index == history.size() ? unfinished_ : history[index];
    cursor_ = text_.size();
    undone_.clear();
}

// To the same column of the line above or below; false when there is none in this text.
bool Editor::move_line(bool up) {
    const auto start = line_start();
    auto column = std::size_t{0};
    for (auto at = start; at < cursor_; at = after(at)) ++column;
    if (up) {
        if (start == 0) return false;
        cursor_ = start - 1;
        cursor_ = line_start();
    } else {
        const auto end = line_end();
        if (end == text_.size()) return false;
        cursor_ = end + 1;
    }
    const auto end = line_end();
    while (column-- > 0 && cursor_ < end) cursor_ = after(cursor_);
    return true;
}

bool Editor::handle_history(Key key) {
    switch (key) {
        case Key::up:
        case Key::older:
            if (!move_line(true) && history_at_ > 0) recall(history_at_ - 1);
            return true;
        case Key::down:
        case Key::newer:
            if (!move_line(false)) recall(history_at_ + 1);
            return true;
        case Key::first: recall(0); return true;
        case Key::last: recall(shell_.history.size()); return true;
        case Key::search:
        case Key::search_newer: search(key); return true;
        case Key::last_argument: last_argument(); return true;
        default: return false;
    }
}

// Incremental, newest first; any other key takes what was found and does its work on it.
void Editor::search(Key direction) {
    const auto& history = shell_.history;
    std::string wanted;
    auto found = history.size();
    const auto original = text_;
    const auto original_cursor = cursor_;
    const auto look = [&](std::size_t from, Key where) {
        for (auto i = from; where == Key::search ? i-- > 0 : i < history.size();
             i += where == Key::search ? 0 : 1) {
            // The same command again would be no news.
            if (!history[i].contains(wanted) ||
                (found < history.size() && found != i && history[i] == history[found])) {
                continue;
            }
            found = i;
            return true;
        }
        return false;
    };
    bool failing = false;
    for (;;) {
        const auto& shown = found < history.size() ? history[found] : original;
        const auto place = wanted.empty() ? std::string::npos : shown.find(wanted);
        const auto label = std::string(failing ? "(not found) '" : "(search) '") + wanted + "': ";
        screen_.draw({.prompt = label,
                      .continuation = prompts_.continuation,
                      .text = shown,
                      .cursor = place == std::string::npos ? shown.size() : place});
        const auto pressed = keyboard_->read();
        switch (pressed.key) {
            case Key::text:
                wanted += pressed.bytes;
                failing = !look(std::min(found + 1, history.size()), Key::search);
                break;
            case Key::search:
            case Key::search_newer:
                direction = pressed.key;
                failing = wanted.empty() ||
                          !look(direction == Key::search ? found : found + 1, direction);
                break;
            case Key::backspace:
                while (!wanted.empty() &&
                       (static_cast<unsigned char>(wanted.back()) & 0xc0) == 0x80) {
                    wanted.pop_back();
                }
                if (!wanted.empty()) wanted.pop_back();
                found = history.size();
                failing = !wanted.empty() && !look(found, Key::search);
                break;
            case Key::cancel:
            case Key::interrupted:
                text_ = original;
                cursor_ = original_cursor;
                return;
            case Key::signalled:
                if (!signal_pending()) break;
                [[fallthrough]];
            default:
                if (found < history.size()) {
                    recall(found);
                    cursor_ = place == std::string::npos ? cursor_ : place;
                }
                pending_ = pressed;
                return;
        }
    }
}

// The last word of the entry before; again, of the one before that.
void Editor::last_argument() {
    const auto& history = shell_.history;
    if (last_ == Key::last_argument) {
        undo();
    } else {
        argument_at_ = history.size();
    }
    remember();
    if (argument_at_ == 0) return;
    const std::string_view entry = history[--argument_at_];
    const auto end = entry.find_last_not_of(" \t\n");
    if (end == entry.npos) return;
    const auto blank = entry.find_last_of(" \t\n", end);
    const auto word = entry.substr(blank + 1, end - blank);
    text_.insert(cursor_, word);
    cursor_ += word.size();
}

// How the newest entry that begins like this goes on, to the end of its line.
std::string_view Editor::suggestion() const {
    const auto& history = shell_.history;
    if (!prompts_.colour || text_.empty() || cursor_ < text_.size() ||
        history_at_ < history.size()) {
        return {};
    }
    for (auto i = history.size(); i-- > 0;) {
        const std::string_view entry = history[i];
        if (entry.size() <= text_.size() || !entry.starts_with(text_)) continue;
        const auto rest = entry.substr(text_.size());
        return rest.substr(0, rest.find('\n'));
    }
    return {};
}

bool Editor::accept_suggestion(Key key) {
    const bool by_word = key == Key::word_right;
    if (key != Key::right && key != Key::end && !by_word) return false;
    auto rest = suggestion();
    if (rest.empty()) return false;
    if (by_word) {
        const auto blanks = std::min(rest.find_first_not_of(' '), rest.size());
        rest = rest.substr(0, rest.find(' ', blanks));
    }
    remember();
    text_ += std::string(rest);
    cursor_ = text_.size();
    return true;
}

}  // namespace limpet::shell
