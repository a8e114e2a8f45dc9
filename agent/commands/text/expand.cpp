// expand.cpp - tabs to spaces, and unexpand: spaces to tabs.
#include "commands/text/lines.h"
#include "commands/utf8.h"
#include "parse/number.h"

#include <algorithm>

namespace limpet::commands {
namespace {

// Where tabs lead to: every `step` columns, or a list and behind it one space each.
struct Stops {
    std::size_t step = 8;
    std::vector<std::size_t> list;

    // The column of the next stop; nullopt behind the last of a list.
    [[nodiscard]] std::optional<std::size_t> next(std::size_t column) const {
        if (list.empty()) return (column / step + 1) * step;
        const auto stop = std::ranges::upper_bound(list, column);
        return stop == list.end() ? std::nullopt : std::optional(*stop);
    }
};

Result<Stops> stops_of(std::string_view text) {
    Stops stops;
    while (!text.empty()) {
        const auto comma = text.find_first_of(", ");
        const auto word = text.substr(0, comma);
        text = comma == text.npos ? std::string_view{} : text.substr(comma + 1);
        const auto number = parse::number<std::size_t>(word);
        if (!number || *number == 0 || (!stops.list.empty() && *number <= stops.list.back())) {
            return refused(
                "-t", "'" + std::string(word) + "': numbers from 1, each above the one before");
        }
        stops.list.push_back(*number);
    }
    if (stops.list.size() == 1) {
        stops.step = stops.list[0];
        stops.list.clear();
    }
    return stops;
}

std::size_t width_of(std::string_view character) {
    const auto length = utf8_length(character);
    return length == 0
               ? 1
               : static_cast<std::size_t>(column_width(utf8_decode(character.substr(0, length))));
}

std::string expanded(std::string_view line, const Stops& stops, bool initial_only) {
    std::string text;
    std::size_t column = 0;
    bool initial = true;
    while (!line.empty()) {
        const char byte = line[0];
        if (byte == '\t' && (initial || !initial_only)) {
            const auto stop = stops.next(column).value_or(column + 1);
            text.append(stop - column, ' ');
            column = stop;
            line.remove_prefix(1);
            continue;
        }
        if (byte != ' ' && byte != '\t') initial = false;
        const auto length = std::max<std::size_t>(utf8_length(line), 1);
        if (byte == '\t') {
            column = stops.next(column).value_or(column + 1);
        } else if (byte == '\b') {
            column -= column > 0 ? 1 : 0;
        } else {
            column += width_of(line);
        }
        text += line.substr(0, length);
        line.remove_prefix(length);
    }
    return text;
}

// Blanks from `from` to `to` with as many tabs as lead there. A single space before a stop that
// other blanks do not follow stays one.
void blanks(std::string& text, std::size_t from, std::size_t to, const Stops& stops) {
    while (from < to) {
        const auto stop = stops.next(from);
        if (!stop || *stop > to) break;
        text += '\t';
        from = *stop;
    }
    text.append(to - from, ' ');
}

std::string unexpanded(std::string_view line, const Stops& stops, bool all) {
    std::string text;
    std::size_t column = 0;
    bool initial = true;
    while (!line.empty()) {
        const auto end = std::min(line.find_first_not_of(" \t"), line.size());
        if (end > 0) {
            const auto begin = column;
            for (const char byte : line.substr(0, end)) {
                column = byte == '\t' ? stops.next(column).value_or(column + 1) : column + 1;
            }
            const bool single = line.substr(0, end) == " ";
            if ((initial || all) && !(single && !initial)) {
                blanks(text, begin, column, stops);
            } else {
                text += line.substr(0, end);
            }
            line.remove_prefix(end);
            continue;
        }
        initial = false;
        const auto length = std::max<std::size_t>(utf8_length(line), 1);
        column = line[0] == '\b' ? column - (column > 0 ? 1 : 0) : column + width_of(line);
        text += line.substr(0, length);
        line.remove_prefix(length);
    }
    return text;
}

template <bool back>
int run(Invocation& call) {
    auto stops = stops_of(call.options.value('t').value_or("8"));
    if (!stops) return call.misused(text(stops.error()));
    const bool all =
        call.options.has('a') || (call.options.has('t') && !call.options.has("first-only"));
    rewrite_lines(call, [&](std::string_view line) {
        call.out.write(back ? unexpanded(line, *stops, all)
                            : expanded(line, *stops, call.options.has('i')));
        return true;
    });
    return call.status;
}

constexpr Option expand_options[]{
    {'t', "tabs", "LIST", "a stop every N columns (8), or at these columns"},
    {'i', "initial", "", "only tabs before the first other character"},
};
constexpr Command expand{
    .name = "expand",
    .usage = "[-i] [-t LIST] [FILE...]",
    .summary = "turn tabs into spaces",
    .theme = "text",
    .promise = Promise::files,
    .run = run<false>,
    .options = option_table<expand_options>,
    .help = "Example:\n  expand -t 4 Makefile\n",
};
const Register registered_expand{expand};

constexpr Option unexpand_options[]{
    {'a', "all", "", "all blanks, and not only those at the beginning"},
    {'t', "tabs", "LIST", "a stop every N columns (8), or at these columns; means -a"},
    {0, "first-only", "", "only blanks at the beginning, whatever -t says"},
};
constexpr Command unexpand{
    .name = "unexpand",
    .usage = "[-a] [-t LIST] [FILE...]",
    .summary = "turn spaces into tabs",
    .theme = "text",
    .promise = Promise::files,
    .run = run<true>,
    .options = option_table<unexpand_options>,
    .help = "Example:\n  unexpand -t 4 table\n",
};
const Register registered_unexpand{unexpand};

}  // namespace
}  // namespace limpet::commands
