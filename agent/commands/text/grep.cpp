// grep.cpp - print lines that match regular expressions.
#include "commands/command.h"
#include "commands/text/grep_search.h"
#include "commands/walk.h"
#include "limpet/limits.h"
#include "parse/number.h"
#include "parse/wildcard.h"

#include <dirent.h>
#include <algorithm>

namespace limpet::commands {
namespace {

using grep::Search;
using grep::Style;

// -f FILE and -e PATTERN: one pattern a line each.
void split_lines(std::string_view text, std::vector<std::string>& patterns) {
    for (;;) {
        const auto newline = text.find('\n');
        patterns.emplace_back(text.substr(0, newline));
        if (newline == text.npos) return;
        text.remove_prefix(newline + 1);
    }
}

Result<> read_patterns(Invocation& call, std::string_view file,
                       std::vector<std::string>& patterns) {
    auto input = TRY(call.open(file));
    while (const auto line = TRY(input.line())) {
        auto text = *line;
        if (text.ends_with('\n')) text.remove_suffix(1);
        patterns.emplace_back(text);
    }
    return {};
}

Result<std::vector<std::string>> patterns_of(Invocation& call) {
    std::vector<std::string> patterns;
    bool given = false;
    for (const auto& [option, value] : call.options.all()) {
        if (option.letter == 'e') {
            given = true;
            split_lines(value, patterns);
        } else if (option.letter == 'f') {
            given = true;
            TRY(read_patterns(call, value, patterns));
        }
    }
    if (!given) {
        if (call.operands.empty()) return refused("pattern", "there is none");
        split_lines(call.operands.front(), patterns);
        call.operands.erase(call.operands.begin());
    }
    return patterns;
}

std::optional<Style> style_of(const Invocation& call) {
    Style style;
    const auto count = [&](std::string_view text, std::size_t& into) {
        const auto value = parse::number<std::size_t>(text);
        if (value) into = *value;
        return value.has_value();
    };
    for (const auto& [option, value] : call.options.all()) {
        bool good = true;
        switch (option.letter) {
            case 'v': style.invert = true; break;
            case 'n': style.numbers = true; break;
            case 'c': style.count = true; break;
            case 'l':
                style.list = true;
                style.list_without = false;
                break;
            case 'L':
                style.list_without = true;
                style.list = false;
                break;
            case 'q': style.quiet = true; break;
            case 's': style.silent = true; break;
            case 'o': style.only = true; break;
            case 'b': style.offsets = true; break;
            case 'a': style.text = true; break;
            case 'I': style.skip_binary = true; break;
            case 'T': style.tab = true; break;
            case 'Z': style.null_after_name = true; break;
            case 'A': good = count(value, style.after); break;
            case 'B': good = count(value, style.before); break;
            case 'm': good = count(value, style.most); break;
            case 'C':
            case '#':
                good = count(value, style.before);
                style.after = style.before;
                break;
            default:
                if (option.name.starts_with("colo")) {
                    style.colour = value != "never" && (value == "always" || call.colour());
                } else if (option.name == "binary-files") {
                    style.text = value == "text";
                    style.skip_binary = value == "without-match";
                    good = style.text || style.skip_binary || value == "binary";
                } else if (option.name == "group-separator") {
                    style.group_separator = value;
                } else if (option.name == "no-group-separator") {
                    style.group_separator.reset();
                } else if (option.name == "json") {
                    style.json = true;
                } else if (option.name == "line-buffered") {
                    style.flush = true;
                } else if (option.name == "label") {
                    style.label = value;
                }
        }
        if (!good) return std::nullopt;
        style.context |= std::string_view("ABC#").find(option.letter) != std::string_view::npos;
    }
    if (!call.options.has("color") && !call.options.has("colour")) style.colour = call.colour();
    if (style.json) style.count = style.only = style.colour = false;
    style.flush |= call.out.terminal();
    return style;
}

parse::Regex::Flags flags_of(const Options& options) {
    parse::Regex::Flags flags;
    for (const auto& given : options.all()) {
        switch (given.option.letter) {
            case 'E': flags.syntax = parse::regex::Syntax::extended; break;
            case 'F': flags.syntax = parse::regex::Syntax::fixed; break;
            case 'G': flags.syntax = parse::regex::Syntax::basic; break;
            case 'y':
            case 'i': flags.ignore_case = true; break;
            case 'w': flags.whole_word = true; break;
            case 'x': flags.whole_line = true; break;
            case 'z': flags.terminator = '\0'; break;
            default:
                if (given.option.name == "no-ignore-case") flags.ignore_case = false;
        }
    }
    return flags;
}

// -d and -D: what is done with what is no file.
struct Others {
    bool recursive = false, skip_directories = false, skip_devices = false;
    bool wrong = false;
    explicit Others(const Options& options) {
        for (const auto& [option, value] : options.all()) {
            if (option.letter == 'r' || option.letter == 'R') recursive = true;
            if (option.letter == 'd') {
                recursive = value == "recurse";
                skip_directories = value == "skip";
                wrong |= !recursive && !skip_directories && value != "read";
            }
            if (option.letter == 'D') {
                skip_devices = value == "skip";
                wrong |= !skip_devices && value != "read";
            }
        }
    }
    [[nodiscard]] bool skips(std::uint32_t mode) const {
        return S_ISDIR(mode) ? skip_directories : !S_ISREG(mode) && skip_devices;
    }
};

bool is_directory(const Invocation& call, std::string_view name) {
    const auto status = target::stat(call.target, call.path(name), target::Follow::yes);
    return status && S_ISDIR(status->stx_mode);
}

struct Filter {
    std::vector<std::string> include, exclude, exclude_directories;
    explicit Filter(const Options& options) {
        for (const auto& [option, value] : options.all()) {
            if (option.name == "include") include.push_back(value);
            if (option.name == "exclude") exclude.push_back(value);
            if (option.name == "exclude-dir") exclude_directories.push_back(value);
        }
    }
    static bool any(const std::vector<std::string>& patterns, std::string_view name) {
        return std::ranges::any_of(
            patterns, [&](const auto& pattern) { return parse::wildcard(pattern, name); });
    }
    [[nodiscard]] bool takes(std::string_view name) const {
        return (include.empty() || any(include, name)) && !any(exclude, name);
    }
};

// Below a directory: regular files only, whatever else may lie there.
bool search_tree(Invocation& call, Search& search, const Filter& filter, const std::string& root,
                 bool bare) {
    Walk walk;
    walk.follow = call.options.has('R');
    walk.follow_operand = true;
    walk.before = [&](Visit& visit) {
        const auto type = visit.type();
        if (type == DT_DIR) {
            const bool out =
                visit.depth() > 0 && Filter::any(filter.exclude_directories, visit.name());
            return out ? Next::skip : Next::descend;
        }
        if (type != DT_REG || !filter.takes(visit.name())) return Next::skip;
        auto file = visit.open();
        const std::string_view path = visit.path();
        const auto shown = bare && path.starts_with("./") ? path.substr(2) : path;
        if (!file) {
            search.problem(file.error());
            return Next::skip;
        }
        return search.file(*file, shown, true) ? Next::skip : Next::stop;
    };
    return walk.run(call, root);
}

bool search_all(Invocation& call, Search& search) {
    const Others others(call.options);
    const bool recursive = others.recursive;
    const bool bare = recursive && call.operands.empty();
    Filter filter(call.options);
    for (const auto& [option, value] : call.options.all()) {
        if (option.name != "exclude-from") continue;
        if (auto read = read_patterns(call, value, filter.exclude); !read) {
            search.problem(read.error());
        }
    }
    if (call.operands.empty()) call.operands.emplace_back(recursive ? "." : "-");
    for (const auto& name : call.operands) {
        if (name == "-") {
            if (!search.file(call.in.fd(), search.standard_input(), false)) return false;
            continue;
        }
        if (recursive && is_directory(call, name)) {
            if (!search_tree(call, search, filter, name, bare)) return false;
            continue;
        }
        if (others.skip_directories || others.skip_devices) {
            const auto status = target::stat(call.target, call.path(name), target::Follow::yes);
            if (status && others.skips(status->stx_mode)) continue;
        }
        const auto slash = name.rfind('/');
        if (!filter.takes(slash == name.npos ? name : name.substr(slash + 1))) continue;
        auto file = target::open_for_reading(call.target, call.path(name));
        if (!file) {
            search.problem(file.error());
            continue;
        }
        if (!search.file(*file, name, true)) return false;
    }
    return true;
}

int run(Invocation& call) {
    if (call.options.has('P')) {
        return call.misused("-P: the expressions of Perl are not known here; -E has most of them");
    }
    const auto style = style_of(call);
    if (!style) return call.misused("a count is not a number");
    const Others others(call.options);
    if (others.wrong) return call.misused("-d takes read, skip or recurse, and -D read or skip");
    const auto patterns = patterns_of(call);
    if (!patterns) {
        call.misused(text(patterns.error()));
        return 2;
    }
    const auto flags = flags_of(call.options);
    std::optional<parse::Regex> regex;
    // An empty -f file has no pattern, and nothing matches.
    if (!patterns->empty()) {
        auto compiled = parse::Regex::compile(*patterns, flags);
        if (!compiled) {
            call.complain(compiled.error());
            return 2;
        }
        regex = *std::move(compiled);
    }
    Search search(call, *style, regex, flags.terminator);
    bool names =
        call.operands.size() > 1 ||
        (others.recursive && (call.operands.empty() || is_directory(call, call.operands[0])));
    for (const auto& given : call.options.all()) {
        if (given.option.letter == 'h') names = false;
        if (given.option.letter == 'H') names = true;
    }
    search.show_names(names);
    if (style->most > 0) search_all(call, search);
    if (search.selected() && style->quiet) return 0;
    if (search.failed() || call.status != 0) return 2;
    return search.selected() ? 0 : 1;
}

constexpr Option options[]{
    {'E', "extended-regexp", "", "patterns are extended regular expressions"},
    {'F', "fixed-strings", "", "patterns are texts"},
    {'G', "basic-regexp", "", "patterns are basic regular expressions (default)"},
    {'e', "regexp", "PATTERN", "a pattern; may be given several times"},
    {'f', "file", "FILE", "patterns, one a line"},
    {'i', "ignore-case", "", "without regard to upper and lower case"},
    {'y', "", "", "the same as -i"},
    {'v', "invert-match", "", "lines that do not match"},
    {'w', "word-regexp", "", "only whole words"},
    {'x', "line-regexp", "", "only whole lines"},
    {'c', "count", "", "the number of lines"},
    {'l', "files-with-matches", "", "names of files with a match"},
    {'L', "files-without-match", "", "names of files without one"},
    {'q', "quiet", "", "nothing; the exit status tells, at the first match"},
    {'s', "no-messages", "", "say nothing about files that cannot be read"},
    {'o', "only-matching", "", "only what matches, each on its line"},
    {'n', "line-number", "", "with line numbers"},
    {'b', "byte-offset", "", "with offsets in the file"},
    {'H', "with-filename", "", "with file names"},
    {'h', "no-filename", "", "without file names"},
    {'r', "recursive", "", "files below directories; devices and FIFOs are never opened"},
    {'R', "dereference-recursive", "", "the same, and through symbolic links"},
    {'m', "max-count", "N", "stop after N lines of each file"},
    {'A', "after-context", "N", "and N lines after each"},
    {'B', "before-context", "N", "and N lines before each"},
    {'C', "context", "N", "and N lines around each"},
    {'#', "", "N", "the same as -C N"},
    {'P', "perl-regexp", "", "refused: write it as an extended expression"},
    {'d', "directories", "WORD", "read, skip, recurse (as -r)"},
    {'D', "devices", "WORD", "read (refused all the same), skip"},
    {'T', "initial-tab", "", "a tab before the line"},
    {0, "binary-files", "WORD", "binary, text (as -a), without-match (as -I)"},
    {'U', "binary", "", "makes no difference"},
    {'a', "text", "", "show binary files as they are"},
    {'I', "", "", "pass over binary files"},
    {'Z', "null", "", "a zero byte after file names"},
    {'z', "null-data", "", "lines end with a zero byte"},
    {0, "include", "GLOB", "with -r only files of that name"},
    {0, "exclude", "GLOB", "with -r no files of that name"},
    {0, "exclude-from", "FILE", "no files of the names in FILE, one a line"},
    {0, "exclude-dir", "GLOB", "with -r no directories of that name"},
    {0, "group-separator", "TEXT", "between parts with context, in place of --"},
    {0, "no-group-separator", "", "nothing between them"},
    {0, "no-ignore-case", "", "takes -i back"},
    {'q', "silent", "", "the same as -q"},
    {0, "colour", "[WHEN]", "the same as --color"},
    {0, "color", "[WHEN]", "always, never or auto (default)"},
    {0, "line-buffered", "", "print each line at once"},
    {0, "label", "NAME", "the name of standard input"},
    {0, "json", "", "JSON lines"},
};

constexpr Command command{
    .name = "grep",
    .usage = "[-EFivnclLoqrwxs] [-ABC N] [-m N] [-e PATTERN | -f FILE | PATTERN] [FILE...]",
    .summary = "print lines that match regular expressions",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Expressions are POSIX's, with \\w \\W \\s \\S \\b \\B \\< \\> and back references, and "
        "are\n"
        "matched in linear time. Exit status: 0 a line was found, 1 none, 2 an error.\n\n"
        "JSON fields: path, line (number), offset, text.\n\n"
        "Examples:\n  grep -rn listen /etc/nginx\n  grep -c ^processor /proc/cpuinfo\n",
};
const Register registered{command};

constexpr Command extended{
    .name = "egrep",
    .usage = "as grep -E",
    .summary = "print lines that match extended regular expressions",
    .theme = "text",
    .promise = Promise::files,
    .run =
        [](Invocation& call) {
            call.options.add(options[0], {});
            return run(call);
        },
    .options = option_table<options>,
    .help = "Example:\n  egrep 'error|warn' /var/log/app.log\n",
};
const Register registered_extended{extended};

constexpr Command fixed{
    .name = "fgrep",
    .usage = "as grep -F",
    .summary = "print lines that contain texts",
    .theme = "text",
    .promise = Promise::files,
    .run =
        [](Invocation& call) {
            call.options.add(options[1], {});
            return run(call);
        },
    .options = option_table<options>,
    .help = "Example:\n  fgrep -n '[main]' /etc/app.conf\n",
};
const Register registered_fixed{fixed};

}  // namespace
}  // namespace limpet::commands
