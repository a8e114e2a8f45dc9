// screen/vi_visual.cpp - text that is chosen first and changed then: v and V.
#include "commands/screen/vi.h"

#include <algorithm>

namespace limpet::commands::vi {

bool Vi::visual_command(int got, int& kind, Position from) {
    auto extent = extent_of(from, cursor_, kind == 'V', true);
    if (extent.lines) extent.from.byte = 0;
    switch (got) {
        case key::escape:
        case key::control('C'): return true;
        case 'x':
        case 'X':
        case key::remove: got = 'd'; break;
        case 's': got = 'c'; break;
        case 'v':
        case 'V':
            if (got == kind) return true;
            kind = got;
            return false;
        default: break;
    }
    if (std::string_view("DCSRY").find(static_cast<char>(got)) != std::string_view::npos) {
        extent.lines = true;
        got = got == 'S' || got == 'R' ? 'c' : got | 32;
    }
    if (std::string_view("dcy><~uU").find(static_cast<char>(got)) != std::string_view::npos) {
        visual_from_.reset();
        marks_['<'] = std::min(from, cursor_);
        marks_['>'] = std::max(from, cursor_);
        cursor_ = extent.from;
        apply(got, extent);
        changed_ = false;
        return true;
    }
    if (got == 'J') {
        join(extent.from.line, std::max<std::size_t>(2, extent.to.line - extent.from.line + 1),
             true);
        changed_ = false;
        return true;
    }
    if (got == 'p' || got == 'P') {
        const auto kept = registers_[register_];
        const auto name = register_;
        register_ = '"';
        apply('d', extent);
        const auto taken = registers_['"'];
        registers_[name] = kept;
        register_ = name;
        put(!extent.lines && cursor_ < extent.from);
        registers_['"'] = taken;
        changed_ = false;
        return true;
    }
    if (got == ':') {
        marks_['<'] = std::min(from, cursor_);
        marks_['>'] = std::max(from, cursor_);
        visual_from_.reset();
        colon("'<,'>");
        return true;
    }
    return false;
}

void Vi::visual(int kind) {
    visual_from_ = cursor_;
    while (!done_ && visual_from_) {
        visual_lines_ = kind == 'V';
        mode_ = visual_lines_ ? "-- VISUAL LINE --" : "-- VISUAL --";
        count_ = 0;
        int got = key();
        count_prefix(got);
        if (got == '"') {
            register_ = static_cast<char>(key());
            got = key();
        }
        if (got > 0 && got < 256 && visual_command(got, kind, *visual_from_)) break;
        if (!visual_from_) break;
        if (got == 'o') {
            std::swap(*visual_from_, cursor_);
            continue;
        }
        if (got == 'v' || got == 'V') continue;
        // Text objects work on what they find, and only here may they stand alone.
        const auto target = motion(got, got == 'i' || got == 'a' ? 'v' : 0);
        if (!target) continue;
        if (target->from) visual_from_ = *target->from;
        cursor_ = target->to;
        if (target->from) cursor_.byte = before(text_.line(cursor_.line), cursor_.byte);
        clamp();
        if (!target->vertical) wanted_ = column_of(cursor_);
    }
    visual_from_.reset();
    mode_.clear();
}

}  // namespace limpet::commands::vi
