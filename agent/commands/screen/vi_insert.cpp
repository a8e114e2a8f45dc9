// screen/vi_insert.cpp - text as it is typed.
#include "commands/screen/vi.h"

#include <algorithm>

namespace limpet::commands::vi {

void Vi::insert_break() {
    const auto& line = text_.line(cursor_.line);
    std::string indent;
    if (set_.indent) indent = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
    indent.resize(std::min(indent.size(), cursor_.byte));
    cursor_ = text_.insert(cursor_, "\n" + indent);
}

// False when the key ends it.
bool Vi::insert_key(int got, bool replacing, Position start) {
    const auto& line = text_.line(cursor_.line);
    const auto remove_to = [&](std::size_t byte) {
        text_.erase({cursor_.line, byte}, cursor_);
        cursor_.byte = byte;
    };
    // Not beyond where it began, in the line in which it began: what was there stays.
    const auto bound = cursor_.line == start.line && cursor_.byte >= start.byte ? start.byte : 0;
    switch (got) {
        case key::escape:
        case key::control('C'): return false;
        case '\r':
        case '\n': insert_break(); return true;
        case 8:
        case 127:
            if (cursor_.byte > 0 && replacing) {
                cursor_.byte = before(line, cursor_.byte);
            } else if (cursor_.byte > 0) {
                remove_to(before(line, cursor_.byte));
            } else if (cursor_.line > 0) {
                const Position end{cursor_.line - 1, text_.line(cursor_.line - 1).size()};
                text_.erase(end, cursor_);
                cursor_ = end;
            }
            return true;
        case key::control('W'): {
            auto to = word_back(text_, cursor_, false);
            if (to.line != cursor_.line || to.byte < bound) to.byte = bound;
            if (to.byte < cursor_.byte) remove_to(to.byte);
            return true;
        }
        case key::control('U'):
            if (cursor_.byte > bound) remove_to(bound);
            return true;
        case key::control('T'):
            text_.insert({cursor_.line, 0}, std::string(set_.shift, ' '));
            cursor_.byte += set_.shift;
            return true;
        case key::control('D'): {
            const auto blanks =
                std::min({line.find_first_not_of(' '), line.size(), set_.shift, cursor_.byte});
            text_.erase({cursor_.line, 0}, {cursor_.line, blanks});
            cursor_.byte -= blanks;
            return true;
        }
        case key::left: cursor_.byte = before(line, cursor_.byte); break;
        case key::right: cursor_.byte = after(line, cursor_.byte); break;
        case key::home: cursor_.byte = 0; break;
        case key::end: cursor_.byte = line.size(); break;
        case key::up:
        case key::down: {
            const auto column = column_of(cursor_);
            if (got == key::up && cursor_.line > 0) --cursor_.line;
            if (got == key::down && cursor_.line < text_.last()) ++cursor_.line;
            cursor_.byte = byte_at(cursor_.line, column);
            const auto& there = text_.line(cursor_.line);
            if (column > column_of(cursor_)) cursor_.byte = there.size();
            break;
        }
        case key::remove:
            if (cursor_.byte < line.size()) {
                text_.erase(cursor_, {cursor_.line, after(line, cursor_.byte)});
            } else if (cursor_.line < text_.last()) {
                text_.erase(cursor_, {cursor_.line + 1, 0});
            }
            return true;
        case key::control('V'): {
            const int literal = key();
            if (literal < 256)
                cursor_ = text_.insert(cursor_, std::string(1, static_cast<char>(literal)));
            return true;
        }
        default:
            if (got > 255) return true;
            if (replacing && cursor_.byte < line.size() && (got & 0xC0) != 0x80) {
                text_.erase(cursor_, {cursor_.line, after(line, cursor_.byte)});
            }
            cursor_ = text_.insert(cursor_, std::string(1, static_cast<char>(got)));
            return true;
    }
    // The cursor went elsewhere: what is typed there is another change.
    text_.close_change();
    return true;
}

void Vi::insert_mode(std::size_t times, bool replacing) {
    changed_ = true;
    mode_ = replacing ? "-- REPLACE --" : "-- INSERT --";
    const auto start = cursor_;
    const auto lines_before = text_.size();
    while (!done_) {
        message_.clear();
        if (!insert_key(key(), replacing, start)) break;
    }
    // 3ix is xxx: what was typed comes again, when it was typed in one go.
    const bool whole = cursor_ > start && text_.size() - lines_before == cursor_.line - start.line;
    if (times > 1 && whole && !replacing) {
        const auto typed = text_.between(start, cursor_);
        constexpr std::size_t most = std::size_t{16} * 1024 * 1024;
        for (std::size_t i = 1; i < times && i * typed.size() < most; ++i) {
            cursor_ = text_.insert(cursor_, typed);
        }
    }
    mode_.clear();
    if (cursor_.byte > 0) cursor_.byte = before(text_.line(cursor_.line), cursor_.byte);
    text_.close_change();
    wanted_ = column_of(cursor_);
}

}  // namespace limpet::commands::vi
