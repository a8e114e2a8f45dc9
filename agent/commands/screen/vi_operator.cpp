// screen/vi_operator.cpp - d c y > < ~ on what a motion gives.
#include "commands/screen/vi.h"

#include <algorithm>

namespace limpet::commands::vi {
namespace {

std::string other_case(std::string text, int how) {
    for (auto& byte : text) {
        const bool upper = byte >= 'A' && byte <= 'Z';
        const bool lower = byte >= 'a' && byte <= 'z';
        if ((upper && how != 'U') || (lower && how != 'u')) byte ^= 32;
    }
    return text;
}

}  // namespace

Extent Vi::extent_of(Position from, Position to, bool lines, bool inclusive) const {
    if (to < from) std::swap(from, to);
    if (inclusive) to.byte = after(text_.line(to.line), to.byte);
    return {from, to, lines};
}

void Vi::yank(const Extent& extent) {
    Register taken{.text = {}, .lines = extent.lines};
    if (extent.lines) {
        for (auto i = extent.from.line; i <= extent.to.line; ++i)
            taken.text += text_.line(i) + '\n';
    } else {
        taken.text = text_.between(extent.from, extent.to);
    }
    if (register_ == '_') return;
    if (register_ >= 'A' && register_ <= 'Z') {
        auto& kept = registers_[static_cast<char>(register_ + 32)];
        kept.text += taken.text;
        kept.lines |= taken.lines;
        taken = kept;
    } else if (register_ != '"') {
        registers_[register_] = taken;
    }
    registers_['"'] = std::move(taken);
}

void Vi::change(const Extent& extent) {
    yank(extent);
    if (extent.lines) {
        const auto& line = text_.line(extent.from.line);
        std::string indent;
        if (set_.indent) {
            indent = line.substr(0, std::min(line.find_first_not_of(" \t"), line.size()));
        }
        cursor_ = {extent.from.line, indent.size()};
        text_.replace(extent.from.line, extent.to.line - extent.from.line + 1, {indent});
    } else {
        text_.erase(extent.from, extent.to);
        cursor_ = extent.from;
    }
    insert_mode(1, false);
}

void Vi::apply(int op, Extent extent) {
    const auto lines = extent.to.line - extent.from.line + 1;
    if (op == 'y') {
        yank(extent);
        cursor_ = extent.lines ? Position{extent.from.line, cursor_.byte} : extent.from;
        if (lines > 4) message_ = std::to_string(lines) + " lines yanked";
        return clamp();
    }
    changed_ = true;
    if (op == 'c') return change(extent);
    if (op == 'd') {
        yank(extent);
        if (extent.lines) {
            text_.replace(extent.from.line, lines, {});
            cursor_.line = std::min(extent.from.line, text_.last());
            cursor_.byte = first_filled(text_.line(cursor_.line));
            if (lines > 4) message_ = std::to_string(lines) + " lines deleted";
        } else {
            text_.erase(extent.from, extent.to);
            cursor_ = extent.from;
        }
        return clamp();
    }
    Lines changed;
    for (auto i = extent.from.line; i <= extent.to.line; ++i) {
        auto line = text_.line(i);
        if (op == '>') {
            if (!line.empty()) line.insert(0, set_.shift, ' ');
        } else if (op == '<') {
            std::size_t columns = 0, bytes = 0;
            while (bytes < line.size() && columns < set_.shift &&
                   (line[bytes] == ' ' || line[bytes] == '\t')) {
                columns += line[bytes++] == ' ' ? 1 : set_.tab;
            }
            line.erase(0, bytes);
        } else {
            const auto begin = !extent.lines && i == extent.from.line ? extent.from.byte : 0;
            const auto end = !extent.lines && i == extent.to.line ? extent.to.byte : line.size();
            line.replace(begin, end - begin, other_case(line.substr(begin, end - begin), op));
        }
        changed.push_back(std::move(line));
    }
    text_.replace(extent.from.line, lines, std::move(changed));
    cursor_ = extent.from;
    if (op == '>' || op == '<') cursor_.byte = first_filled(text_.line(cursor_.line));
    clamp();
}

// dd, 3yy, >>
void Vi::line_operator(int op) {
    const auto last = std::min(cursor_.line + count() - 1, text_.last());
    apply(op, {{cursor_.line, 0}, {last, 0}, true});
}

void Vi::operate(int op) {
    int got = key();
    count_prefix(got);
    if (got == op) return line_operator(op);
    const auto target = motion(got, op);
    if (!target) return;
    auto extent =
        extent_of(target->from.value_or(cursor_), target->to, target->lines, target->inclusive);
    // XCU vi: what ends at the start of a line ends with the line before.
    const bool paragraph = got == '}' || got == '{' || got == ')' || got == '(';
    if (paragraph && extent.to.byte == 0 && extent.to.line > extent.from.line) {
        const auto& line = text_.line(extent.from.line);
        --extent.to.line;
        extent.to.byte = text_.line(extent.to.line).size();
        extent.lines = op != 'c' && extent.from.byte <= first_filled(line);
    }
    apply(op, extent);
}

}  // namespace limpet::commands::vi
