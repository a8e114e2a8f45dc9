// screen/vi_lines.cpp - commands behind a colon that change many lines: s g v t m.
#include "commands/screen/vi.h"
#include "commands/screen/vi_words.h"

#include <algorithm>

namespace limpet::commands::vi {

std::string replacement(std::string_view form, std::string_view line,
                        const std::vector<parse::Regex::Span>& groups) {
    std::string result;
    const auto add = [&](std::size_t group) {
        if (group < groups.size() && groups[group].begin != std::string::npos) {
            result += line.substr(groups[group].begin, groups[group].end - groups[group].begin);
        }
    };
    for (std::size_t i = 0; i < form.size(); ++i) {
        if (form[i] == '&') {
            add(0);
        } else if (form[i] == '\\' && i + 1 < form.size()) {
            const char next = form[++i];
            if (next >= '0' && next <= '9')
                add(static_cast<std::size_t>(next - '0'));
            else if (next == 'n' || next == 'r')
                result += '\n';
            else if (next == 't')
                result += '\t';
            else
                result += next;
        } else {
            result += form[i] == '\r' ? '\n' : form[i];
        }
    }
    return result;
}

void Vi::copy_lines(std::string_view rest, Range lines, bool move) {
    const bool top = rest == "0";
    const auto to = address(rest, cursor_.line);
    if (!to || *to > text_.last()) {
        message_ = "where to?";
        return;
    }
    auto at = top ? 0 : *to + 1;
    if (move && at > lines.first && at <= lines.last) {
        message_ = "lines cannot move into themselves";
        return;
    }
    Lines copied;
    for (auto i = lines.first; i <= lines.last; ++i) copied.push_back(text_.line(i));
    const auto count = copied.size();
    text_.replace(at, 0, std::move(copied));
    if (move) {
        text_.replace(lines.first + (at <= lines.first ? count : 0), count, {});
        if (at > lines.first) at -= count;
    }
    cursor_ = {at + count - 1, 0};
}

// [from, to] of lines as one change, each by its groups.
void Vi::substitute(std::string_view rest, Range lines) {
    bool all = false, ignore = set_.ignore_case, count_only = false;
    if (!rest.empty() && !is_letter(rest[0]) && rest[0] != ' ') {
        const char delimiter = rest[0];
        rest.remove_prefix(1);
        const auto pattern = delimited(rest, delimiter);
        if (!pattern.empty()) pattern_ = pattern;
        last_replacement_ = delimited(rest, delimiter);
    }
    for (const char flag : trimmed(rest)) {
        all |= flag == 'g';
        ignore |= flag == 'i' || flag == 'I';
        count_only |= flag == 'n';
    }
    if (pattern_.empty()) {
        message_ = "there is no pattern yet";
        return;
    }
    const auto kept = std::exchange(set_.ignore_case, ignore);
    const bool good = compile(pattern_);
    set_.ignore_case = kept;
    if (!good) return;
    Lines changed;
    std::size_t hits = 0, last = lines.first;
    for (auto i = lines.first; i <= lines.last; ++i) {
        const auto& line = text_.line(i);
        std::string result;
        std::size_t at = 0, copied = 0, last_end = std::string::npos;
        while (at <= line.size()) {
            const auto groups = regex_->groups(line, at);
            if (!groups || !*groups) break;
            const auto [begin, end] = (**groups)[0];
            // An empty match right behind another is none.
            if (begin == end && begin == last_end) {
                if (begin >= line.size()) break;
                at = after(line, at);
                continue;
            }
            result += std::string_view(line).substr(copied, begin - copied);
            result += replacement(last_replacement_, line, **groups);
            ++hits;
            copied = at = last_end = end;
            if (begin == end) {
                if (end >= line.size()) break;
                at = after(line, end);
            }
            if (!all) break;
        }
        result += std::string_view(line).substr(std::min(copied, line.size()));
        if (result != line) last = changed.size() + lines.first;
        for (std::size_t from = 0;;) {
            const auto end = result.find('\n', from);
            changed.push_back(result.substr(from, end - from));
            if (end == result.npos) break;
            from = end + 1;
        }
    }
    if (hits == 0) {
        message_ = "Pattern not found: " + pattern_;
        return;
    }
    if (!count_only) {
        text_.replace(lines.first, lines.last - lines.first + 1, std::move(changed));
        cursor_ = {std::min(last, text_.last()), 0};
    }
    message_ = std::to_string(hits) + (hits == 1 ? " match" : " matches") +
               (count_only ? "" : " replaced");
}

// g/pattern/d and g/pattern/s/…/…/, with v for the lines that do not match.
void Vi::global(std::string_view rest, Range lines, bool inverted) {
    if (rest.empty()) return;
    const char delimiter = rest[0];
    rest.remove_prefix(1);
    const auto pattern = delimited(rest, delimiter);
    if (!pattern.empty()) pattern_ = pattern;
    const auto what = trimmed(rest);
    if (!compile(pattern_)) return;
    std::vector<std::size_t> hits;
    for (auto i = lines.first; i <= lines.last; ++i) {
        const auto matches = regex_->matches(text_.line(i));
        if (matches && *matches != inverted) hits.push_back(i);
    }
    if (hits.empty()) {
        message_ = "Pattern not found: " + pattern_;
        return;
    }
    if (what == "d" || what == "delete") {
        Lines left;
        std::size_t next = 0;
        for (auto i = lines.first; i <= lines.last; ++i) {
            if (next < hits.size() && hits[next] == i)
                ++next;
            else
                left.push_back(text_.line(i));
        }
        text_.replace(lines.first, lines.last - lines.first + 1, std::move(left));
        cursor_ = {std::min(hits.front(), text_.last()), 0};
        message_ = std::to_string(hits.size()) + " lines deleted";
        return;
    }
    if (what.starts_with('s')) {
        // From below, so that lines that a replacement adds move none that is still to come.
        std::size_t changed = 0;
        const std::string command(what.substr(1));
        for (auto hit = hits.rbegin(); hit != hits.rend(); ++hit) {
            message_.clear();
            substitute(command, {*hit, *hit, 1});
            if (!message_.starts_with("Pattern")) ++changed;
        }
        message_ = std::to_string(changed) + " lines changed";
        return;
    }
    message_ = "g takes d or s, as in g/pattern/d";
}

}  // namespace limpet::commands::vi
