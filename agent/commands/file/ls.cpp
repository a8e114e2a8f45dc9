// ls.cpp - list directories.
#include "commands/command.h"
#include "commands/file/listing.h"
#include "commands/walk.h"
#include "limpet/limits.h"
#include "parse/wildcard.h"

#include <dirent.h>

#include <algorithm>

namespace limpet::commands {
namespace {

using listing::Item;
using listing::Style;

class Lister {
public:
    Lister(Invocation& call, const Style& style)
        : call_(call), style_(style), printer_(call, style), trail_(call.target) {}

    void operands(std::vector<std::string> names);

private:
    struct Level {
        std::string path;
        std::vector<std::string> below;  // directories still to list, last first
    };
    bool read(const target::Directory& directory, const std::string& path, Level& level);
    void heading(const std::string& path);
    void tree(const std::string& operand);
    [[nodiscard]] bool hidden(std::string_view name) const {
        const auto fits = [&](const auto& pattern) { return parse::wildcard(pattern, name); };
        if (std::ranges::any_of(style_.ignored, fits)) return true;
        if (style_.all || style_.almost_all) return false;
        return name.starts_with('.') || std::ranges::any_of(style_.hidden, fits);
    }

    Invocation& call_;
    const Style& style_;
    listing::Printer printer_;
    Trail trail_;
    bool headings_ = false;
    bool first_ = true;
};

void Lister::heading(const std::string& path) {
    if (!headings_ || call_.json()) return;
    if (!first_) call_.out.put('\n');
    call_.out.write(printer_.name(path, ':') + ":\n");
}

// Lists one directory; false when it could not be read.
bool Lister::read(const target::Directory& directory, const std::string& path, Level& level) {
    target::Listing entries(directory.fd, directory.name);
    std::vector<Item> items;
    if (style_.all) {
        for (const char* name : {".", ".."}) {
            items.push_back({.name = name, .type = DT_DIR});
        }
    }
    heading(path);
    first_ = false;
    bool streaming = false;
    for (;;) {
        const auto entry = entries.next();
        if (!entry) call_.complain(entry.error());
        if (!entry || !*entry) break;
        if (hidden((*entry)->name)) continue;
        items.push_back({.name = std::string((*entry)->name),
                         .type = (*entry)->type,
                         .inode = (*entry)->inode});
        if (items.size() < (streaming ? 4096 : limits::sorted_entries)) continue;
        if (!streaming) {
            call_.complain(directory.name + " has more than " +
                           std::to_string(limits::sorted_entries) +
                           " entries: listed as they come, unsorted");
            call_.status = 0;
            streaming = true;
        }
        printer_.complete(items, directory, path);
        printer_.print(items, path, true);
        items.clear();
    }
    printer_.complete(items, directory, path);
    if (!streaming) printer_.sort(items);
    printer_.print(items, path, streaming);
    if (style_.recursive && !streaming) {
        for (auto item = items.rbegin(); item != items.rend(); ++item) {
            if (item->type == DT_DIR && item->name != "." && item->name != "..") {
                level.below.push_back(std::move(item->name));
            }
        }
    }
    return true;
}

void Lister::tree(const std::string& operand) {
    if (auto started = trail_.start(call_.path(operand)); !started) {
        call_.complain(started.error());
        return;
    }
    std::vector<Level> levels;
    const auto list = [&](const std::string& path) {
        Level level{.path = path, .below = {}};
        if (const auto directory = trail_.here()) {
            read(**directory, path, level);
        } else {
            call_.complain(directory.error());
        }
        levels.push_back(std::move(level));
    };
    list(operand);
    while (!levels.empty() && !call_.out.failure()) {
        auto& level = levels.back();
        if (level.below.empty()) {
            levels.pop_back();
            trail_.leave();
            continue;
        }
        const std::string name = std::move(level.below.back());
        level.below.pop_back();
        const std::string path = level.path + (level.path.ends_with('/') ? "" : "/") + name;
        if (auto entered = trail_.enter(name); !entered) {
            call_.complain(entered.error());
            continue;
        }
        list(path);
    }
}

void Lister::operands(std::vector<std::string> names) {
    if (names.empty()) names.emplace_back(".");
    std::vector<Item> files;
    std::vector<Item> directories;
    for (auto& name : names) {
        // A link to a directory is that directory, except where the link itself is asked for.
        const bool through =
            style_.dereference || style_.dereference_operands ||
            (!style_.directory && !style_.long_format && style_.marks != listing::Marks::classify);
        if (name.empty()) {
            call_.complain(failed("open", "''", ENOENT).error());
            call_.status = 2;
            continue;
        }
        Item item{.name = name};
        auto status = target::stat(call_.target, call_.path(name),
                                   through ? target::Follow::yes : target::Follow::no);
        // Only -L and -H want what a link to something else leads to.
        const bool asked = style_.dereference || style_.dereference_operands;
        const bool nowhere = !status && status.error().code == ENOENT;
        if (through && !asked && (nowhere || (status && !S_ISDIR(status->stx_mode)))) {
            status = target::stat(call_.target, call_.path(name), target::Follow::no);
        }
        if (!status) {
            call_.complain(status.error());
            call_.status = 2;
            continue;
        }
        item.set(*status);
        if (item.type == DT_LNK) {
            auto link = target::readlink(call_.target, call_.path(name));
            if (!link) call_.complain(link.error());
            item.link = std::move(link).value_or(std::string());
            const auto behind = target::stat(call_.target, call_.path(name), target::Follow::yes);
            item.broken = !behind;
            if (behind) item.behind = behind->stx_mode;
        }
        const bool list = item.type == DT_DIR && !style_.directory;
        (list ? directories : files).push_back(std::move(item));
    }
    printer_.sort(files);
    printer_.sort(directories);
    if (!files.empty()) printer_.print(files, {}, false);
    first_ = files.empty();
    headings_ = names.size() > 1 || style_.recursive;
    for (const auto& item : directories) {
        if (style_.recursive) {
            tree(item.name);
            continue;
        }
        const auto directory = target::open_directory(call_.target, call_.path(item.name));
        if (!directory) {
            call_.complain(directory.error());
            continue;
        }
        Level level;
        read(*directory, item.name, level);
    }
}

int run(Invocation& call) {
    const auto style = listing::style_of(call);
    if (!style) return call.misused(text(style.error()));
    Lister(call, *style).operands(call.operands);
    return call.status;
}

constexpr Option options[]{
    {'l', "long", "", "mode, links, user, group, size, time and name"},
    {'a', "all", "", "also names that begin with a dot"},
    {'A', "almost-all", "", "the same without . and .."},
    {'h', "human-readable", "", "sizes as 1.5K, 23M"},
    {'R', "recursive", "", "also the directories below"},
    {'t', "", "", "newest first"},
    {'r', "reverse", "", "the other way round"},
    {'S', "", "", "largest first"},
    {'X', "", "", "sorted by extension"},
    {'v', "", "", "sorted as version numbers"},
    {'U', "", "", "unsorted, as the directory has them"},
    {'f', "", "", "the same as -aU"},
    {'i', "inode", "", "with inode numbers"},
    {'1', "", "", "one a line"},
    {'C', "", "", "in columns (default on a terminal)"},
    {'x', "", "", "in rows"},
    {'m', "", "", "separated by commas"},
    {0, "format", "WORD", "long, single-column, vertical, across, commas"},
    {'d', "directory", "", "directories themselves, not what is in them"},
    {'F', "classify", "[WHEN]", "append / to directories, * to programs, @ | = to others"},
    {'p', "", "", "append / to directories"},
    {0, "file-type", "", "as -F without *"},
    {0, "indicator-style", "WORD", "none, slash, file-type, classify"},
    {'n', "numeric-uid-gid", "", "as -l with numbers in place of names"},
    {'g', "", "", "as -l without the user"},
    {'G', "no-group", "", "in -l no group"},
    {'o', "output", format_or_nothing, "as -l without the group; -o json: JSON lines"},
    {'s', "size", "", "with the space that they take, in KiB"},
    {'k', "kibibytes", "", "space in KiB (default)"},
    {'L', "dereference", "", "what links lead to in place of the links"},
    {'H', "dereference-command-line", "", "the same for the operands only"},
    {'c', "", "", "time of the last change of the inode; with -t sorted by it"},
    {'u', "", "", "time of the last access; with -t sorted by it"},
    {0, "time", "WORD", "which time: access, status, modification, birth"},
    {0, "sort", "WORD", "by name, size, time, extension, version, width, or none"},
    {'I', "ignore", "GLOB", "without names like that"},
    {'B', "ignore-backups", "", "without names that end with ~"},
    {0, "hide", "GLOB", "the same, but with -a or -A"},
    {0, "block-size", "SIZE", "amounts in units of SIZE: 1K, M, 512"},
    {0, "si", "", "as -h with powers of 1000"},
    {'q', "hide-control-chars", "", "control characters as ?"},
    {'Q', "quote-name", "", "names in double quotes"},
    {'b', "escape", "", "other characters as C writes them"},
    {0, "quoting-style", "WORD", "literal, shell, shell-always, c, escape"},
    {'N', "literal", "", "names as they are, also on a terminal"},
    {'T', "tabsize", "COLUMNS", "makes no difference: columns are parted by blanks"},
    {'w', "width", "COLUMNS", "of the output"},
    {0, "zero", "", "each name ends with a zero byte"},
    {0, "time-style", "WORD", "full-iso, long-iso, iso, locale, +FORMAT"},
    {0, "full-time", "", "as -l with times to the nanosecond"},
    {0, "group-directories-first", "", "directories before files"},
    {0, "color", "[WHEN]", "always, never or auto (default)"},
};

constexpr Command ls{
    .name = "ls",
    .usage = "[-laAhRtrSi1dF] [--color[=WHEN]] [-o json] [PATH...]",
    .summary = "list directories",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Users and groups are named as the target's /etc/passwd and /etc/group have them.\n"
        "A directory of more than 200,000 entries is listed unsorted.\n\n"
        "JSON fields: path, type, mode (octal text), size, blocks (of 512 bytes), links, inode, "
        "device\n"
        "(\"major:minor\"), uid, user, gid, group, accessed, modified, changed, born (null if "
        "unknown),\n"
        "target (of a symbolic link).\n\n"
        "Examples:\n  ls -la /\n  ls -lhtr /var/log\n  ls -o json /etc\n",
};
const Register registered{ls};

}  // namespace
}  // namespace limpet::commands
