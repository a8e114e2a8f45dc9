// tar.cpp - archives: list, extract, create.
#include "commands/file/tar.h"

#include "parse/number.h"
#include "parse/wildcard.h"

#include <unistd.h>

namespace limpet::commands {
namespace tar {

void complain(Invocation& call, const Error& problem) {
    call.complain(problem);
    call.status = 2;
}

void complain(Invocation& call, std::string_view problem) {
    call.complain(problem);
    call.status = 2;
}

bool excluded(const Style& style, std::string_view name) {
    // A name has as many places to begin at as it has components, and may be hostile.
    constexpr std::size_t longest = 4096;
    while (name.size() > 1 && name.ends_with('/')) name.remove_suffix(1);
    for (const auto& pattern : style.exclude) {
        const auto below = pattern + "/*";
        for (std::size_t at = 0; at < name.size();) {
            const auto rest = name.substr(at);
            if (parse::wildcard(pattern, rest) || parse::wildcard(below, rest)) return true;
            const auto slash = name.find('/', at);
            if (slash == name.npos || name.size() > longest) break;
            at = slash + 1;
        }
    }
    return false;
}

bool may_give_away(const Invocation& call) {
    // In a target all that modifies works with the rights of its root.
    return call.target.mode != target::Mode::here || ::geteuid() == 0;
}

namespace {

// Names of a file, one on each line.
Result<std::vector<std::string>> lines_of(Invocation& call, const std::string& file, char end) {
    constexpr std::size_t most = 1'000'000;
    auto input = TRY(call.open(file));
    std::vector<std::string> names;
    while (const auto line = TRY(input.line(end))) {
        auto text = *line;
        if (text.ends_with(end)) text.remove_suffix(1);
        if (text.empty()) continue;
        if (names.size() == most) return refused("read " + file, "more than a million names");
        names.emplace_back(text);
    }
    return names;
}

Result<> set_action(Style& style, Action action) {
    if (style.action != Action::none && style.action != action) {
        return refused("options", "one of c, x and t, not several");
    }
    style.action = action;
    return {};
}

Result<> compression(Style& style, std::string_view name) {
    const bool reads = style.action != Action::create;
    if (name == "gzip") {
        style.gzip = true;
    } else if (name != "zstd" || !reads) {
        const std::string_view can = reads ? "gzip and zstd are" : "only gzip (-z) is";
        return refused(name, "this compression is not built in: " + std::string(can));
    }
    return {};
}

Result<> apply_long(Style& style, std::string_view name, const std::string& value) {
    if (name == "exclude") {
        style.exclude.push_back(value);
    } else if (name == "strip-components") {
        const auto count = parse::number<std::size_t>(value);
        if (!count) return refused("--strip-components", "it needs a number");
        style.strip = *count;
    } else if (name == "wildcards") {
        style.wildcards = true;
    } else if (name == "no-wildcards") {
        style.wildcards = false;
    } else if (name == "numeric-owner") {
        style.numeric = true;
    } else if (name == "no-same-owner") {
        style.owners = false;
    } else if (name == "no-same-permissions") {
        style.modes = false;
    } else if (name == "no-recursion") {
        style.recursion = false;
    } else if (name == "one-file-system") {
        style.one_filesystem = true;
    } else if (name == "list") {
        return set_action(style, Action::list);
    } else if (name == "get") {
        return set_action(style, Action::extract);
    } else if (name == "overwrite") {
        style.overwrite = true;
    }
    return {};
}

Result<> apply_letter(Style& style, char letter, const std::string& value) {
    switch (letter) {
        case 'c': return set_action(style, Action::create);
        case 'x': return set_action(style, Action::extract);
        case 't': return set_action(style, Action::list);
        case 'r':
        case 'u':
        case 'A': return refused("-r, -u, -A", "archives are not changed: create a new one");
        case 'f': style.archive = value; break;
        case 'v': ++style.verbose; break;
        case 'O': style.to_stdout = true; break;
        case 'k': style.keep_old = true; break;
        case 'p': style.modes = true; break;
        case 'm': style.touch = true; break;
        case 'h': style.dereference = true; break;
        case 'P': style.absolute = true; break;
        case 'i': style.ignore_zeros = true; break;
        case 'S': style.sparse = true; break;
        case 'o':
            style.json = value == "json";
            if (value.empty()) style.owners = false;
            break;
    }
    return {};
}

// -a: by the archive's name.
Result<> by_name(Style& style) {
    constexpr std::pair<std::string_view, std::string_view> endings[]{
        {".gz", "gzip"},   {".tgz", "gzip"}, {".zst", "zstd"}, {".tzst", "zstd"},
        {".bz2", "bzip2"}, {".xz", "xz"},    {".txz", "xz"}};
    for (const auto& [ending, name] : endings) {
        if (style.archive.ends_with(ending)) return compression(style, name);
    }
    return {};
}

Result<Style> style_of(Invocation& call, const std::vector<std::string>& operands) {
    Style style;
    // As GNU's tar: whoever may give files away restores modes and owners.
    style.modes = may_give_away(call);
    std::string directory;
    std::size_t taken = 0;
    const auto take = [&](std::size_t until) {
        for (; taken < until; ++taken) style.operands.push_back({operands[taken], directory});
    };
    const auto& given = call.options.all();
    for (std::size_t i = 0; i < given.size(); ++i) {
        const auto& [option, value] = given[i];
        take(call.options.operands_before(i));
        TRY(apply_letter(style, option.letter, value));
        TRY(apply_long(style, option.name, value));
        const char end = call.options.has("null") ? '\0' : '\n';
        if (option.letter == 'C') {
            const bool whole = directory.empty() || value.starts_with('/');
            directory = whole ? value : directory + '/' + value;
        }
        if (option.letter == 'X') {
            for (auto& name : TRY(lines_of(call, value, '\n'))) {
                style.exclude.push_back(std::move(name));
            }
        }
        if (option.letter == 'T') {
            for (auto& name : TRY(lines_of(call, value, end))) {
                style.operands.push_back({std::move(name), directory});
            }
        }
    }
    take(operands.size());
    style.directory = directory;
    if (style.action == Action::none) return refused("options", "one of c, x and t is needed");
    for (const auto& [option, value] : given) {
        if (option.letter == 'z') TRY(compression(style, "gzip"));
        if (option.letter == 'j') TRY(compression(style, "bzip2"));
        if (option.letter == 'J') TRY(compression(style, "xz"));
        if (option.name == "zstd") TRY(compression(style, "zstd"));
    }
    if (call.options.has('a') && style.action == Action::create) TRY(by_name(style));
    if (style.action == Action::create && style.operands.empty()) {
        return refused("create", "nothing is named that is to go into the archive");
    }
    return style;
}

// "tar xzf FILE": letters without a dash, whose arguments follow in their order.
std::vector<std::string> with_dashes(const Command& command, std::span<const std::string> words) {
    std::vector<std::string> changed;
    const bool old = !words.empty() && !words[0].empty() && words[0][0] != '-';
    if (!old) return {words.begin(), words.end()};
    std::size_t next = 1;
    for (const char letter : words[0]) {
        changed.push_back(std::string("-") + letter);
        for (const auto& option : command.options) {
            const bool takes = !option.argument.empty() && option.argument[0] != '[';
            if (option.letter != letter || !takes) continue;
            if (next < words.size()) changed.push_back(words[next++]);
        }
    }
    changed.insert(changed.end(), words.begin() + static_cast<std::ptrdiff_t>(next), words.end());
    return changed;
}

int run(Invocation& call) {
    if (call.operands.size() == 1 && call.operands[0] == "--help") {
        call.out.write(help_text(call.command));
        return 0;
    }
    std::vector<std::string> operands;
    const auto words = with_dashes(call.command, call.operands);
    if (auto parsed = parse_options(call.command, words, call.options, operands); !parsed) {
        return call.misused(text(parsed.error()));
    }
    const auto style = style_of(call, operands);
    if (!style) return call.misused(text(style.error()));
    return style->action == Action::create ? create(call, *style) : read(call, *style);
}

constexpr Option options[]{
    {'c', "create", "", "create an archive"},
    {'x', "extract", "", "extract files"},
    {'t', "list", "", "list what is in it"},
    {'f', "file", "FILE", "the archive; - or none for standard input and output"},
    {'v', "verbose", "", "name each file; with t, and twice, as ls -l does"},
    {'z', "gzip", "", "by gzip; when reading, gzip and zstd are found out"},
    {0, "zstd", "", "by zstd; for reading only"},
    {'a', "auto-compress", "", "with c, by the name of the archive"},
    {'C', "directory", "DIRECTORY", "from or into it"},
    {'O', "to-stdout", "", "extract to standard output"},
    {0, "exclude", "GLOB", "without files of that name"},
    {'X', "exclude-from", "FILE", "the same for each line of FILE"},
    {'T', "files-from", "FILE", "names from FILE, too"},
    {0, "null", "", "names in FILE end with a zero byte"},
    {0, "strip-components", "N", "extract without the first N components of names"},
    {0, "wildcards", "", "operands of x and t are patterns"},
    {0, "no-wildcards", "", "they are names (default)"},
    {'k', "keep-old-files", "", "do not replace files"},
    {'p', "preserve-permissions", "", "modes as they are, the umask does not count"},
    {0, "no-same-permissions", "", "the umask counts"},
    {'m', "touch", "", "times are not restored"},
    {'o', "output", format_or_nothing, "owners are not restored; -o json with t: JSON lines"},
    {0, "no-same-owner", "", "owners are not restored"},
    {0, "same-owner", "", "they are (default, when they can be)"},
    {0, "numeric-owner", "", "numbers in place of names"},
    {'h', "dereference", "", "through symbolic links"},
    {'S', "sparse", "", "with c, store holes as such"},
    {0, "one-file-system", "", "not what is mounted below"},
    {0, "no-recursion", "", "directories without their entries"},
    {'P', "absolute-names", "", "with c, leave names as they are"},
    {'i', "ignore-zeros", "", "read on behind the end of an archive"},
    {0, "get", "", "-x"},
    {0, "overwrite", "", "write into files that are there, do not replace them"},
    {'j', "bzip2", "", "not supported"},
    {'J', "xz", "", "not supported"},
    {'r', "append", "", "not supported"},
    {'u', "update", "", "not supported"},
    {'A', "catenate", "", "not supported"},
};

constexpr Command tar_command{
    .name = "tar",
    .usage = "c|x|t[zvOkpmhPS] [-f ARCHIVE] [-C DIRECTORY] [--exclude GLOB] [NAME...]",
    .summary = "list, extract and create archives",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Reads v7, ustar, GNU and pax archives, sparse files included; writes ustar with pax "
        "headers\n"
        "where they are needed. Extracting to files needs --allow modify, --scratch or a directory "
        "below\n"
        "$LIMPET_SCRATCH; listing, -O and creating to standard output need nothing. Whatever an\n"
        "archive says, nothing is written outside the directory: no .. is followed, and no "
        "symbolic\n"
        "link. Devices and FIFOs are stored, never opened; sockets are left out; no device is "
        "made.\n"
        "Status 1: a file changed while it was read. Status 2: not all could be done.\n"
        "JSON fields (t): path, type, mode (octal text), size, uid, user, gid, group, modified,\n"
        "target (of a symbolic link), link (what a hard link is one to).\n\n"
        "Examples:\n"
        "  tar -czf - -C /etc . > etc.tar.gz\n"
        "  tar -tvf /backup/data.tar.gz\n"
        "  tar -xOf /backup/data.tar.zst ./app.conf\n"
        "  tar -xf layer.tar -C $LIMPET_SCRATCH --strip-components=1\n",
    .raw = true,
    .writes = true,
};
const Register registered{tar_command};

}  // namespace
}  // namespace tar
}  // namespace limpet::commands
