// screen/vi_command.cpp - the keys of vi that change the text.
#include "commands/screen/vi.h"

#include <algorithm>

namespace limpet::commands::vi {
namespace {

constexpr std::size_t most_counted = 1'000'000;

}  // namespace

void Vi::count_prefix(int& got) {
    std::size_t typed = 0;
    while ((got >= '1' && got <= '9') || (got == '0' && typed > 0)) {
        typed = std::min(typed * 10 + static_cast<std::size_t>(got - '0'), most_counted);
        got = key();
    }
    if (typed > 0) count_ = std::min(count() * typed, most_counted);
}

void Vi::clamp() {
    cursor_.line = std::min(cursor_.line, text_.last());
    const auto& line = text_.line(cursor_.line);
    cursor_.byte = std::min(cursor_.byte, last_place(line));
}

void Vi::put(bool behind) {
    const auto kept = registers_.find(
        register_ >= 'A' && register_ <= 'Z' ? static_cast<char>(register_ + 32) : register_);
    if (kept == registers_.end() || kept->second.text.empty()) {
        message_ = "there is nothing in register " + std::string(1, register_);
        return;
    }
    changed_ = true;
    const auto& [text, lines] = kept->second;
    constexpr std::size_t most = std::size_t{16} * 1024 * 1024;
    const auto times = std::min(count(), most / text.size() + 1);
    std::string all;
    for (std::size_t i = 0; i < times; ++i) all += text;
    if (lines) {
        if (all.ends_with('\n')) all.pop_back();
        Buffer added;
        added.load(all + '\n');
        Lines inserted;
        for (std::size_t i = 0; i < added.size(); ++i) inserted.push_back(added.line(i));
        if (text_.empty() && text_.size() == 1) {
            text_.replace(0, 1, std::move(inserted));
            cursor_ = {};
            return;
        }
        const auto at = cursor_.line + (behind ? 1 : 0);
        text_.replace(at, 0, std::move(inserted));
        cursor_ = {at, first_filled(text_.line(at))};
        return;
    }
    const auto& line = text_.line(cursor_.line);
    const Position at{cursor_.line, behind ? after(line, cursor_.byte) : cursor_.byte};
    const auto end = text_.insert(at, all);
    const bool one_line = all.find('\n') == all.npos;
    cursor_ = one_line ? Position{end.line, before(text_.line(end.line), end.byte)} : at;
    clamp();
}

void Vi::replace_character() {
    const auto typed = character();
    const auto& line = text_.line(cursor_.line);
    auto end = cursor_.byte;
    for (std::size_t i = 0; i < count(); ++i) {
        if (end >= line.size()) return;
        end = after(line, end);
    }
    if (typed.empty()) return;
    changed_ = true;
    text_.erase(cursor_, {cursor_.line, end});
    if (typed == "\n") {
        cursor_ = text_.insert(cursor_, typed);
        return;
    }
    std::string all;
    for (std::size_t i = 0; i < count(); ++i) all += typed;
    const auto last = text_.insert(cursor_, all);
    cursor_.byte = last.byte - typed.size();
}

void Vi::join(std::size_t first, std::size_t lines, bool blanks) {
    const auto last = std::min(first + lines - 1, text_.last());
    if (last == first) return;
    changed_ = true;
    auto joined = text_.line(first);
    std::size_t at = joined.size();
    for (auto i = first + 1; i <= last; ++i) {
        auto next = text_.line(i);
        if (blanks) {
            next.erase(0, std::min(next.find_first_not_of(" \t"), next.size()));
            const bool none = joined.empty() || joined.ends_with(' ') || joined.ends_with('\t') ||
                              next.empty() || next.starts_with(')');
            at = joined.size();
            if (!none) joined += ' ';
        } else {
            at = joined.size();
        }
        joined += next;
    }
    Lines one;
    one.push_back(std::move(joined));
    text_.replace(first, last - first + 1, std::move(one));
    cursor_ = {first, at};
    clamp();
}

void Vi::toggle_case() {
    const auto& line = text_.line(cursor_.line);
    if (line.empty()) return;
    auto end = cursor_.byte;
    for (std::size_t i = 0; i < count() && end < line.size(); ++i) end = after(line, end);
    const Position from = cursor_;
    apply('~', {from, {from.line, end}, false});
    cursor_ = {from.line, end};
    clamp();
}

void Vi::undo(bool redo) {
    for (std::size_t i = 0; i < count(); ++i) {
        const auto at = redo ? text_.redo() : text_.undo();
        if (!at) {
            message_ = redo ? "there is nothing to redo" : "there is nothing to undo";
            return;
        }
        cursor_ = *at;
        cursor_.byte = first_filled(text_.line(cursor_.line));
    }
}

void Vi::repeat() {
    if (dot_.empty() || replaying_) return;
    const auto own = count_;
    count_ = own > 0 ? own : dot_count_;
    dot_count_ = count_;
    register_ = dot_register_;
    replayed_.assign(dot_.begin() + 1, dot_.end());
    replaying_ = true;
    const auto before = dot_;
    if (!simple(dot_.front())) start_insert(dot_.front());
    replaying_ = false;
    replayed_.clear();
    dot_ = before;
    changed_ = false;
}

bool Vi::start_insert(int got) {
    const auto& line = text_.line(cursor_.line);
    switch (got) {
        case 'i':
        case key::insert: break;
        case 'a': cursor_.byte = after(line, cursor_.byte); break;
        case 'I': cursor_.byte = std::min(line.find_first_not_of(" \t"), line.size()); break;
        case 'A': cursor_.byte = line.size(); break;
        case 'R': insert_mode(count(), true); return true;
        case 'o':
        case 'O': {
            std::string indent;
            if (set_.indent) {
                indent = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
            }
            const auto at = cursor_.line + (got == 'o' ? 1 : 0);
            cursor_ = {at, indent.size()};
            text_.replace(at, 0, {indent});
            break;
        }
        default: return false;
    }
    insert_mode(count(), false);
    return true;
}

// True when the key was one of these.
bool Vi::simple(int got) {
    const auto& line = text_.line(cursor_.line);
    // The same as an operator with a motion.
    const auto as = [&](int op, Position to) {
        auto extent = extent_of(cursor_, to, false, false);
        if (op == 'c' || extent.from != extent.to) apply(op, extent);
        return true;
    };
    auto along = cursor_.byte, back = cursor_.byte;
    for (std::size_t i = 0; i < count() && along < line.size(); ++i) along = after(line, along);
    for (std::size_t i = 0; i < count() && back > 0; ++i) back = before(line, back);
    const auto end = std::min(cursor_.line + count() - 1, text_.last());
    switch (got) {
        case 'd':
        case 'c':
        case 'y':
        case '>':
        case '<': operate(got); return true;
        case 'x':
        case key::remove: return as('d', {cursor_.line, along});
        case 'X': return as('d', {cursor_.line, back});
        case 's': return as('c', {cursor_.line, along});
        case 'D': return as('d', {end, text_.line(end).size()});
        case 'C': return as('c', {end, text_.line(end).size()});
        case 'S': line_operator('c'); return true;
        case 'Y': line_operator('y'); return true;
        case 'p':
        case 'P': put(got == 'p'); return true;
        case 'r': replace_character(); return true;
        case 'J': join(cursor_.line, std::max<std::size_t>(2, count()), true); return true;
        case '~': toggle_case(); return true;
        default: return false;
    }
}

void Vi::move_screen(int got) {
    const auto half = std::max<std::size_t>(1, room() / 2);
    const auto page = room() > 2 ? room() - 2 : 1;
    switch (got) {
        case key::control('F'):
        case key::page_down: scroll(page * count(), true); break;
        case key::control('B'):
        case key::page_up: scroll(page * count(), false); break;
        case key::control('D'):
            cursor_.line = std::min(cursor_.line + (count_ ? count_ : half), text_.last());
            scroll(count_ ? count_ : half, true);
            break;
        case key::control('U'):
            cursor_.line -= std::min(cursor_.line, count_ ? count_ : half);
            scroll(count_ ? count_ : half, false);
            break;
        case key::control('E'): scroll(count(), true); break;
        case key::control('Y'): scroll(count(), false); break;
        default: {  // z
            const int where = key();
            top_ = cursor_.line;
            top_row_ = 0;
            const auto above = where == 'z' || where == '.'   ? room() / 2
                               : where == 'b' || where == '-' ? room() - 1
                                                              : 0;
            for (std::size_t rows = 0; top_ > 0 && rows + height_of(top_ - 1) <= above; --top_) {
                rows += height_of(top_ - 1);
            }
            return;
        }
    }
    cursor_.byte = byte_at(cursor_.line, wanted_);
}

void Vi::command() {
    text_.close_change();
    keys_.clear();
    count_ = 0;
    register_ = '"';
    changed_ = false;
    int got = key();
    count_prefix(got);
    while (got == '"') {
        const int name = key();
        register_ = name < 128 ? static_cast<char>(name) : '"';
        got = key();
        count_prefix(got);
    }
    if (!mode_.empty()) mode_.clear();
    message_.clear();
    // What is repeated begins with this key.
    keys_.assign(1, got);
    const auto was = cursor_;
    const auto asked = count_;
    const auto asked_register = register_;
    bool vertical = false;
    switch (got) {
        case '.': repeat(); break;
        case 'u': undo(false); break;
        case 'U': message_ = "u undoes one change after another, Ctrl-R redoes"; break;
        case key::control('R'): undo(true); break;
        case 'v':
        case 'V': visual(got); break;
        case ':': colon(count_ > 0 ? ".,.+" + std::to_string(count_ - 1) : ""); break;
        case '&': execute("s"); break;
        case 'm':
            if (const int name = key(); name < 128) marks_[static_cast<char>(name)] = cursor_;
            break;
        case 'Z': {
            const int second = key();
            if (second == 'Z') execute("x");
            if (second == 'Q') execute("q!");
            break;
        }
        case key::control('L'): screen_.forget(); break;
        case key::control('G'): tell_file(); break;
        case key::control('F'):
        case key::control('B'):
        case key::control('D'):
        case key::control('U'):
        case key::control('E'):
        case key::control('Y'):
        case key::page_down:
        case key::page_up:
        case 'z':
            move_screen(got);
            vertical = true;
            break;
        case key::escape:
        case key::control('C'): break;
        default: {
            if (simple(got) || start_insert(got)) break;
            const auto target = motion(got, 0);
            if (!target) {
                screen_.bell();
                break;
            }
            constexpr std::string_view jumps = "G/?nN*#'`%HML{}()g";
            if (got < 128 && jumps.find(static_cast<char>(got)) != jumps.npos) marks_['`'] = was;
            cursor_ = target->to;
            vertical = target->vertical;
            if (got == '$' || got == key::end) wanted_ = std::string::npos;
            vertical |= wanted_ == std::string::npos && (got == '$' || got == key::end);
        }
    }
    clamp();
    if (!vertical) wanted_ = column_of(cursor_);
    if (changed_ && got != '.') {
        dot_.assign(keys_.begin(), keys_.end());
        dot_count_ = asked;
        dot_register_ = asked_register;
    }
}

}  // namespace limpet::commands::vi
