// screen/vi_motion.cpp - where the keys of vi lead in a text.
#include "commands/screen/vi_motion.h"

#include "commands/utf8.h"

#include <algorithm>

namespace limpet::commands::vi {
namespace {

enum class Kind : unsigned char { blank, word, other };

bool is_word(unsigned char byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') || byte == '_' || byte >= 0x80;
}

Kind kind_at(const Buffer& text, Position at, bool big) {
    const auto& line = text.line(at.line);
    if (at.byte >= line.size()) return Kind::blank;
    const auto byte = static_cast<unsigned char>(line[at.byte]);
    if (byte == ' ' || byte == '\t') return Kind::blank;
    return big || is_word(byte) ? Kind::word : Kind::other;
}

// One character on, over ends of lines; false at the end of the text.
bool step(const Buffer& text, Position& at) {
    const auto& line = text.line(at.line);
    if (at.byte < line.size()) at.byte = after(line, at.byte);
    if (at.byte < line.size()) return true;
    if (at.line == text.last()) return false;
    at = {at.line + 1, 0};
    return true;
}

bool step_back(const Buffer& text, Position& at) {
    if (at.byte > 0) {
        at.byte = before(text.line(at.line), at.byte);
        return true;
    }
    if (at.line == 0) return false;
    at = {at.line - 1, last_place(text.line(at.line - 1))};
    return true;
}

bool is_empty(const Buffer& text, std::size_t line) { return text.line(line).empty(); }

}  // namespace

std::size_t after(std::string_view line, std::size_t byte) {
    if (byte >= line.size()) return line.size();
    auto next = byte + std::max<std::size_t>(1, utf8_length(line.substr(byte)));
    while (next < line.size() && static_cast<unsigned char>(line[next]) >= 0x80) {
        const auto length = utf8_length(line.substr(next));
        if (length == 0 || column_width(utf8_decode(line.substr(next, length))) > 0) break;
        if (utf8_decode(line.substr(next, length)) < 0xA0) break;
        next += length;
    }
    return next;
}

std::size_t before(std::string_view line, std::size_t byte) {
    if (byte == 0) return 0;
    // From far enough back that a character begins there.
    constexpr std::size_t far = 32;
    auto at = byte > far ? byte - far : 0;
    while (at > 0 && at < byte && (static_cast<unsigned char>(line[at]) & 0xC0) == 0x80) ++at;
    if (at >= byte) return byte - 1;
    for (auto next = after(line, at); next < byte; next = after(line, at)) at = next;
    return at;
}

std::size_t first_filled(std::string_view line) {
    const auto at = line.find_first_not_of(" \t");
    return at == line.npos ? last_place(line) : at;
}

std::size_t last_place(std::string_view line) { return before(line, line.size()); }

Position word_on(const Buffer& text, Position at, bool big) {
    const auto start = kind_at(text, at, big);
    const auto line = at.line;
    if (start != Kind::blank) {
        while (kind_at(text, at, big) == start) {
            const auto was = at.line;
            if (!step(text, at)) return at;
            if (at.line != was) break;
        }
    }
    while (kind_at(text, at, big) == Kind::blank) {
        if (at.line != line && is_empty(text, at.line)) return at;
        if (!step(text, at)) return {at.line, text.line(at.line).size()};
    }
    return at;
}

Position word_back(const Buffer& text, Position at, bool big) {
    if (!step_back(text, at)) return at;
    while (kind_at(text, at, big) == Kind::blank) {
        if (is_empty(text, at.line)) return at;
        if (!step_back(text, at)) return at;
    }
    const auto kind = kind_at(text, at, big);
    while (at.byte > 0) {
        const Position back{at.line, before(text.line(at.line), at.byte)};
        if (kind_at(text, back, big) != kind) break;
        at = back;
    }
    return at;
}

Position word_end(const Buffer& text, Position at, bool big) {
    if (!step(text, at)) return {at.line, last_place(text.line(at.line))};
    while (kind_at(text, at, big) == Kind::blank) {
        if (!step(text, at)) return {at.line, last_place(text.line(at.line))};
    }
    const auto kind = kind_at(text, at, big);
    for (;;) {
        const Position next{at.line, after(text.line(at.line), at.byte)};
        if (next.byte >= text.line(at.line).size() || kind_at(text, next, big) != kind) return at;
        at = next;
    }
}

Position paragraph(const Buffer& text, Position at, bool forward) {
    auto line = at.line;
    if (forward) {
        while (line < text.last() && is_empty(text, line)) ++line;
        while (line < text.last() && !is_empty(text, line)) ++line;
        return {line, is_empty(text, line) ? 0 : text.line(line).size()};
    }
    while (line > 0 && is_empty(text, line)) --line;
    while (line > 0 && !is_empty(text, line)) --line;
    return {line, 0};
}

// A sentence ends with . ! or ?, then perhaps ) ] " ', then two blanks (one is enough) or the line.
Position sentence(const Buffer& text, Position at, bool forward) {
    const auto starts = [&](Position place) {
        const auto& line = text.line(place.line);
        if (place.byte == 0) {
            if (line.empty()) return place.line > 0 && !is_empty(text, place.line - 1);
            if (place.line == 0 || is_empty(text, place.line - 1)) return true;
            const auto& above = text.line(place.line - 1);
            return std::string_view(".!?").find(above.back()) != std::string_view::npos;
        }
        const auto byte = line[place.byte];
        if (byte == ' ' || byte == '\t' || line[place.byte - 1] != ' ') return false;
        const auto end = line.find_last_not_of(" \t", place.byte - 1);
        if (end == line.npos) return false;
        const auto mark = line.find_last_not_of(")]\"'", end);
        return mark != line.npos &&
               std::string_view(".!?").find(line[mark]) != std::string_view::npos;
    };
    while (forward ? step(text, at) : step_back(text, at)) {
        if (starts(at)) return at;
    }
    return forward ? Position{text.last(), text.line(text.last()).size()} : Position{};
}

std::optional<Position> bracket(const Buffer& text, Position at) {
    constexpr std::string_view pairs = "()[]{}";
    const auto& line = text.line(at.line);
    at.byte = line.find_first_of(pairs, at.byte);
    if (at.byte == line.npos) return std::nullopt;
    const char one = line[at.byte];
    const auto index = pairs.find(one);
    const char other = pairs[index ^ 1];
    const bool forward = index % 2 == 0;
    std::size_t depth = 0;
    for (;;) {
        const auto& here = text.line(at.line);
        if (at.byte < here.size()) {
            if (here[at.byte] == one) ++depth;
            if (here[at.byte] == other && --depth == 0) return at;
        }
        if (!(forward ? step(text, at) : step_back(text, at))) return std::nullopt;
    }
}

std::optional<std::size_t> find_in_line(std::string_view line, std::size_t at, const Find& find,
                                        std::size_t count, bool again) {
    const bool forward = find.kind == 'f' || find.kind == 't';
    const bool till = find.kind == 't' || find.kind == 'T';
    auto place = at;
    // ; after t goes on behind the one before which it stands.
    if (again && till) place = forward ? after(line, place) : before(line, place);
    while (count > 0) {
        if (forward ? after(line, place) >= line.size() : place == 0) return std::nullopt;
        place = forward ? after(line, place) : before(line, place);
        if (line.substr(place).starts_with(find.character)) --count;
    }
    if (till) place = forward ? before(line, place) : after(line, place);
    return place;
}

namespace {

std::optional<std::pair<Position, Position>> word_object(const Buffer& text, Position at,
                                                         bool around, bool big) {
    const auto& line = text.line(at.line);
    if (line.empty()) return std::pair(at, at);
    const auto kind = kind_at(text, at, big);
    auto begin = at.byte;
    auto end = after(line, begin);
    const auto same = [&](std::size_t byte, Kind wanted) {
        return kind_at(text, {at.line, byte}, big) == wanted;
    };
    while (begin > 0 && same(before(line, begin), kind)) begin = before(line, begin);
    while (end < line.size() && same(end, kind)) end = after(line, end);
    if (around) {
        const auto was = end;
        while (end < line.size() && same(end, Kind::blank)) end = after(line, end);
        if (end == was) {
            while (begin > 0 && same(before(line, begin), Kind::blank)) begin = before(line, begin);
        }
    }
    return std::pair(Position{at.line, begin}, Position{at.line, end});
}

std::optional<std::pair<Position, Position>> quote_object(const Buffer& text, Position at,
                                                          bool around, char quote) {
    const auto& line = text.line(at.line);
    for (auto begin = line.find(quote); begin != line.npos;) {
        const auto end = line.find(quote, begin + 1);
        if (end == line.npos) return std::nullopt;
        if (at.byte <= end) {
            const std::size_t inside = around ? 0 : 1;
            return std::pair(Position{at.line, begin + inside},
                             Position{at.line, end + (around ? 1 : 0)});
        }
        begin = line.find(quote, end + 1);
    }
    return std::nullopt;
}

}  // namespace

std::optional<std::pair<Position, Position>> object(const Buffer& text, Position at, bool around,
                                                    int kind) {
    if (kind == 'w' || kind == 'W') return word_object(text, at, around, kind == 'W');
    if (kind == '"' || kind == '\'' || kind == '`') {
        return quote_object(text, at, around, static_cast<char>(kind));
    }
    constexpr std::string_view pairs = "()[]{}bbBB";
    auto index = pairs.find(static_cast<char>(kind));
    if (kind > 127 || index == pairs.npos) return std::nullopt;
    if (index >= 6) index = kind == 'b' ? 0 : 4;
    const char open = pairs[index & ~std::size_t{1}];
    const char close = pairs[index | 1];
    // Back to the bracket that is not closed before the cursor.
    std::size_t depth = 0;
    auto begin = at;
    for (bool first = true;; first = false) {
        const auto& line = text.line(begin.line);
        const char byte = begin.byte < line.size() ? line[begin.byte] : ' ';
        if (byte == open && depth-- == 0) break;
        if (byte == close && !first) ++depth;
        if (!step_back(text, begin)) return std::nullopt;
    }
    const auto end = bracket(text, begin);
    if (!end) return std::nullopt;
    if (around) return std::pair(begin, Position{end->line, end->byte + 1});
    return std::pair(Position{begin.line, begin.byte + 1}, *end);
}

}  // namespace limpet::commands::vi
