// screen/vi_ex.cpp - the commands behind a colon.
#include "commands/screen/vi.h"
#include "commands/screen/vi_words.h"
#include "parse/number.h"

#include <algorithm>

namespace limpet::commands::vi {
namespace {

// Short names, and for each the least that must be typed.
struct Name {
    std::string_view name;
    std::size_t least;
};
constexpr Name names[]{
    {"append", 1},     {"copy", 2},     {"delete", 1},     {"edit", 1}, {"file", 1}, {"global", 1},
    {"help", 1},       {"join", 1},     {"k", 1},          {"mark", 2}, {"move", 1}, {"next", 1},
    {"nohlsearch", 3}, {"previous", 4}, {"put", 2},        {"quit", 1}, {"read", 1}, {"redo", 3},
    {"rewind", 3},     {"set", 2},      {"substitute", 1}, {"t", 1},    {"undo", 1}, {"vglobal", 1},
    {"wq", 2},         {"write", 1},    {"xit", 1},        {"yank", 1}, {"qall", 2}, {"N", 1},
};

std::string_view full_name(std::string_view typed) {
    for (const auto& [name, least] : names) {
        if (typed.size() >= least && name.starts_with(typed)) return name;
    }
    return {};
}

}  // namespace

void Vi::colon(const std::string& before) {
    draw();
    const auto line = screen_.ask(*shown_, ":" + before);
    if (screen_.signal() != 0) done_ = true;
    if (line) execute(before + *line);
}

std::optional<std::size_t> Vi::address(std::string_view& text, std::size_t current) {
    std::optional<std::size_t> line;
    text = text.substr(std::min(text.find_first_not_of(" \t"), text.size()));
    const auto number = [&] {
        const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
        const auto value = parse::number<std::size_t>(text.substr(0, digits));
        text.remove_prefix(digits);
        return value;
    };
    if (text.empty()) return line;
    const char first = text[0];
    if (first == '.' || first == '$') {
        line = first == '.' ? current : text_.last();
        text.remove_prefix(1);
    } else if (first >= '0' && first <= '9') {
        const auto value = number().value_or(text_.size());
        // 0 is above the first line, and here the same as it.
        line = value == 0 ? 0 : value - 1;
    } else if (first == '\'' && text.size() > 1) {
        const auto mark = marks_.find(text[1]);
        if (mark != marks_.end())
            line = std::min(mark->second.line, text_.last());
        else
            message_ = "there is no such mark";
        text.remove_prefix(2);
    } else if (first == '/' || first == '?') {
        text.remove_prefix(1);
        const auto pattern = delimited(text, first);
        if (!pattern.empty()) pattern_ = pattern;
        const bool forward = first == '/';
        const Position from{current, forward ? text_.line(current).size() : 0};
        const auto hit = search(pattern_, from, forward);
        if (hit) line = hit->line;
    } else if (first == '+' || first == '-') {
        line = current;
    }
    while (line && !text.empty() && (text[0] == '+' || text[0] == '-')) {
        const bool plus = text[0] == '+';
        text.remove_prefix(1);
        const bool digits = !text.empty() && text[0] >= '0' && text[0] <= '9';
        const auto by = digits ? number().value_or(0) : 1;
        if (!plus && by > *line) {
            message_ = "that is before the first line";
            return std::nullopt;
        }
        line = plus ? *line + by : *line - by;
    }
    return line;
}

bool Vi::range(std::string_view& text, Range& range) {
    range = {cursor_.line, cursor_.line, 0};
    text = trimmed(text);
    if (text.starts_with('%')) {
        text.remove_prefix(1);
        range = {0, text_.last(), 2};
        return true;
    }
    for (;;) {
        const auto had = text;
        const auto line = address(text, range.last);
        if (!line && !message_.empty()) return false;
        const bool comma = !text.empty() && (text[0] == ',' || text[0] == ';');
        if (line || comma || (range.given > 0 && had != text)) {
            range.first = range.given > 0 ? range.last : line.value_or(cursor_.line);
            range.last = line.value_or(cursor_.line);
            ++range.given;
        }
        if (!comma) break;
        text.remove_prefix(1);
    }
    if (range.given == 1) range.first = range.last;
    if (range.first > range.last || range.last > text_.last()) {
        // A number beyond the end alone is the end.
        if (range.given == 1 && trimmed(text).empty())
            range.first = range.last = text_.last();
        else
            message_ = range.first > range.last
                           ? "the first line is behind the last"
                           : "there are only " + std::to_string(text_.size()) + " lines";
    }
    return message_.empty();
}

void Vi::execute(std::string_view line) {
    message_.clear();
    text_.close_change();
    auto text = trimmed(line);
    while (text.starts_with(':')) text = trimmed(text.substr(1));
    if (text.empty() || text[0] == '"') return;
    Range lines;
    if (!range(text, lines)) return;
    text = trimmed(text);
    if (text.empty()) {
        marks_['`'] = cursor_;
        cursor_ = {lines.last, first_filled(text_.line(lines.last))};
        return;
    }
    std::size_t length = 0;
    while (length < text.size() && is_letter(text[length])) ++length;
    auto typed = text.substr(0, std::max<std::size_t>(length, 1));
    auto name = full_name(typed);
    if (length == 0) name = typed;
    // s/a/b/ and kx and g/x/d: one letter with something at once.
    if (name.empty() && (typed[0] == 'k' || typed[0] == 's')) {
        typed = typed.substr(0, 1);
        name = full_name(typed);
    }
    auto rest = text.substr(typed.size());
    const bool force = rest.starts_with('!') && length > 0;
    if (force) rest.remove_prefix(1);
    if (name.empty()) {
        message_ = "there is no command :" + std::string(typed);
        return;
    }
    constexpr std::string_view files[]{"edit", "file", "next",   "previous", "quit", "qall",
                                       "N",    "read", "rewind", "write",    "wq",   "xit"};
    if (std::ranges::find(files, name) != std::end(files)) {
        return file_command(name, trimmed(rest), force, lines);
    }
    if (name == "global" || name == "vglobal") {
        if (lines.given == 0) lines = {0, text_.last(), 2};
        return global(rest, lines, force || name == "vglobal");
    }
    line_command(name, rest, lines);
}

void Vi::line_command(std::string_view name, std::string_view rest, Range lines) {
    const auto argument = trimmed(rest);
    const Extent all{{lines.first, 0}, {lines.last, 0}, true};
    register_ = '"';
    if (name == "substitute" || name == "&") return substitute(rest, lines);
    if (name == "set") return settings(argument);
    if (name == "delete" || name == "yank" || name == "put") {
        if (argument.size() == 1 && is_letter(argument[0])) register_ = argument[0];
        count_ = 1;
        cursor_.line = lines.last;
        if (name == "put") return put(true);
        return apply(name[0], all);
    }
    if (name == ">" || name == "<") return apply(name[0], all);
    if (name == "join") {
        return join(lines.first, lines.given > 1 ? lines.last - lines.first + 1 : 2, true);
    }
    if (name == "copy" || name == "t" || name == "move")
        return copy_lines(argument, lines, name == "move");
    if (name == "mark" || name == "k") {
        if (argument.size() == 1) marks_[argument[0]] = {lines.last, 0};
        return;
    }
    count_ = 1;
    if (name == "undo" || name == "redo") return undo(name == "redo");
    if (name == "=") {
        message_ = std::to_string(lines.given > 0 ? lines.last + 1 : text_.size());
    } else if (name == "nohlsearch") {
        message_.clear();
    } else if (name == "!") {
        message_ = "commands are run at the shell's prompt, not from here";
    } else if (name == "help") {
        message_ = ":w write  :q quit  :wq both  :q! quit without writing; `help vi` at the prompt";
    } else {
        message_ = "there is no command :" + std::string(name);
    }
}

void Vi::settings(std::string_view words) {
    const struct {
        std::string_view name, brief;
        bool& value;
    } switches[]{{"number", "nu", set_.numbers},     {"ignorecase", "ic", set_.ignore_case},
                 {"list", "list", set_.list},        {"autoindent", "ai", set_.indent},
                 {"readonly", "ro", set_.read_only}, {"wrapscan", "ws", set_.wrap_search}};
    if (words.empty() || words == "all") {
        for (const auto& one : switches) {
            message_ += (message_.empty() ? "" : " ") + std::string(one.value ? "" : "no") +
                        std::string(one.name);
        }
        message_ +=
            " tabstop=" + std::to_string(set_.tab) + " shiftwidth=" + std::to_string(set_.shift);
        return;
    }
    while (!words.empty()) {
        const auto end = std::min(words.find(' '), words.size());
        auto word = words.substr(0, end);
        words = trimmed(words.substr(end));
        const bool off = word.starts_with("no") && word != "number";
        const auto plain = word.substr(off ? 2 : 0);
        bool known = false;
        for (const auto& one : switches) {
            if (plain != one.name && plain != one.brief) continue;
            one.value = !off;
            known = true;
        }
        const auto equals = word.find('=');
        const auto value = equals == word.npos
                               ? std::nullopt
                               : parse::number<std::size_t>(word.substr(equals + 1));
        if (value && *value > 0 && *value <= 64) {
            const auto name = word.substr(0, equals);
            const bool tab = name == "ts" || name == "tabstop";
            const bool shift = name == "sw" || name == "shiftwidth";
            if (tab) set_.tab = *value;
            if (shift) set_.shift = *value;
            known |= tab || shift;
        }
        if (!known) {
            message_ = "there is no option " + std::string(word) + " (or not with that value)";
            return;
        }
    }
}

}  // namespace limpet::commands::vi
