// column.cpp - lines as a table, or side by side.
#include "commands/text/lines.h"
#include "commands/utf8.h"
#include "parse/number.h"

#include <algorithm>

namespace limpet::commands {
namespace {

constexpr std::size_t limit = std::size_t{256} * 1024 * 1024;
constexpr std::size_t tab = 8;

using Row = std::vector<std::string>;

struct Style {
    std::optional<std::string> separators;  // each a boundary of its own; without, runs of blanks
    std::string between = "  ";
    bool merge = false;  // runs of separators are one
};

Row cells(std::string_view line, const Style& style) {
    Row row;
    const bool blanks = !style.separators;
    const std::string_view set = blanks ? " \t" : std::string_view(*style.separators);
    const bool merge = blanks || style.merge;
    for (;;) {
        if (merge) line.remove_prefix(std::min(line.find_first_not_of(set), line.size()));
        if (merge && line.empty()) return row;
        const auto end = line.find_first_of(set);
        row.emplace_back(line.substr(0, end));
        if (end == line.npos) return row;
        line.remove_prefix(end + 1);
    }
}

void table(Invocation& call, const Row& lines, const Style& style, std::string_view right) {
    std::vector<Row> rows;
    std::vector<std::size_t> widths;
    for (const auto& line : lines) {
        rows.push_back(cells(line, style));
        const auto& row = rows.back();
        widths.resize(std::max(widths.size(), row.size()));
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], text_width(row[i]));
        }
    }
    std::vector<bool> aligned(widths.size());
    for (std::size_t i = 0; i < widths.size(); ++i) {
        aligned[i] = right == "0" ||
                     (',' + std::string(right) + ',').find(',' + std::to_string(i + 1) + ',') !=
                         std::string::npos;
    }
    for (const auto& row : rows) {
        for (std::size_t i = 0; i < widths.size(); ++i) {
            const std::string_view cell = i < row.size() ? std::string_view(row[i]) : "";
            const std::string blanks(widths[i] - text_width(cell), ' ');
            if (aligned[i]) call.out.write(blanks);
            call.out.write(cell);
            if (i + 1 == widths.size()) break;
            if (!aligned[i]) call.out.write(blanks);
            call.out.write(style.between);
        }
        call.out.put('\n');
    }
}

// As tabs lay it out; down the columns first, or along the rows.
void side_by_side(Invocation& call, const Row& lines, std::size_t width, bool along) {
    std::size_t longest = 0;
    for (const auto& line : lines) longest = std::max(longest, text_width(line));
    const auto step = (longest + tab) / tab * tab;
    const auto columns = std::max<std::size_t>(width / step, 1);
    const auto rows = (lines.size() + columns - 1) / columns;
    for (std::size_t row = 0; row < rows; ++row) {
        std::size_t at = 0;
        for (std::size_t column = 0; column < columns; ++column) {
            const auto index = along ? row * columns + column : column * rows + row;
            if (index >= lines.size()) break;
            for (; at < column * step; at = (at / tab + 1) * tab) call.out.put('\t');
            call.out.write(lines[index]);
            at += text_width(lines[index]);
        }
        call.out.put('\n');
    }
}

int run(Invocation& call) {
    const auto wanted = call.options.value('c').value_or(call.variable("COLUMNS").value_or("80"));
    const auto width = parse::number<std::size_t>(wanted);
    if (call.options.has('c') && !width) return call.misused("the width is not a number");
    Row lines;
    std::size_t held = 0;
    each_input(call, [&](Input& input) -> Result<> {
        while (const auto line = TRY(next_line(input))) {
            const bool blank = line->find_first_not_of(" \t") == line->npos;
            if (blank && !call.options.has('L')) continue;
            held += line->size() + sizeof(std::string);
            if (held > limit) return refused("column", "more than 256 MiB of lines");
            lines.emplace_back(*line);
        }
        return {};
    });
    if (!call.options.has('t')) {
        side_by_side(call, lines, width.value_or(80), call.options.has('x'));
        return call.status;
    }
    Style style;
    if (const auto set = call.options.value('s')) style.separators = *set;
    if (const auto between = call.options.value('o')) style.between = *between;
    if (const auto names = call.options.value('N')) {
        std::string head;
        for (const char byte : *names)
            head += byte == ',' ? (style.separators ? (*style.separators)[0] : ' ') : byte;
        lines.insert(lines.begin(), head);
    }
    table(call, lines, style, call.options.value('R').value_or(""));
    return call.status;
}

constexpr Option options[]{
    {'t', "table", "", "a table of the words of each line"},
    {'s', "separator", "SET", "cells end with any of these characters (runs of blanks)"},
    {'o', "output-separator", "TEXT", "between cells (two blanks)"},
    {'N', "table-columns", "NAMES", "a first line of names: PID,USER"},
    {'R', "table-right", "COLUMNS", "aligned to the right: 1,3; 0 for all"},
    {'L', "keep-empty-lines", "", "empty lines are not left out"},
    {'c', "output-width", "N", "lines of N columns ($COLUMNS, or 80)"},
    {'x', "fillrows", "", "along the rows first"},
};

constexpr Command column{
    .name = "column",
    .usage = "[-t [-s SET] [-o TEXT] [-N NAMES] [-R COLUMNS]] [-x] [-c N] [FILE...]",
    .summary = "lines as a table, or side by side",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help = "Example:\n  column -t -s: /etc/passwd\n",
};
const Register registered{column};

}  // namespace
}  // namespace limpet::commands
