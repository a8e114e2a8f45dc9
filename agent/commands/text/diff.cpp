// diff.cpp - compare files and trees line by line.
#include "commands/text/diff_files.h"
#include "parse/number.h"
#include "sys/file.h"

#include <fcntl.h>

namespace limpet::commands {
namespace {

using diff::Form;
using diff::Outcome;

bool take_form(const Options::Given& given, diff::Style& style) {
    const auto [option, value] = given;
    switch (option.letter) {
        case 'e': style.form = Form::ed; return true;
        case 'f': style.form = Form::forward_ed; return true;
        case 'n': style.form = Form::rcs; return true;
        case 'c':
        case 'C': style.form = Form::context; break;
        case 'u':
        case 'U': style.form = Form::unified; break;
        case '#': break;
        default:
            if (option.name == "normal") style.form = Form::normal;
            if (option.name == "context") style.form = Form::context;
            if (option.name == "unified") style.form = Form::unified;
            if (option.name != "context" && option.name != "unified") return true;
    }
    if (value.empty()) return true;
    const auto lines = parse::number<std::uint32_t>(value);
    if (lines) style.context = std::min(*lines, std::uint32_t{1} << 30);
    return lines.has_value();
}

void take_flag(const Options::Given& given, diff::Style& style) {
    switch (given.option.letter) {
        case 'q': style.brief = true; break;
        case 's': style.report_same = true; break;
        case 'a': style.as_text = true; break;
        case 'd': style.minimal = true; break;
        case 'i': style.ignore_case = true; break;
        case 'B': style.ignore_blank_lines = true; break;
        case 'b': style.ignore_space_change = true; break;
        case 'w': style.ignore_all_space = true; break;
        case 'Z': style.ignore_trailing_space = true; break;
        case 't': style.expand_tabs = true; break;
        case 'T': style.initial_tab = true; break;
        case 'p': style.show_function = true; break;
        case 'r': style.recursive = true; break;
        case 'N': style.absent_as_empty = true; break;
        case 'P': style.absent_first_as_empty = true; break;
        case 'L': style.labels.push_back(given.value); break;
        case 'x': style.exclude.push_back(given.value); break;
        default:
            if (given.option.name == "strip-trailing-cr") style.strip_cr = true;
            if (given.option.name == "no-dereference") style.follow = false;
    }
}

// The words that are not operands, as they were typed.
std::string option_words(const std::vector<std::string>& all,
                         const std::vector<std::string>& operands) {
    std::string text;
    auto operand = operands.begin();
    for (const auto& word : all) {
        if (operand != operands.end() && word == *operand) {
            ++operand;
        } else if (word != "--") {
            text += ' ' + diff::header_name(word);
        }
    }
    return text;
}

// An operand with "-" for standard input; absent ones only where -N takes them.
bool look(Invocation& call, const diff::Style& style, diff::Side& side) {
    if (side.name == "-") {
        const auto status = sys::statx(call.in.fd(), "", AT_EMPTY_PATH);
        side.status.emplace();
        if (status) side.status = *status;
        return true;
    }
    const auto status = target::stat(call.target, call.path(side.name), target::Follow::yes);
    if (status) {
        side.status = *status;
    } else if (status.error().code != ENOENT || !style.absent_as_empty) {
        call.complain(Error{status.error().code, "open", side.name, status.error().hint()});
        return false;
    }
    return true;
}

bool is_directory(const diff::Side& side) { return side.status && S_ISDIR(side.status->stx_mode); }

Outcome compare(Invocation& call, const diff::Style& style, diff::Sides& sides) {
    for (auto& side : sides) {
        if (!look(call, style, side)) return Outcome::trouble;
    }
    if (!sides[0].status && !sides[1].status) {
        call.complain("open " + sides[0].name + ", " + sides[1].name + ": neither is there");
        return Outcome::trouble;
    }
    const bool first = is_directory(sides[0]), second = is_directory(sides[1]);
    if ((first || !sides[0].status) && (second || !sides[1].status)) {
        return diff::trees(call, style, sides);
    }
    if (first || second) {
        // The file of that name in the directory.
        auto& directory = sides[first ? 0 : 1];
        const std::string_view name = sides[first ? 1 : 0].name;
        if (name == "-") {
            call.complain("cannot compare '-' to a directory");
            return Outcome::trouble;
        }
        directory.name = diff::joined(directory.name, name.substr(name.rfind('/') + 1));
        directory.status.reset();
        if (!look(call, style, directory)) return Outcome::trouble;
        if (is_directory(directory)) {
            diff::kinds_differ(call, sides);
            return Outcome::different;
        }
    }
    for (auto& side : sides) {
        if (!side.status) continue;
        auto input = call.open(side.name);
        if (!input) {
            call.complain(input.error());
            return Outcome::trouble;
        }
        side.input.emplace(*std::move(input));
    }
    return diff::files(call, style, sides, false);
}

int run(Invocation& call) {
    const auto words = std::move(call.operands);
    call.operands.clear();
    if (words.size() == 1 && words[0] == "--help") {
        call.out.write(help_text(call.command));
        return 0;
    }
    if (auto parsed = parse_options(call.command, words, call.options, call.operands); !parsed) {
        return call.misused(text(parsed.error()));
    }
    diff::Style style;
    style.colour = call.colour();
    for (const auto& given : call.options.all()) {
        if (!take_form(given, style)) {
            return call.misused("'" + given.value + "' is no number of lines");
        }
        take_flag(given, style);
        if (call.json()) style.form = Form::json;
        if (given.option.name != "color") continue;
        if (given.value == "never") style.colour = false;
        if (given.value == "always") style.colour = true;
        if (given.value != "never" && given.value != "always" && given.value != "auto" &&
            !given.value.empty()) {
            return call.misused("--color takes always, never or auto");
        }
    }
    if (call.operands.size() != 2) return call.misused("it compares two files");
    if (style.labels.size() > 2) return call.misused("there are two labels at most");
    style.words = option_words(words, call.operands);
    // Standard input cannot be read twice, and need not be.
    diff::Sides sides{diff::Side{call.operands[0]}, diff::Side{call.operands[1]}};
    if (sides[0].name == "-" && sides[1].name == "-") return 0;
    return static_cast<int>(compare(call, style, sides));
}

constexpr Option options[]{
    {'u', "", "", "unified form, with 3 lines around each change"},
    {'U', "", "N", "the same with N lines"},
    {0, "unified", "[N]", "either"},
    {'c', "", "", "context form, with 3 lines around each change"},
    {'C', "", "N", "the same with N lines"},
    {0, "context", "[N]", "either"},
    {'#', "", "N", "N lines in either form"},
    {'e', "ed", "", "a script for ed"},
    {'f', "forward-ed", "", "the same from the first line on, for people"},
    {'n', "rcs", "", "RCS form"},
    {0, "normal", "", "the form without any of these (default)"},
    {'q', "brief", "", "only whether they differ"},
    {'s', "report-identical-files", "", "also say that files are the same"},
    {'r', "recursive", "", "subdirectories, too"},
    {'N', "new-file", "", "a file that is not there is empty"},
    {'P', "unidirectional-new-file", "", "the same for the first of the two"},
    {'x', "exclude", "PATTERN", "leave out names that match, below directories"},
    {0, "no-dereference", "", "compare symbolic links themselves, below directories"},
    {'a', "text", "", "every file is text"},
    {'i', "ignore-case", "", "capital letters are as small ones"},
    {'b', "ignore-space-change", "", "any run of blanks is as any other"},
    {'w', "ignore-all-space", "", "blanks do not count"},
    {'Z', "ignore-trailing-space", "", "blanks at the end of lines do not count"},
    {'B', "ignore-blank-lines", "", "changes of blank lines do not count"},
    {0, "strip-trailing-cr", "", "a carriage return before a newline does not count"},
    {'t', "expand-tabs", "", "spaces instead of tabs"},
    {'T', "initial-tab", "", "a tab before each line, so that its own stay aligned"},
    {'p', "show-c-function", "", "the function that each change is in"},
    {'L', "label", "TEXT", "instead of a name and its time; twice for both"},
    {'d', "minimal", "", "the smallest script, however long it takes to find"},
    {0, "color", "[WHEN]", "always, never, auto (default)"},
    json_option,
};

constexpr Command diff_command{
    .name = "diff",
    .usage = "[-u|-c|-e|-q] [-rNabBiwst] [-U N] [-L TEXT] [-x PATTERN] [-o json] FILE1 FILE2",
    .summary = "compare files line by line, and directories name by name",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "One of the two may be \"-\", standard input. Of a directory and a file, the file of that\n"
        "name in the directory is compared. Status: 0 the same, 1 different, 2 trouble.\n\n"
        "What is printed is the shortest script, unless the files are so long and so different\n"
        "that finding it would take more than some 10^9 steps. Files of text have at most 256 MiB\n"
        "and 16777216 lines; -q and binary files know no limit.\n\n"
        "JSON fields: result (change, or of whole files: differ, binary, same, kind, link, only),\n"
        "first, second (paths; null when only the other is there); of a change: first_line,\n"
        "second_line (where it begins), deleted, inserted (lists of lines, each with its "
        "newline).\n\n"
        "Examples:\n  diff -u /etc/app.conf.orig /etc/app.conf\n  diff -rq /etc /etc.orig\n",
    .raw = true,
};
const Register registered{diff_command};

}  // namespace
}  // namespace limpet::commands
