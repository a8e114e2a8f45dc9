// tree.cpp - directories drawn as a tree.
#include "commands/command.h"
#include "commands/file/listing.h"
#include "commands/table.h"
#include "commands/walk.h"
#include "limpet/limits.h"
#include "parse/number.h"
#include "parse/wildcard.h"

#include <dirent.h>

namespace limpet::commands {
namespace {

using listing::Item;
using listing::Style;

// a|b: one of them.
bool fits(std::string_view patterns, std::string_view name) {
    for (;;) {
        const auto bar = patterns.find('|');
        if (parse::wildcard(patterns.substr(0, bar), name)) return true;
        if (bar == patterns.npos) return false;
        patterns.remove_prefix(bar + 1);
    }
}

struct Level {
    std::vector<Item> items;
    std::size_t next = 0;
    std::size_t path = 0;  // how long the path to here is
};

class Drawing {
public:
    Drawing(Invocation& call, const Style& style, std::size_t depth)
        : call_(call),
          style_(style),
          printer_(call, style),
          names_(call.target),
          trail_(call.target),
          depth_(depth),
          all_(call.options.has('a')),
          directories_only_(call.options.has('d')) {}

    void draw(const std::string& operand) {
        if (auto started = trail_.start(call_.path(operand)); !started) {
            call_.complain(started.error());
            return;
        }
        const auto here = trail_.here();
        if (const auto status = here ? (*here)->stat(".", target::Follow::no)
                                     : Result<struct statx>(std::unexpected(here.error()))) {
            Item top{.name = operand};
            top.set(*status);
            device_ = device_number(*status);
            if (!call_.json()) line(top, "");
        }
        std::string path = operand;
        push(path);
        while (!levels_.empty() && !call_.out.failure()) {
            auto& level = levels_.back();
            path.resize(level.path);
            if (level.next == level.items.size()) {
                levels_.pop_back();
                trail_.leave();
                continue;
            }
            const Item item = std::move(level.items[level.next++]);
            if (call_.json()) {
                printer_.print({item}, path, true);
            } else {
                line(item, path);
            }
            const bool directory = item.type == DT_DIR;
            ++(directory ? directories_ : files_);
            if (!directory || levels_.size() >= depth_) continue;
            if (call_.options.has('x') && item.status && device_number(*item.status) != device_) {
                continue;
            }
            if (auto entered = trail_.enter(item.name); !entered) {
                call_.complain(entered.error());
                continue;
            }
            if (!path.ends_with('/')) path += '/';
            path += item.name;
            push(path);
        }
    }
    void summary() {
        call_.out.print("\n%llu director%s", static_cast<unsigned long long>(directories_),
                        directories_ == 1 ? "y" : "ies");
        if (!directories_only_) {
            call_.out.print(", %llu file%s", static_cast<unsigned long long>(files_),
                            files_ == 1 ? "" : "s");
        }
        call_.out.put('\n');
    }

private:
    [[nodiscard]] bool wanted(std::string_view name, unsigned char type) const {
        if (!all_ && name.starts_with('.')) return false;
        if (const auto ignored = call_.options.value('I'); ignored && fits(*ignored, name)) {
            return false;
        }
        if (type == DT_DIR) return true;
        const auto pattern = call_.options.value('P');
        return !directories_only_ && (!pattern || fits(*pattern, name));
    }
    // The entries of the directory where the trail stands, sorted.
    void push(const std::string& path) {
        auto& level = levels_.emplace_back();
        level.path = path.size();
        const auto directory = trail_.here();
        if (!directory) return call_.complain(directory.error());
        target::Listing listing((*directory)->fd, (*directory)->name);
        for (;;) {
            const auto entry = listing.next();
            if (!entry) call_.complain(entry.error());
            if (!entry || !*entry) break;
            auto type = (*entry)->type;
            if (type == DT_UNKNOWN) {
                const std::string name((*entry)->name);
                const auto status = (*directory)->stat(name, target::Follow::no);
                if (status) type = entry_type(status->stx_mode);
            }
            if (!wanted((*entry)->name, type)) continue;
            if (level.items.size() == limits::sorted_entries) {
                call_.complain((*directory)->name + " has more than " +
                               std::to_string(limits::sorted_entries) + " entries: cut there");
                break;
            }
            level.items.push_back({.name = std::string((*entry)->name), .type = type});
        }
        printer_.complete(level.items, **directory, path);
        printer_.sort(level.items);
    }

    // What -p, -u and the like ask for, as in "[drwxr-xr-x root]  ".
    [[nodiscard]] std::string details(const struct statx& status) {
        const auto& options = call_.options;
        std::string text;
        const auto add = [&](std::string_view what, std::size_t width, bool left) {
            text += ' ';
            if (!left && what.size() < width) text.append(width - what.size(), ' ');
            text += what;
            if (left && what.size() < width) text.append(width - what.size(), ' ');
        };
        if (options.has("inodes")) add(std::to_string(status.stx_ino), 7, false);
        if (options.has('p')) add(mode_text(status.stx_mode), 0, true);
        if (options.has('u')) add(visible(names_.user(status.stx_uid)), 8, true);
        if (options.has('g')) add(visible(names_.group(status.stx_gid)), 8, true);
        if (options.has('s') || style_.size.human) {
            add(style_.size.show(status.stx_size), style_.size.human ? 4 : 11, false);
        }
        if (options.has('D') || options.has("timefmt")) add(printer_.when(status), 0, true);
        if (!text.empty()) text.replace(0, 1, "[").append("]  ");
        return text;
    }

    void line(const Item& item, const std::string& path) {
        if (!call_.options.has('i') && !levels_.empty()) {
            for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
                const bool more = levels_[i].next < levels_[i].items.size();
                call_.out.write(more ? "│   " : "    ");
            }
            const auto& level = levels_.back();
            call_.out.write(level.next < level.items.size() ? "├── " : "└── ");
        }
        if (item.status) call_.out.write(details(*item.status));
        Item shown = item;
        if (call_.options.has('f') && !path.empty()) {
            shown.name.insert(0, path + (path.ends_with('/') ? "" : "/"));
        }
        call_.out.write(printer_.line(shown));
        call_.out.put('\n');
    }

    Invocation& call_;
    const Style& style_;
    listing::Printer printer_;
    Names names_;
    Trail trail_;
    std::size_t depth_;
    bool all_, directories_only_;
    std::vector<Level> levels_;
    std::uint64_t device_ = 0;
    std::uint64_t directories_ = 0, files_ = 0;
};

// Of its own letters: what ls calls otherwise, or has not.
Result<Style> style_of(const Invocation& call) {
    Style style;
    const auto& options = call.options;
    const auto sort = options.value("sort").value_or(options.has('t') || options.has('c') ? "time"
                                                     : options.has('v') ? "version"
                                                     : options.has('U') ? "none"
                                                                        : "name");
    style.order = TRY(listing::order(sort == "mtime" || sort == "ctime" ? "time" : sort));
    if (options.has('c') || sort == "ctime") style.time = listing::Time::changed;
    // The oldest comes first here.
    style.reverse = options.has('r') != (style.order == listing::Order::time);
    style.directories_first = options.has("dirsfirst");
    if (options.has('F')) style.marks = listing::Marks::classify;
    style.colour = options.has('C') || (call.colour() && !options.has('n'));
    style.size = {.unit = 1};
    if (options.has('h') || options.has("si")) {
        style.size = {.human = true, .si = options.has("si")};
    }
    if (const auto form = options.value("timefmt")) style.time_format = *form;
    style.quoting = options.has('Q')      ? listing::Quoting::c
                    : options.has('N')    ? listing::Quoting::literal
                    : call.out.terminal() ? listing::Quoting::shell
                                          : listing::Quoting::literal;
    style.long_format = true;
    return style;
}

int run(Invocation& call) {
    std::size_t depth = SIZE_MAX;
    if (const auto given = call.options.value('L')) {
        const auto number = parse::number<std::size_t>(*given);
        if (!number || *number == 0) return call.misused("-L needs a number from 1");
        depth = *number;
    }
    if (call.operands.empty()) call.operands.emplace_back(".");
    const auto style = style_of(call);
    if (!style) return call.misused(text(style.error()));
    Drawing drawing(call, *style, depth);
    for (const auto& operand : call.operands) drawing.draw(operand);
    if (!call.options.has("noreport") && !call.json()) drawing.summary();
    return call.status;
}

constexpr Option options[]{
    {'L', "", "N", "N levels deep"},
    {'a', "", "", "also names that begin with a dot"},
    {'d', "", "", "directories only"},
    {'f', "", "", "whole paths"},
    {'i', "", "", "without the lines"},
    {'x', "", "", "stay on one file system"},
    {'P', "", "GLOB", "files whose names fit only; a|b is one of both"},
    {'I', "", "GLOB", "nothing whose name fits"},
    {'p', "", "", "with modes"},
    {'u', "", "", "with owners"},
    {'g', "", "", "with groups"},
    {'s', "", "", "with sizes in bytes"},
    {'h', "", "", "with sizes in KiB, MiB, ..."},
    {0, "si", "", "the same in powers of 1000"},
    {'D', "", "", "with times of modification"},
    {0, "timefmt", "FORMAT", "with times in this format of date"},
    {0, "inodes", "", "with inode numbers"},
    {'F', "", "", "mark directories with /, programs with *, and so on, as ls does"},
    {'t', "", "", "sort by time of modification, oldest first"},
    {'c', "", "", "show and sort by the time of change"},
    {'v', "", "", "sort by version"},
    {'U', "", "", "do not sort"},
    {0, "sort", "WORD", "by name, size, mtime, ctime, version or none"},
    {'r', "", "", "the other way round"},
    {0, "dirsfirst", "", "directories before files"},
    {'C', "", "", "with colours"},
    {'n', "", "", "without"},
    {'Q', "", "", "names in double quotes"},
    {'N', "", "", "names as they are"},
    {0, "noreport", "", "without the counts at the end"},
    json_option,
};

constexpr Command tree{
    .name = "tree",
    .usage = "[-adfixpugshDFtcvUrCnQN] [-L N] [-P GLOB] [-I GLOB] [-o json] [PATH...]",
    .summary = "draw directories as a tree",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Links are not followed. Processes as a tree: pstree.\n"
        "JSON: an object for each entry, with the fields of ls.\n"
        "\nExample:\n  tree -L 2 /etc\n",
};
const Register registered{tree};

}  // namespace
}  // namespace limpet::commands
