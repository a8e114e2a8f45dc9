// mv.cpp - move and rename files.
#include "commands/file/copy.h"
#include "commands/file/destination.h"
#include "commands/spoken.h"

#include <dirent.h>

namespace limpet::commands {
namespace {

// The source's tree, after it was copied to another file system.
bool remove_tree(Invocation& call, const Place& top, std::string operand) {
    while (operand.size() > 1 && operand.ends_with('/')) operand.pop_back();
    bool whole = true;
    const auto take = [&](Visit& visit, bool directory) {
        auto place = visit.parent() ? top.entry(*visit.parent(), visit.name(), visit.path())
                                    : top.entry({}, top.name, top.spoken);
        if (!visit.parent()) place.borrowed = top.at();
        if (auto removed = remove(place, directory); !removed) {
            call.complain(removed.error());
            whole = false;
        }
    };
    Walk walk;
    walk.operand_itself = true;
    walk.before = [&](Visit& visit) {
        if (visit.type() == DT_DIR) return Next::descend;
        take(visit, false);
        return Next::skip;
    };
    walk.after = [&](Visit& visit) { take(visit, true); };
    walk.run(call, operand);
    return whole;
}

Result<> across(Invocation& call, const Place& from, const std::string& source,
                const std::string& path, const Result<struct statx>& there) {
    if (there) TRY(remove(TRY(place_of(call, path)), S_ISDIR(there->stx_mode)));
    Copy copy(call);
    copy.recursive = copy.keep_mode = copy.keep_owner = copy.keep_times = copy.keep_links = true;
    copy.keep_attributes = copy.replace = true;
    copy.links = Copy::Links::keep;
    if (!copy.copy(source, path) || !remove_tree(call, from, source)) {
        return refused("move " + source, "it was not moved whole");
    }
    return {};
}

Result<> move_one(Invocation& call, const std::string& source, const std::string& path) {
    const auto& options = call.options;
    const auto from = TRY(place_of(call, source));
    const auto to = TRY(place_of(call, path));
    const auto status = TRY(from.stat());
    const auto there = to.stat();
    if (!S_ISDIR(status.stx_mode) && path.ends_with('/')) return failed("move to", path, ENOTDIR);
    if (there) {
        const bool same = there->stx_ino == status.stx_ino &&
                          there->stx_dev_minor == status.stx_dev_minor &&
                          there->stx_dev_major == status.stx_dev_major;
        if (same && (status.stx_nlink < 2 || call.path(source) == call.path(path))) {
            return refused("move", "'" + source + "' and '" + path + "' are the same file");
        }
        char last = 0;
        for (const auto& [option, value] : options.all()) {
            const char letter = option.letter;
            if (letter == 'f' || letter == 'i' || letter == 'n') last = letter;
        }
        if (last == 'n') return {};
        if (options.has('u') && there->stx_mtime.tv_sec >= status.stx_mtime.tv_sec) return {};
        if (last == 'i' && !asked(call, "replace '" + path + "'?")) return {};
        if (S_ISDIR(there->stx_mode) != S_ISDIR(status.stx_mode)) {
            return failed("move to", path, S_ISDIR(there->stx_mode) ? EISDIR : ENOTDIR);
        }
        // Two names of one file: rename(2) would leave both.
        if (same) return remove(from, false);
    }
    auto moved = rename(from, to);
    if (!moved && moved.error().code == EINVAL && S_ISDIR(status.stx_mode)) {
        return refused("move", "'" + source + "' into itself, '" + path + "'");
    }
    if (!moved && moved.error().code == EXDEV) moved = across(call, from, source, path, there);
    if (moved && options.has('v')) speak_line(call.out, "'" + source + "' -> '" + path + "'");
    return moved;
}

int run(Invocation& call) {
    const auto where = destination(call);
    if (!where) return call.misused(text(where.error()));
    for (const auto& source : where->sources) {
        if (auto moved = move_one(call, source, where->of(source)); !moved) {
            call.complain(moved.error());
        }
    }
    return call.status;
}

constexpr Option options[]{
    {'f', "force", "", "do not ask (default)"},
    {'i', "interactive", "", "ask before replacing"},
    {'n', "no-clobber", "", "replace nothing"},
    {'u', "update", "", "replace what is older"},
    {'v', "verbose", "", "say what was moved"},
    {'t', "target-directory", "DIRECTORY", "into it"},
    {'T', "no-target-directory", "", "DESTINATION is the new name"},
};

constexpr Command mv{
    .name = "mv",
    .usage = "[-finuv] FILE... DESTINATION | -t DIRECTORY FILE...",
    .summary = "move and rename files",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run,
    .options = option_table<options>,
    .help =
        "To another file system: copied as cp -a does, and removed when the copy is whole.\n\n"
        "Example:\n  mv app.conf app.conf.old\n",
};
const Register registered{mv};

}  // namespace
}  // namespace limpet::commands
