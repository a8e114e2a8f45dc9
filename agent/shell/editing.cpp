// shell/editing.cpp - what the keys do to the text: motions, kills, yanks, case, undo.
#include "commands/utf8.h"
#include "shell/editor.h"
#include "shell/shell.h"

#include <algorithm>

namespace limpet::shell {
namespace {

bool is_word_byte(char byte) {
    return is_name_byte(static_cast<unsigned char>(byte)) ||
           static_cast<unsigned char>(byte) >= 0x80;
}

// An accent belongs to the character before it, and so does a joiner.
bool is_combining(std::string_view text) {
    const auto length = commands::utf8_length(text);
    return length > 1 && commands::column_width(commands::utf8_decode(text.substr(0, length))) == 0;
}

}  // namespace

std::size_t Editor::before(std::size_t at) const {
    const std::string_view text = text_;
    while (at > 0) {
        do {
            --at;
        } while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80);
        if (!is_combining(text.substr(at))) break;
    }
    return at;
}

std::size_t Editor::after(std::size_t at) const {
    const std::string_view text = text_;
    if (at >= text.size()) return text.size();
    do {
        at += std::max<std::size_t>(1, commands::utf8_length(text.substr(at)));
    } while (at < text.size() && is_combining(text.substr(at)));
    return at;
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

std::size_t Editor::line_start() const {
    const auto newline = cursor_ == 0 ? std::string::npos : text_.rfind('\n', cursor_ - 1);
    return newline == std::string::npos ? 0 : newline + 1;
}

std::size_t Editor::line_end() const { return std::min(text_.find('\n', cursor_), text_.size()); }

void Editor::remember() {
    constexpr std::size_t most = 200;
    constexpr std::size_t most_bytes = std::size_t{4} * 1024 * 1024;
    undone_.emplace_back(text_, cursor_);
    std::size_t bytes = 0;
    std::size_t kept = 0;
    while (kept < undone_.size() && kept < most && bytes <= most_bytes) {
        bytes += undone_[undone_.size() - ++kept].first.size();
    }
    undone_.erase(undone_.begin(), undone_.end() - static_cast<std::ptrdiff_t>(kept));
}

void Editor::insert(std::string_view bytes, bool typed) {
    // A word typed is undone as one.
    if (!typed || last_ != Key::text || bytes == " ") remember();
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

// The word before the cursor, or around it, moves behind the next one; of the last word, before
// the one that precedes it.
void Editor::transpose_words() {
    const auto end = word_after(cursor_);
    const auto second = word_before(end, false);
    const auto first = word_before(second, false);
    auto first_end = first;
    while (first_end < second && is_word_byte(text_[first_end])) ++first_end;
    if (first == second || first_end == first) return;
    remember();
    const auto swapped = text_.substr(second, end - second) +
                         text_.substr(first_end, second - first_end) +
                         text_.substr(first, first_end - first);
    text_.replace(first, end - first, swapped);
    cursor_ = end;
}

void Editor::change_case(Key key) {
    const auto end = word_after(cursor_);
    if (end == cursor_) return;
    remember();
    bool inside = false;
    for (; cursor_ < end; ++cursor_) {
        auto& byte = text_[cursor_];
        const bool lower = byte >= 'a' && byte <= 'z';
        const bool upper = byte >= 'A' && byte <= 'Z';
        const bool raise = key == Key::upper_word || (key == Key::capital_word && !inside);
        if ((lower && raise) || (upper && !raise)) byte = static_cast<char>(byte ^ 32);
        inside = inside || is_word_byte(byte);
    }
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
        case Key::home: cursor_ = line_start(); return true;
        case Key::end: cursor_ = line_end(); return true;
        case Key::word_left: cursor_ = word_before(cursor_, false); return true;
        case Key::word_right: cursor_ = word_after(cursor_); return true;
        default: return false;
    }
}

bool Editor::handle_kill(Key key) {
    switch (key) {
        case Key::kill_end: {
            // At its end a line is joined with the next.
            const auto end = line_end();
            kill(cursor_, end == cursor_ ? after(cursor_) : end, true);
            return true;
        }
        case Key::kill_start: kill(line_start(), cursor_, false); return true;
        case Key::kill_word: kill(cursor_, word_after(cursor_), true); return true;
        case Key::kill_word_back: kill(word_before(cursor_, true), cursor_, false); return true;
        case Key::remove_word_back: kill(word_before(cursor_, false), cursor_, false); return true;
        default: return false;
    }
}

// False when the key does nothing.
bool Editor::handle_change(const Pressed& pressed) {
    switch (pressed.key) {
        case Key::text:
        case Key::paste:
        case Key::literal: insert(pressed.bytes, pressed.key == Key::text); return true;
        case Key::newline: insert("\n", false); return true;
        case Key::backspace: remove(before(cursor_), cursor_); return true;
        case Key::remove:
        case Key::eof_or_remove: remove(cursor_, after(cursor_)); return true;
        case Key::yank: yank(false); return true;
        case Key::yank_older: yank(true); return true;
        case Key::transpose: transpose(); return true;
        case Key::transpose_words: transpose_words(); return true;
        case Key::upper_word:
        case Key::lower_word:
        case Key::capital_word: change_case(pressed.key); return true;
        case Key::undo: undo(); return true;
        case Key::clear: screen_.clear(); return true;
        case Key::tab: complete(); return true;
        default: return false;
    }
}

}  // namespace limpet::shell
