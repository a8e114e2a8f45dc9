// cut.cpp - columns or fields of lines.
#include "commands/command.h"
#include "commands/utf8.h"
#include "parse/number.h"
#include "parse/regex.h"

#include <algorithm>

namespace limpet::commands {
namespace {

struct Range {
    std::size_t first, last;  // from 1, both included
};

// `as_given`: -D, neither sorted nor merged.
Result<std::vector<Range>> ranges_of(std::string_view list, bool as_given) {
    std::vector<Range> ranges;
    const auto wrong = [&](std::string_view part) {
        return refused("list", "'" + std::string(part) + "' is no range of positions from 1");
    };
    for (;;) {
        const auto comma = list.find_first_of(", ");
        const auto part = list.substr(0, comma);
        const auto hyphen = part.find('-');
        const auto number = [](std::string_view text, std::size_t missing) {
            return text.empty() ? std::optional(missing) : parse::number<std::size_t>(text);
        };
        const auto first = number(part.substr(0, hyphen), 1);
        const auto last = hyphen == part.npos ? first : number(part.substr(hyphen + 1), SIZE_MAX);
        if (!first || !last || part.empty() || part == "-" || *first == 0 || *last < *first) {
            return wrong(part);
        }
        ranges.push_back({*first, *last});
        if (comma == list.npos) break;
        list.remove_prefix(comma + 1);
    }
    if (as_given) return ranges;
    std::ranges::sort(ranges, {}, &Range::first);
    std::vector<Range> merged;
    for (const auto& range : ranges) {
        // Not 2-3,4-5 into one: an output delimiter comes between them.
        if (!merged.empty() && range.first <= merged.back().last) {
            merged.back().last = std::max(merged.back().last, range.last);
        } else {
            merged.push_back(range);
        }
    }
    return merged;
}

std::vector<Range> complement(const std::vector<Range>& ranges) {
    std::vector<Range> rest;
    std::size_t from = 1;
    for (const auto& [first, last] : ranges) {
        if (first > from) rest.push_back({from, first - 1});
        if (last == SIZE_MAX) return rest;
        from = last + 1;
    }
    rest.push_back({from, SIZE_MAX});
    return rest;
}

struct Style {
    std::vector<Range> ranges;
    char kind = 'b';
    char delimiter = '\t';
    bool only_delimited = false;
    bool as_given = false;                   // -D
    std::optional<parse::Regex> expression;  // -F
    std::optional<std::string> between;
    char terminator = '\n';
};

void bytes(std::string_view line, const Style& style, Output& out) {
    bool first = true;
    for (const auto& range : style.ranges) {
        if (range.first > line.size()) break;
        if (!first && style.between) out.write(*style.between);
        first = false;
        out.write(line.substr(range.first - 1, range.last - range.first + 1));
    }
}

void characters(std::string_view line, const Style& style, Output& out) {
    std::size_t at = 1;
    bool first = true;
    auto range = style.ranges.begin();
    while (!line.empty() && range != style.ranges.end()) {
        const auto length = std::max<std::size_t>(utf8_length(line), 1);
        if (at > range->last) {
            ++range;
            continue;
        }
        if (at >= range->first) {
            if (at == range->first && !first && style.between) out.write(*style.between);
            first = false;
            out.write(line.substr(0, length));
        }
        line.remove_prefix(length);
        ++at;
    }
}

// False when the line is to be left out (-s).
bool fields(std::string_view line, const Style& style, Output& out) {
    if (line.find(style.delimiter) == line.npos) {
        if (style.only_delimited) return false;
        out.write(line);
        return true;
    }
    bool first = true;
    std::size_t at = 1;
    auto range = style.ranges.begin();
    while (range != style.ranges.end()) {
        const auto end = line.find(style.delimiter);
        if (at > range->last) {
            ++range;
            continue;
        }
        if (at >= range->first) {
            if (!first) {
                if (style.between) {
                    out.write(*style.between);
                } else {
                    out.put(style.delimiter);
                }
            }
            first = false;
            out.write(line.substr(0, end));
        }
        if (end == line.npos) break;
        line.remove_prefix(end + 1);
        ++at;
    }
    return true;
}

Result<std::vector<std::string_view>> parted(std::string_view line, Style& style) {
    std::vector<std::string_view> parts;
    std::size_t from = 0;
    std::size_t look = 0;
    for (;;) {
        std::optional<parse::Regex::Span> found;
        if (style.expression) {
            if (look <= line.size()) found = TRY(style.expression->find(line, look));
        } else if (const auto at = line.find(style.delimiter, from); at != line.npos) {
            found = {at, at + 1};
        }
        if (found && found->begin == found->end) {  // of nothing, nothing is a delimiter
            look = found->end + 1;
            continue;
        }
        parts.push_back(line.substr(from, found ? found->begin - from : line.npos));
        if (!found) return parts;
        from = look = found->end;
    }
}

// -D and -F: the fields one by one, in the order that was asked for with -D.
Result<bool> listed_fields(std::string_view line, Style& style, Output& out) {
    const auto parts = TRY(parted(line, style));
    if (parts.size() == 1 && style.only_delimited) return false;
    if (parts.size() == 1 && !style.as_given) {
        out.write(line);
        return true;
    }
    const auto between = style.between.value_or(style.expression ? std::string(" ")
                                                                 : std::string(1, style.delimiter));
    bool first = true;
    for (const auto& range : style.ranges) {
        for (auto at = range.first; at <= std::min(range.last, parts.size()); ++at) {
            if (!first) out.write(between);
            first = false;
            out.write(parts[at - 1]);
        }
    }
    return true;
}

Result<> cut_lines(Input& input, Output& out, Style& style) {
    while (const auto got = TRY(input.line(style.terminator))) {
        auto line = *got;
        if (line.ends_with(style.terminator)) line.remove_suffix(1);
        bool shown = true;
        if (style.kind == 'F' || (style.kind == 'f' && style.as_given)) {
            shown = TRY(listed_fields(line, style, out));
        } else if (style.kind == 'f') {
            shown = fields(line, style, out);
        } else if (style.kind == 'c') {
            characters(line, style, out);
        } else {
            bytes(line, style, out);
        }
        if (shown) out.put(style.terminator);
        if (out.failure()) break;
    }
    return {};
}

int run(Invocation& call) {
    Style style;
    std::optional<std::string_view> list;
    std::string delimiter;
    for (const auto& [option, value] : call.options.all()) {
        if (option.letter == 'b' || option.letter == 'c' || option.letter == 'f' ||
            option.letter == 'F') {
            if (list) return call.misused("only one of -b, -c, -f and -F");
            style.kind = option.letter;
            list = value;
        }
        if (option.letter == 'd') delimiter = value;
        if (option.letter == 'D') style.as_given = true;
        if (option.name == "output-delimiter") style.between = value;
    }
    if (!list) return call.misused("one of -b, -c, -f and -F is needed");
    if (style.kind == 'F') {
        if (delimiter.empty()) delimiter = "[[:space:]]+";
        auto compiled = parse::Regex::compile(std::span(&delimiter, 1),
                                              {.syntax = parse::regex::Syntax::extended});
        if (!compiled) return call.misused(text(compiled.error()));
        style.expression = *std::move(compiled);
    } else if (call.options.has('d')) {
        if (delimiter.size() != 1) return call.misused("the delimiter is one character");
        style.delimiter = delimiter[0];
    }
    auto ranges = ranges_of(*list, style.as_given);
    if (!ranges) return call.misused(text(ranges.error()));
    style.ranges = call.options.has("complement") ? complement(*ranges) : *std::move(ranges);
    style.only_delimited = call.options.has('s');
    if (call.options.has('z')) style.terminator = '\0';
    if (call.operands.empty()) call.operands.emplace_back("-");
    for (const auto& name : call.operands) {
        auto input = call.open(name);
        if (!input) {
            call.complain(input.error());
            continue;
        }
        if (auto done = cut_lines(*input, call.out, style); !done) {
            if (done.error().code != 0) done.error().subject() = name;
            call.complain(done.error());
        }
    }
    return call.status;
}

constexpr Option options[]{
    {'b', "bytes", "LIST", "bytes: 1,3-5,7-"},
    {'c', "characters", "LIST", "characters (UTF-8)"},
    {'f', "fields", "LIST", "fields"},
    {'F', "", "LIST", "fields between runs of blanks, or of what the expression of -d matches"},
    {'d', "delimiter", "C", "between fields (tab)"},
    {'D', "", "", "in the order of LIST, and as often as it says"},
    {'s', "only-delimited", "", "no lines without a delimiter"},
    {'n', "", "", "ignored: characters are never split by -c"},
    {0, "complement", "", "all but these"},
    {'O', "output-delimiter", "TEXT", "between the parts that are printed"},
    {'z', "zero-terminated", "", "lines end with a zero byte"},
};

constexpr Command cut{
    .name = "cut",
    .usage = "-b LIST | -c LIST | -f LIST | -F LIST [-Ds] [-d C] [FILE...]",
    .summary = "print columns or fields of lines",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help = "Example:\n  cut -d: -f1,7 /etc/passwd\n",
};
const Register registered{cut};

}  // namespace
}  // namespace limpet::commands
