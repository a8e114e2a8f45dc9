// tree.cpp - directories drawn as a tree.
#include "commands/command.h"
#include "commands/file/shown.h"
#include "commands/names.h"
#include "commands/walk.h"
#include "limpet/limits.h"
#include "parse/number.h"

#include <dirent.h>

#include <algorithm>

namespace limpet::commands {
namespace {

struct Name {
    std::string text;
    unsigned char type;
};

struct Level {
    std::vector<Name> names;
    std::size_t next = 0;
};

class Drawing {
public:
    Drawing(Invocation& call, std::size_t depth)
        : call_(call),
          trail_(call.target),
          depth_(depth),
          names_(call.target),
          all_(call.options.has('a')),
          directories_only_(call.options.has('d')) {}

    void draw(const std::string& operand) {
        if (!call_.json()) {
            call_.out.write(shown_name(call_, operand));
            call_.out.put('\n');
        }
        if (auto started = trail_.start(call_.path(operand)); !started) {
            call_.complain(started.error());
            return;
        }
        push();
        std::string path = operand;
        std::vector<std::size_t> lengths{path.size()};
        while (!levels_.empty() && !call_.out.failure()) {
            auto& level = levels_.back();
            path.resize(lengths.back());
            if (level.next == level.names.size()) {
                levels_.pop_back();
                lengths.pop_back();
                trail_.leave();
                continue;
            }
            const Name name = std::move(level.names[level.next++]);
            if (!path.ends_with('/')) path += '/';
            path += name.text;
            if (call_.json()) {
                object(name, path);
            } else {
                line(name, path);
            }
            const bool directory = name.type == DT_DIR;
            ++(directory ? directories_ : files_);
            if (!directory || levels_.size() >= depth_) continue;
            if (auto entered = trail_.enter(name.text); !entered) {
                call_.complain(entered.error());
                continue;
            }
            lengths.push_back(path.size());
            push();
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
    // The names of the directory where the trail stands, sorted.
    void push() {
        Level level;
        const auto directory = trail_.here();
        if (!directory) {
            call_.complain(directory.error());
            levels_.push_back(std::move(level));
            return;
        }
        target::Listing listing((*directory)->fd, (*directory)->name);
        for (;;) {
            const auto entry = listing.next();
            if (!entry) call_.complain(entry.error());
            if (!entry || !*entry) break;
            if (!all_ && (*entry)->name.starts_with('.')) continue;
            if (level.names.size() == limits::sorted_entries) {
                call_.complain((*directory)->name + " has more than " +
                               std::to_string(limits::sorted_entries) + " entries: cut there");
                break;
            }
            Name name{std::string((*entry)->name), (*entry)->type};
            if (name.type == DT_UNKNOWN) {
                const auto status = (*directory)->stat(name.text, target::Follow::no);
                if (status) name.type = entry_type(status->stx_mode);
            }
            if (directories_only_ && name.type != DT_DIR) continue;
            level.names.push_back(std::move(name));
        }
        std::ranges::sort(level.names, {}, &Name::text);
        levels_.push_back(std::move(level));
    }

    void line(const Name& name, const std::string& path) {
        for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
            const bool more = levels_[i].next < levels_[i].names.size();
            call_.out.write(more ? "│   " : "    ");
        }
        const auto& level = levels_.back();
        call_.out.write(level.next < level.names.size() ? "├── " : "└── ");
        const auto shown = shown_name(call_, call_.options.has('f') ? path : name.text);
        const bool coloured = call_.colour() && name.type == DT_DIR;
        call_.out.write(coloured ? "\033[01;34m" + shown + "\033[0m" : shown);
        if (name.type == DT_LNK) {
            if (const auto directory = trail_.here()) {
                if (const auto link = (*directory)->readlink(name.text)) {
                    call_.out.write(" -> " + shown_name(call_, *link));
                }
            }
        }
        call_.out.put('\n');
    }

    void object(const Name& name, const std::string& path) {
        const auto directory = trail_.here();
        if (!directory) return call_.complain(directory.error());
        const auto status = (*directory)->stat(name.text, target::Follow::no);
        if (!status) return call_.complain(status.error());
        std::optional<std::string> link;
        if (name.type == DT_LNK) {
            if (auto text = (*directory)->readlink(name.text)) link = *std::move(text);
        }
        call_.out.write(file_json(path, *status, names_.user(status->stx_uid),
                                  names_.group(status->stx_gid), link ? &*link : nullptr));
        call_.out.put('\n');
    }

    Invocation& call_;
    Trail trail_;
    std::size_t depth_;
    Names names_;
    bool all_, directories_only_;
    std::vector<Level> levels_;
    std::uint64_t directories_ = 0, files_ = 0;
};

int run(Invocation& call) {
    std::size_t depth = SIZE_MAX;
    if (const auto given = call.options.value('L')) {
        const auto number = parse::number<std::size_t>(*given);
        if (!number || *number == 0) return call.misused("-L needs a number from 1");
        depth = *number;
    }
    if (call.operands.empty()) call.operands.emplace_back(".");
    Drawing drawing(call, depth);
    for (const auto& operand : call.operands) drawing.draw(operand);
    if (!call.options.has("noreport") && !call.json()) drawing.summary();
    return call.status;
}

constexpr Option options[]{
    {'L', "", "N", "N levels deep"},
    {'a', "", "", "also names that begin with a dot"},
    {'d', "", "", "directories only"},
    {'f', "", "", "whole paths"},
    {0, "noreport", "", "without the counts at the end"},
    json_option,
};

constexpr Command tree{
    .name = "tree",
    .usage = "[-adf] [-L N] [-o json] [PATH...]",
    .summary = "draw directories as a tree",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .options = options,
    .help =
        "Links are not followed. Processes as a tree: pstree.\n"
        "JSON: an object for each entry, with the fields of ls.\n"
        "\nExample:\n  tree -L 2 /etc\n",
};
const Register registered{tree};

}  // namespace
}  // namespace limpet::commands
