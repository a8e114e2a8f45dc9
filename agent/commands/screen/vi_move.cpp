// screen/vi_move.cpp - the keys that move the cursor, alone and behind operators.
#include "commands/screen/vi.h"

#include <algorithm>

namespace limpet::commands::vi {
namespace {

// What * looks for: the word under the cursor or behind it.
std::string word_under(const std::string& line, std::size_t at) {
    const auto is_word = [](char byte) {
        return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
               (byte >= 'A' && byte <= 'Z') || byte == '_' || (byte & 0x80) != 0;
    };
    auto begin = at;
    while (begin < line.size() && !is_word(line[begin])) ++begin;
    while (begin > 0 && begin < line.size() && is_word(line[begin - 1])) --begin;
    auto end = begin;
    while (end < line.size() && is_word(line[end])) ++end;
    return line.substr(begin, end - begin);
}

}  // namespace

bool Vi::compile(const std::string& pattern) {
    const auto key = (set_.ignore_case ? 'i' : ' ') + pattern;
    if (regex_ && compiled_ == key) return true;
    const std::string patterns[]{pattern};
    auto regex = parse::Regex::compile(patterns, {.ignore_case = set_.ignore_case});
    if (!regex) {
        message_ = text(regex.error());
        return false;
    }
    regex_.emplace(*std::move(regex));
    compiled_ = key;
    return true;
}

std::optional<Position> Vi::search(const std::string& pattern, Position from, bool forward) {
    if (!compile(pattern)) return std::nullopt;
    const auto hits = [&](std::size_t line, std::size_t least, std::size_t most) {
        std::optional<std::size_t> hit;
        for (auto at = least; at <= text_.line(line).size();) {
            const auto found = regex_->find(text_.line(line), at);
            if (!found || !*found || (*found)->begin >= most) break;
            hit = (*found)->begin;
            if (forward) break;
            at = std::max((*found)->begin + 1, (*found)->end);
        }
        return hit;
    };
    constexpr auto all = std::string::npos;
    const auto lines = text_.size();
    for (std::size_t i = 0; i <= lines; ++i) {
        if (i % 65536 == 65535 && screen_.interrupted()) break;
        const auto line = (from.line + (forward ? i : lines - i)) % lines;
        const bool wrapped = forward ? from.line + i >= lines : from.line < i;
        if (wrapped && !set_.wrap_search) break;
        const bool here = i == 0, again = i == lines;
        std::optional<std::size_t> hit;
        if (forward) {
            hit = hits(line, here ? from.byte + 1 : 0, again ? from.byte + 1 : all);
        } else {
            hit = hits(line, again ? from.byte : 0, here ? from.byte : all);
        }
        if (hit) return Position{line, *hit};
    }
    message_ = "Pattern not found: " + pattern;
    return std::nullopt;
}

std::optional<Vi::Target> Vi::search_motion(int got) {
    bool forward = !backwards_;
    if (got == '/' || got == '?') {
        std::string pattern;
        if (replaying_) {
            for (int next = key(); next != '\r' && next != key::escape; next = key()) {
                pattern += static_cast<char>(next);
            }
        } else {
            draw();
            const auto line = screen_.ask(*shown_, got == '/' ? "/" : "?");
            if (!line) return std::nullopt;
            pattern = *line;
            for (const char byte : pattern) keys_.push_back(static_cast<unsigned char>(byte));
            keys_.push_back('\r');
        }
        backwards_ = got == '?';
        forward = !backwards_;
        // A / that is not escaped ends the pattern.
        for (std::size_t i = 0; i < pattern.size(); ++i) {
            if (pattern[i] == '\\')
                ++i;
            else if (pattern[i] == got)
                pattern.resize(i);
        }
        if (!pattern.empty()) pattern_ = pattern;
    } else if (got == '*' || got == '#') {
        const auto word = word_under(text_.line(cursor_.line), cursor_.byte);
        if (word.empty()) return std::nullopt;
        pattern_ = "\\<" + word + "\\>";
        backwards_ = got == '#';
        forward = !backwards_;
    } else if (got == 'N') {
        forward = backwards_;
    }
    if (pattern_.empty()) {
        message_ = "there is no pattern yet";
        return std::nullopt;
    }
    auto place = cursor_;
    for (std::size_t i = 0; i < count(); ++i) {
        const auto hit = search(pattern_, place, forward);
        if (!hit) return std::nullopt;
        place = *hit;
    }
    return Target{.to = place};
}

std::optional<Vi::Target> Vi::mark_motion(int got) {
    const int letter = key();
    if (letter > 127) return std::nullopt;
    const auto known = marks_.find(static_cast<char>(letter == '\'' ? '`' : letter));
    if (known == marks_.end()) {
        message_ = "there is no such mark";
        return std::nullopt;
    }
    auto place = known->second;
    place.line = std::min(place.line, text_.last());
    if (got == '`') {
        place.byte = std::min(place.byte, text_.line(place.line).size());
        return Target{.to = place};
    }
    place.byte = first_filled(text_.line(place.line));
    return Target{.to = place, .lines = true};
}

std::optional<Vi::Target> Vi::find_motion(int got) {
    bool again = false;
    auto find = find_;
    if (got == ';' || got == ',') {
        again = true;
        constexpr std::string_view kinds = "fFtT", opposite = "FfTt";
        if (find.kind == 0) return std::nullopt;
        if (got == ',') find.kind = opposite[kinds.find(find.kind)];
    } else {
        find = {static_cast<char>(got), character()};
        if (find.character.empty()) return std::nullopt;
        find_ = find;
    }
    const auto& line = text_.line(cursor_.line);
    const auto hit = find_in_line(line, cursor_.byte, find, count(), again);
    if (!hit) return std::nullopt;
    return Target{.to = {cursor_.line, *hit}, .inclusive = find.kind == 'f' || find.kind == 't'};
}

// Up, down, and to lines by their number or place on the screen.
std::optional<Vi::Target> Vi::line_motion(int got) {
    auto line = cursor_.line;
    bool filled = true;
    switch (got) {
        case 'k':
        case key::up:
        case key::control('P'):
        case '-':
            if (line < count()) return std::nullopt;
            line -= count();
            filled = got == '-';
            break;
        case 'j':
        case key::down:
        case key::control('N'):
        case key::control('J'):
        case '+':
        case '\r':
            if (line + count() > text_.last()) return std::nullopt;
            line += count();
            filled = got == '+' || got == '\r';
            break;
        case '_': line = std::min(line + count() - 1, text_.last()); break;
        case 'G': line = count_ == 0 ? text_.last() : std::min(count_ - 1, text_.last()); break;
        case 'g':
            if (key() != 'g') return std::nullopt;
            line = std::min(count() - 1, text_.last());
            break;
        case 'H':
        case 'M':
        case 'L': {
            auto bottom = top_;
            std::size_t rows = height_of(top_);
            while (bottom < text_.last() && rows + height_of(bottom + 1) <= room()) {
                rows += height_of(++bottom);
            }
            line = got == 'H'   ? std::min(top_ + count() - 1, bottom)
                   : got == 'M' ? top_ + (bottom - top_) / 2
                                : std::max(bottom - std::min(bottom, count() - 1), top_);
            break;
        }
        default: return std::nullopt;
    }
    Target target{.to = {line, 0}, .lines = true, .inclusive = false, .vertical = !filled};
    target.to.byte = filled ? first_filled(text_.line(line)) : byte_at(line, wanted_);
    return target;
}

std::optional<Vi::Target> Vi::word_motion(int got, int op) {
    auto place = cursor_;
    const bool big = got == 'W' || got == 'B' || got == 'E';
    const auto& line = text_.line(cursor_.line);
    // cw leaves the blanks behind the word.
    const bool on_blank =
        cursor_.byte >= line.size() || line[cursor_.byte] == ' ' || line[cursor_.byte] == '\t';
    if (op == 'c' && (got == 'w' || got == 'W') && !on_blank) {
        place = object(text_, place, false, got)->second;
        for (std::size_t i = 1; i < count(); ++i) {
            place = word_end(text_, place, big);
            place.byte = after(text_.line(place.line), place.byte);
        }
        return Target{.to = place};
    }
    for (std::size_t i = 0; i < count(); ++i) {
        const auto before = place;
        place = got == 'w' || got == 'W'   ? word_on(text_, place, big)
                : got == 'b' || got == 'B' ? word_back(text_, place, big)
                                           : word_end(text_, place, big);
        if (place == before) break;
    }
    if ((got == 'w' || got == 'W') && op != 0 && place.line > cursor_.line) {
        // An operator does not take the end of the last line along.
        const auto& there = text_.line(place.line);
        if (there.find_first_not_of(" \t") >= place.byte) {
            place = {place.line - 1, text_.line(place.line - 1).size()};
        }
    }
    if (place == cursor_ && op == 0) return std::nullopt;
    return Target{.to = place, .inclusive = got == 'e' || got == 'E'};
}

std::optional<Vi::Target> Vi::motion(int got, int op) {
    const auto& line = text_.line(cursor_.line);
    auto place = cursor_;
    switch (got) {
        case 'h':
        case 8:
        case 127:
        case key::left:
            if (place.byte == 0) return std::nullopt;
            for (std::size_t i = 0; i < count() && place.byte > 0; ++i) {
                place.byte = before(line, place.byte);
            }
            return Target{.to = place};
        case 'l':
        case ' ':
        case key::right:
            if (op == 0 && after(line, place.byte) >= line.size()) return std::nullopt;
            for (std::size_t i = 0; i < count() && place.byte < line.size(); ++i) {
                place.byte = after(line, place.byte);
            }
            return Target{.to = place};
        case '0':
        case key::home: return Target{.to = {place.line, 0}};
        case '^': return Target{.to = {place.line, first_filled(line)}};
        case '$':
        case key::end:
            place.line = std::min(place.line + count() - 1, text_.last());
            place.byte = last_place(text_.line(place.line));
            return Target{.to = place, .inclusive = !text_.line(place.line).empty()};
        case '|': return Target{.to = {place.line, byte_at(place.line, count() - 1)}};
        case 'w':
        case 'W':
        case 'b':
        case 'B':
        case 'e':
        case 'E': return word_motion(got, op);
        case '{':
        case '}':
        case '(':
        case ')':
            for (std::size_t i = 0; i < count(); ++i) {
                place = got == '{' || got == '}' ? paragraph(text_, place, got == '}')
                                                 : sentence(text_, place, got == ')');
            }
            return Target{.to = place};
        case '%':
            if (const auto other = bracket(text_, place)) {
                return Target{.to = *other, .inclusive = true};
            }
            return std::nullopt;
        case 'f':
        case 'F':
        case 't':
        case 'T':
        case ';':
        case ',': return find_motion(got);
        case '/':
        case '?':
        case 'n':
        case 'N':
        case '*':
        case '#': return search_motion(got);
        case '\'':
        case '`': return mark_motion(got);
        case 'i':
        case 'a': {
            if (op == 0) return std::nullopt;
            const auto found = object(text_, cursor_, got == 'a', key());
            if (!found) return std::nullopt;
            return Target{.to = found->second, .from = found->first};
        }
        default: return line_motion(got);
    }
}

}  // namespace limpet::commands::vi
