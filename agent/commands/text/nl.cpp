// nl.cpp - number lines.
#include "commands/text/lines.h"
#include "parse/number.h"
#include "parse/regex.h"

namespace limpet::commands {
namespace {

enum Part { header, body, footer };

struct Which {
    char kind = 'n';  // a all, t not empty, n none, p matching
    std::optional<parse::Regex> pattern;
};

struct Style {
    Which which[3];
    std::string delimiter = "\\:";
    std::string separator = "\t";
    std::string format = "rn";
    std::int64_t start = 1, step = 1;
    std::size_t width = 6, blanks = 1;
    bool restart = true;
};

Result<Which> which_lines(std::string_view given) {
    Which which;
    if (given == "a" || given == "t" || given == "n") {
        which.kind = given[0];
        return which;
    }
    if (!given.starts_with('p'))
        return refused("style", "'" + std::string(given) + "' is not a, t, n or pEXPRESSION");
    which.kind = 'p';
    const std::string pattern(given.substr(1));
    which.pattern.emplace(TRY(parse::Regex::compile({&pattern, 1}, {})));
    return which;
}

class Numbering {
public:
    Numbering(Output& out, Style& style) : out_(out), style_(style), number_(style.start) {}

    Result<> line(std::string_view text) {
        if (const auto part = begins(text)) {
            part_ = *part;
            if (style_.restart) number_ = style_.start;
            out_.put('\n');
            return {};
        }
        if (TRY(numbered(text))) {
            write_number();
            out_.write(style_.separator);
            number_ += style_.step;
        } else {
            out_.write(std::string(style_.width + style_.separator.size(), ' '));
        }
        out_.write(text);
        out_.put('\n');
        return {};
    }

private:
    // A line of one, two or three delimiters begins a part of a page.
    [[nodiscard]] std::optional<Part> begins(std::string_view text) const {
        const auto& mark = style_.delimiter;
        if (mark.empty()) return std::nullopt;
        if (text == mark) return footer;
        if (text == mark + mark) return body;
        if (text == mark + mark + mark) return header;
        return std::nullopt;
    }
    Result<bool> numbered(std::string_view text) {
        auto& which = style_.which[part_];
        if (which.kind == 'p') return which.pattern->matches(text);
        if (which.kind == 't') return !text.empty();
        if (which.kind == 'n') return false;
        if (!text.empty()) {
            blanks_ = 0;
            return true;
        }
        // Of empty lines in a row every Nth counts.
        if (++blanks_ < style_.blanks) return false;
        blanks_ = 0;
        return true;
    }
    void write_number() {
        const auto width = static_cast<int>(style_.width);
        const auto number = static_cast<long long>(number_);
        out_.print(style_.format == "ln"   ? "%-*lld"
                   : style_.format == "rz" ? "%0*lld"
                                           : "%*lld",
                   width, number);
    }

    Output& out_;
    Style& style_;
    std::int64_t number_;
    Part part_ = body;
    std::size_t blanks_ = 0;
};

Result<Style> style_of(const Options& options) {
    Style style;
    style.which[body].kind = 't';
    for (const auto& [option, value] : options.all()) {
        switch (option.letter) {
            case 'b': style.which[body] = TRY(which_lines(value)); break;
            case 'h': style.which[header] = TRY(which_lines(value)); break;
            case 'f': style.which[footer] = TRY(which_lines(value)); break;
            case 'd': style.delimiter = value.size() == 1 ? value + ":" : value; break;
            case 's': style.separator = value; break;
            case 'p': style.restart = false; break;
            case 'n':
                if (value != "ln" && value != "rn" && value != "rz")
                    return refused("-n", "ln, rn or rz");
                style.format = value;
                break;
            default: {
                const auto number = parse::number<std::int64_t>(value);
                const bool small = option.letter == 'w' || option.letter == 'l';
                if (!number || (small && (*number < 1 || *number > 1000))) {
                    return refused(std::string("-") + option.letter,
                                   "'" + value + "' is no number for it");
                }
                if (option.letter == 'v') style.start = *number;
                if (option.letter == 'i') style.step = *number;
                if (option.letter == 'w') style.width = static_cast<std::size_t>(*number);
                if (option.letter == 'l') style.blanks = static_cast<std::size_t>(*number);
            }
        }
    }
    return style;
}

int run(Invocation& call) {
    auto style = style_of(call.options);
    if (!style) return call.misused(text(style.error()));
    Numbering numbering(call.out, *style);
    each_input(call, [&](Input& input) -> Result<> {
        while (const auto line = TRY(next_line(input))) {
            TRY(numbering.line(*line));
            if (call.out.failure()) break;
        }
        return {};
    });
    return call.status;
}

constexpr Option options[]{
    {'b', "body-numbering", "STYLE",
     "which lines: a all, t not empty (default), n none, pRE those that match"},
    {'h', "header-numbering", "STYLE", "the same for headers (n)"},
    {'f', "footer-numbering", "STYLE", "the same for footers (n)"},
    {'d', "section-delimiter", "CC",
     "what begins footer, body (twice) and header (three times): \\:"},
    {'i', "line-increment", "N", "count in steps of N (1)"},
    {'l', "join-blank-lines", "N", "of empty lines in a row count every Nth (1)"},
    {'n', "number-format", "FORMAT", "ln left, rn right (default), rz right with zeros"},
    {'p', "no-renumber", "", "count on over sections"},
    {'s', "number-separator", "TEXT", "between number and line (a tab)"},
    {'v', "starting-line-number", "N", "the first number (1)"},
    {'w', "number-width", "N", "columns of the number (6)"},
};

constexpr Command nl{
    .name = "nl",
    .usage = "[-p] [-b STYLE] [-s TEXT] [-v N] [-i N] [-w N] [-n FORMAT] [FILE...]",
    .summary = "number lines",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help = "Example:\n  nl -ba -s': ' /etc/hosts\n",
};
const Register registered{nl};

}  // namespace
}  // namespace limpet::commands
