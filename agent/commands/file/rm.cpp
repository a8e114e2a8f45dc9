// rm.cpp - remove files and trees.
#include "commands/create.h"
#include "commands/spoken.h"
#include "commands/walk.h"

#include <dirent.h>
#include <unistd.h>

namespace limpet::commands {
namespace {

struct Removal {
    Invocation& call;
    bool force;
    bool ask;
    bool verbose;

    bool may(const Place& place, std::uint32_t mode) const {
        const std::string kind = S_ISDIR(mode) ? "directory" : S_ISLNK(mode) ? "link" : "file";
        if (ask) return asked(call, "remove " + kind + " '" + place.spoken + "'?");
        // POSIX: what its owner has protected is asked for, where somebody can answer.
        if (force || S_ISLNK(mode) || call.target.mode != target::Mode::here || ::isatty(0) != 1 ||
            ::faccessat(place.at(), place.name.c_str(), W_OK, AT_EACCESS) == 0) {
            return true;
        }
        return asked(call, "remove write-protected " + kind + " '" + place.spoken + "'?");
    }
    void take(const Place& place, bool directory) const {
        if (auto removed = remove(place, directory); !removed) {
            if (!force || removed.error().code != ENOENT) call.complain(removed.error());
        } else if (verbose) {
            speak_line(call.out, std::string(directory ? "removed directory '" : "removed '") +
                                     place.spoken + "'");
        }
    }
    // An entry lies in the directory where the walk stands; the operand where it was found.
    static Place place_in_walk(const Place& top, Visit& visit) {
        if (visit.parent()) return top.entry(*visit.parent(), visit.name(), visit.path());
        return top.entry(target::Directory{}, top.name, top.spoken);
    }
    void tree(const Place& top, const std::string& operand) const {
        const auto place = [&](Visit& visit) {
            auto found = place_in_walk(top, visit);
            if (!visit.parent()) found.borrowed = top.at();
            return found;
        };
        Walk walk;
        walk.operand_itself = true;
        walk.before = [&](Visit& visit) {
            if (visit.type() == DT_DIR) {
                const bool enter = !ask || asked(call, "descend into '" + visit.path() + "'?");
                return enter ? Next::descend : Next::skip;
            }
            const auto found = place(visit);
            if (may(found, DTTOIF(visit.type()))) take(found, false);
            return Next::skip;
        };
        walk.after = [&](Visit& visit) {
            const auto found = place(visit);
            if (!ask || asked(call, "remove directory '" + found.spoken + "'?")) take(found, true);
        };
        walk.run(call, operand);
    }
    void operand(std::string word, bool recursive, bool empty) const {
        const auto place = place_of(call, word);
        const auto status = place ? place->stat() : std::unexpected(place.error());
        if (!status) {
            const int code = status.error().code;
            if (!force || (code != ENOENT && code != ENOTDIR)) call.complain(status.error());
            return;
        }
        const bool directory = S_ISDIR(status->stx_mode);
        if (!directory && word.ends_with('/')) {
            call.complain(Error{ENOTDIR, "remove", word, {}});
        } else if (directory && recursive) {
            while (word.size() > 1 && word.ends_with('/')) word.pop_back();
            tree(*place, word);
        } else if (directory && !empty) {
            call.complain(Error{EISDIR, "remove", word, "needs -r"});
        } else if (may(*place, status->stx_mode)) {
            take(*place, directory);
        }
    }
};

// "/", "." and "..", however they are spelled.
bool is_refused(std::string operand) {
    while (operand.size() > 1 && operand.ends_with('/')) operand.pop_back();
    const auto name = operand.substr(operand.rfind('/') + 1);
    return operand == "/" || name == "." || name == "..";
}

int run(Invocation& call) {
    const auto& options = call.options;
    bool force = false;
    char asking = 0;
    for (const auto& [option, value] : options.all()) {
        if (option.letter == 'f') force = true, asking = 0;
        if (option.letter == 'i' || option.letter == 'I') force = false, asking = option.letter;
    }
    const bool recursive = options.has('r') || options.has('R');
    if (call.operands.empty()) return force ? 0 : call.misused("FILE is missing");
    if (asking == 'I' && (recursive || call.operands.size() > 3) &&
        !asked(call, "remove " + std::to_string(call.operands.size()) + " arguments?")) {
        return 0;
    }
    const Removal removal{call, force, asking == 'i', options.has('v')};
    for (const auto& operand : call.operands) {
        if (is_refused(operand)) {
            call.complain("refusing to remove '" + operand + "'");
        } else {
            removal.operand(operand, recursive, options.has('d'));
        }
    }
    return call.status;
}

constexpr Option options[]{
    {'r', "recursive", "", "directories with all that is in them"},
    {'R', "", "", "the same"},
    {'f', "force", "", "what is not there is no error, and nothing is asked"},
    {'i', "", "", "ask before each"},
    {'I', "", "", "ask once, before more than three or a tree"},
    {'d', "dir", "", "empty directories too"},
    {'v', "verbose", "", "say what was removed"},
    {0, "preserve-root", "", "accepted: / is never removed"},
};

constexpr Command rm{
    .name = "rm",
    .usage = "[-rRfiIdv] FILE...",
    .summary = "remove files and trees",
    .theme = "files",
    .promise = Promise::files | Promise::modify,
    .run = run,
    .options = option_table<options>,
    .help =
        "Links are removed, never what they lead to. /, . and .. are refused.\n\n"
        "Example:\n  rm -rf /var/cache/app\n",
};
const Register registered{rm};

}  // namespace
}  // namespace limpet::commands
