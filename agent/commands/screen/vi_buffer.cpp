// screen/vi_buffer.cpp - the text that vi edits.
#include "commands/screen/vi_buffer.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace limpet::commands::vi {
namespace {

constexpr std::size_t undo_limit = std::size_t{64} * 1024 * 1024;

std::size_t bytes_of(const Lines& lines) {
    std::size_t bytes = 0;
    for (const auto& line : lines) bytes += line.size() + sizeof(std::string);
    return bytes;
}

std::ptrdiff_t offset(std::size_t index) { return static_cast<std::ptrdiff_t>(index); }

}  // namespace

void Buffer::load(std::string_view text) {
    lines_.clear();
    empty_ = text.empty();
    newline_ = empty_ || text.ends_with('\n');
    if (text.ends_with('\n')) text.remove_suffix(1);
    for (;;) {
        const auto end = text.find('\n');
        lines_.emplace_back(text.substr(0, end));
        if (end == text.npos) break;
        text.remove_prefix(end + 1);
    }
    undone_.clear();
    redone_.clear();
    changes_ = saved_ = next_ = 0;
    open_ = false;
}

std::string Buffer::text(std::size_t first, std::size_t count) const {
    std::string all;
    if (empty_) return all;
    for (auto i = first; i < first + count; ++i) {
        all += lines_[i];
        if (i + 1 < lines_.size() || newline_) all += '\n';
    }
    return all;
}

void Buffer::put(std::size_t first, std::size_t count, Lines lines) {
    const auto common = std::min(count, lines.size());
    std::move(lines.begin(), lines.begin() + offset(common), lines_.begin() + offset(first));
    const auto at = lines_.begin() + offset(first + common);
    if (count > common) {
        lines_.erase(at, at + offset(count - common));
    } else {
        lines_.insert(at, std::make_move_iterator(lines.begin() + offset(common)),
                      std::make_move_iterator(lines.end()));
    }
    empty_ = lines_.empty();
    if (lines_.empty()) lines_.emplace_back();
}

void Buffer::replace(std::size_t first, std::size_t count, Lines lines) {
    redone_.clear();
    if (!open_) {
        undone_.push_back({.records = {}, .bytes = 0, .before = changes_, .empty = empty_});
        changes_ = ++next_;
        open_ = true;
    }
    auto& change = undone_.back();
    // What is typed changes the same line again and again: that is one record.
    auto* last = change.records.empty() ? nullptr : &change.records.back();
    if (last && first >= last->first && first + count <= last->first + last->count) {
        last->count += lines.size() - count;
    } else {
        const bool all = count == lines_.size() && lines.empty();
        Record record{.first = first, .old = {}, .count = lines.size() + (all ? 1 : 0)};
        record.old.assign(lines_.begin() + offset(first), lines_.begin() + offset(first + count));
        change.bytes += bytes_of(record.old);
        change.records.push_back(std::move(record));
    }
    put(first, count, std::move(lines));
    std::size_t held = 0;
    for (const auto& one : undone_) held += one.bytes;
    while (held > undo_limit && undone_.size() > 1) {
        held -= undone_.front().bytes;
        undone_.pop_front();
    }
}

void Buffer::set_line(std::size_t index, std::string line) {
    Lines lines;
    lines.push_back(std::move(line));
    replace(index, 1, std::move(lines));
}

Position Buffer::insert(Position at, std::string_view text) {
    const auto& line = lines_[at.line];
    Lines lines{line.substr(0, at.byte)};
    const auto rest = line.substr(at.byte);
    for (;;) {
        const auto end = text.find('\n');
        lines.back() += text.substr(0, end);
        if (end == text.npos) break;
        lines.emplace_back();
        text.remove_prefix(end + 1);
    }
    const Position end{at.line + lines.size() - 1, lines.back().size()};
    lines.back() += rest;
    replace(at.line, 1, std::move(lines));
    return end;
}

std::string Buffer::between(Position from, Position to) const {
    if (from.line == to.line) return lines_[from.line].substr(from.byte, to.byte - from.byte);
    std::string text = lines_[from.line].substr(from.byte) + '\n';
    for (auto i = from.line + 1; i < to.line; ++i) text += lines_[i] + '\n';
    return text + lines_[to.line].substr(0, to.byte);
}

std::string Buffer::erase(Position from, Position to) {
    auto text = between(from, to);
    Lines lines{lines_[from.line].substr(0, from.byte) + lines_[to.line].substr(to.byte)};
    replace(from.line, to.line - from.line + 1, std::move(lines));
    return text;
}

std::optional<Position> Buffer::swap(std::deque<Change>& from, std::deque<Change>& to) {
    open_ = false;
    if (from.empty()) return std::nullopt;
    auto change = std::move(from.back());
    from.pop_back();
    Change other{.records = {}, .bytes = 0, .before = changes_, .empty = empty_};
    std::size_t line = lines_.size();
    for (auto record = change.records.rbegin(); record != change.records.rend(); ++record) {
        Record now{.first = record->first, .old = {}, .count = record->old.size()};
        now.old.assign(lines_.begin() + offset(record->first),
                       lines_.begin() + offset(record->first + record->count));
        put(record->first, record->count, std::move(record->old));
        other.bytes += bytes_of(now.old);
        line = std::min(line, record->first);
        other.records.push_back(std::move(now));
    }
    changes_ = change.before;
    empty_ = change.empty;
    to.push_back(std::move(other));
    return Position{std::min(line, last()), 0};
}

}  // namespace limpet::commands::vi
