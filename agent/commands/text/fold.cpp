// fold.cpp - break long lines.
#include "commands/text/lines.h"
#include "commands/utf8.h"
#include "parse/number.h"

#include <algorithm>

namespace limpet::commands {
namespace {

struct Style {
    bool bytes = false, spaces = false;
    std::size_t width = 80;
};

// The column after a character that begins in `column`.
std::size_t after(std::string_view character, std::size_t column, bool bytes) {
    if (bytes) return column + 1;
    switch (character[0]) {
        case '\t': return (column / 8 + 1) * 8;
        case '\b': return column > 0 ? column - 1 : 0;
        case '\r': return 0;
        default: break;
    }
    const auto length = utf8_length(character);
    return column +
           (length == 0
                ? 1
                : static_cast<std::size_t>(column_width(utf8_decode(character.substr(0, length)))));
}

std::size_t columns_of(std::string_view text, bool bytes) {
    std::size_t column = 0;
    while (!text.empty()) {
        column = after(text, column, bytes);
        text.remove_prefix(bytes ? 1 : std::max<std::size_t>(utf8_length(text), 1));
    }
    return column;
}

void break_line(Output& out, std::string_view line, const Style& style) {
    std::size_t begin = 0, column = 0;
    std::size_t blank = 0;  // behind the last one of this part; `begin` or less when there is none
    for (std::size_t at = 0; at < line.size();) {
        const auto rest = line.substr(at);
        const auto length = style.bytes ? 1 : std::max<std::size_t>(utf8_length(rest), 1);
        auto next = after(rest, column, style.bytes);
        if (next > style.width && at > begin) {
            const auto cut = style.spaces && blank > begin ? blank : at;
            out.write(line.substr(begin, cut - begin));
            out.put('\n');
            begin = cut;
            column = columns_of(line.substr(begin, at - begin), style.bytes);
            continue;
        }
        column = next;
        at += length;
        if (rest[0] == ' ' || rest[0] == '\t') blank = at;
    }
    out.write(line.substr(begin));
}

int run(Invocation& call) {
    Style style{.bytes = call.options.has('b'), .spaces = call.options.has('s')};
    for (const auto& [option, value] : call.options.all()) {
        if (option.letter != 'w' && option.letter != '#') continue;
        const auto width = parse::number<std::size_t>(value);
        if (!width || *width == 0) return call.misused("-w needs a number from 1");
        style.width = *width;
    }
    rewrite_lines(call, [&](std::string_view line) {
        break_line(call.out, line, style);
        return true;
    });
    return call.status;
}

constexpr Option options[]{
    {'b', "bytes", "", "count bytes and not columns"},
    {'s', "spaces", "", "break behind the last blank that fits"},
    {'w', "width", "N", "at most N columns (80)"},
    {'#', "", "N", "the same as -w N"},
};

constexpr Command fold{
    .name = "fold",
    .usage = "[-bs] [-w N] [FILE...]",
    .summary = "break long lines",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help = "Example:\n  tr '\\0' ' ' < /proc/1/cmdline | fold -sw 72\n",
};
const Register registered{fold};

}  // namespace
}  // namespace limpet::commands
