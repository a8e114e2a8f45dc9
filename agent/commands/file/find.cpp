// find.cpp - search a tree for files.
#include "commands/command.h"
#include "commands/file/find_expression.h"
#include "commands/run.h"

#include <dirent.h>
#include <algorithm>

#include <ctime>

namespace limpet::commands {
namespace {

using find_command::State;
using find_command::Test;

bool begins_expression(std::string_view word) {
    return (word.size() > 1 && word[0] == '-') || word == "(" || word == "!" || word == ",";
}

// Which links are followed; and how hard to optimise, which makes no difference.
bool leads(std::string_view word) {
    return word == "-L" || word == "-H" || word == "-P" ||
           (word.size() == 3 && word.starts_with("-O") && word[2] >= '0' && word[2] <= '3');
}

bool deletes(std::span<const std::string> words) {
    return std::ranges::find(words, "-delete") != words.end();
}

// False when -quit was met.
bool search(State& state, Walk& walk, const Test& test, const std::string& operand) {
    state.operand = operand;
    const auto ask = [&](Visit& visit) {
        state.prune = false;
        if (visit.depth() >= state.least_depth) test(visit);
    };
    walk.before = [&](Visit& visit) {
        // With -depth a directory is asked about after its entries.
        if (state.depth_first && visit.type() == DT_DIR) {
            return state.quit ? Next::stop : Next::descend;
        }
        ask(visit);
        if (state.quit) return Next::stop;
        return state.prune ? Next::skip : Next::descend;
    };
    if (state.depth_first) {
        walk.after = [&](Visit& visit) {
            if (!state.quit) ask(visit);
        };
    }
    walk.run(state.call, operand);
    return !state.quit;
}

// The paths that -files0-from names, each ended by a zero byte; the two words go. False when it is
// not there.
Result<bool> paths_from_file(Invocation& call, std::vector<std::string>& paths) {
    auto& words = call.operands;
    const auto at = std::ranges::find(words, "-files0-from");
    if (at == words.end()) return false;
    if (at + 1 == words.end()) return refused("-files0-from", "it needs a file");
    auto input = TRY(call.open(at[1]));
    while (auto name = TRY(input.line('\0'))) {
        if (name->ends_with('\0')) name->remove_suffix(1);
        if (!name->empty()) paths.emplace_back(*name);
    }
    words.erase(at, at + 2);
    return true;
}

int run(Invocation& call) {
    std::vector<std::string> listed;
    const auto from_file = paths_from_file(call, listed);
    if (!from_file) {
        call.complain(from_file.error());
        return 1;
    }
    std::span<const std::string> words(call.operands);
    if (words.size() == 1 && words[0] == "--help") {
        call.out.write(help_text(call.command));
        return 0;
    }
    State state(call);
    while (!words.empty() && leads(words[0])) {
        if (!words[0].starts_with("-O")) {
            state.follow = words[0] == "-L";
            state.follow_operand = words[0] == "-H";
        }
        words = words.subspan(1);
    }
    std::size_t paths = 0;
    while (paths < words.size() && !begins_expression(words[paths])) ++paths;
    std::vector<std::string> operands(words.begin(),
                                      words.begin() + static_cast<std::ptrdiff_t>(paths));
    words = words.subspan(paths);
    if (*from_file && !operands.empty()) return call.misused("-files0-from takes no paths beside");
    if (*from_file) {
        operands = std::move(listed);
    } else if (operands.empty()) {
        operands.emplace_back(".");
    }
    if (deletes(words) && !target::may_write(call.target) && !operands.empty() &&
        target::place(call.target, call.path(operands[0])).first != &call.target.scratch) {
        call.complain(
            "-delete is not allowed: this session may not use modify (needs --allow modify or "
            "--scratch)");
        return not_allowed;
    }

    // An alternative that no test begins: the format, as every command has it.
    const bool json = words.size() > 1 && words[words.size() - 2] == "-o" && words.back() == "json";
    if (json) words = words.first(words.size() - 2);
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    state.now = now.tv_sec;
    state.reference = static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
    auto test = find_command::parse(state, words);
    if (!test) return call.misused(text(test.error()));
    if (!state.acts) {
        auto show = json ? find_command::json_action(state) : find_command::Test{};
        // NOLINTNEXTLINE(bugprone-use-after-move): it is assigned to, not used
        *test = [&state, show = std::move(show), wanted = *std::move(test)](Visit& visit) {
            if (!wanted(visit)) return false;
            if (show) return show(visit);
            find_command::print(state.call.out, visit, '\n');
            return true;
        };
    }
    Walk walk;
    walk.follow = state.follow;
    walk.follow_operand = state.follow_operand;
    walk.depth_limit = state.most_depth;
    walk.one_filesystem = state.one_filesystem;
    for (const auto& operand : operands) {
        if (!search(state, walk, *test, operand)) break;
    }
    for (const auto& batch : state.batches) run_batch(state, *batch);
    for (const auto& file : state.written) {
        if (!file->out.flush()) call.complain(*file->out.failure());
    }
    return call.status;
}

constexpr const char* running = "-exec -execdir -ok -okdir";

constexpr const char* writing = "-delete -fprint -fprint0 -fprintf -fls";

constexpr Command find{
    .name = "find",
    .usage = "[-H|-L] [PATH...] [EXPRESSION]",
    .summary = "search trees for files",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .help =
        "Tests: -name -iname -path -ipath -lname GLOB, -regex -iregex RE (of the whole path), "
        "-type\n"
        "-xtype [bcdpfls,], -size [+-]N[cwbkMGT], -mtime -atime -ctime [+-]DAYS, -mmin -amin "
        "-cmin\n"
        "[+-]MINUTES, -used [+-]DAYS, -newer -anewer -cnewer FILE, -newerXY FILE (X, Y of a B c m, "
        "and\n"
        "Y t for a time: -newermt '2 hours ago'), -perm [-/]MODE, -user -group NAME, -uid -gid N,\n"
        "-nouser -nogroup, -links -inum [+-]N, -empty, -samefile FILE, -fstype TYPE, -readable\n"
        "-writable -executable (by mode), -true, -false.\n"
        "Operators: ( ), !, -a, -o, a comma.\n"
        "Options: -maxdepth -mindepth N, -depth, -xdev, -daystart, -follow, -regextype TYPE,\n"
        "-files0-from FILE (its names, each ended by a zero byte, are the paths).\n"
        "Actions: -print -print0 -ls -prune -quit, -printf FORMAT, -json, -exec COMMAND {} ; (or "
        "{} +),\n"
        "-execdir, -ok, -okdir; with --allow modify or --scratch, -fprint -fprint0 "
        "-fls\n"
        "FILE, -fprintf FILE FORMAT and -delete. COMMAND is one of limpet's own,\n"
        "`sh -c` included.\n"
        "Special files are never opened, links not followed (but with -L), and what the target "
        "renames\n"
        "meanwhile does not lead the search elsewhere.\n\n"
        "JSON fields (-json, or -o json at the end): path, type, mode, size, blocks, links, inode, "
        "device, uid, user, "
        "gid,\n"
        "group, accessed, modified, changed, born, target.\n\n"
        "Examples:\n"
        "  find / -xdev -type f -size +10M -exec ls -lh {} +\n"
        "  find /etc -newer /etc/hostname -printf '%TY-%Tm-%Td %p\\n'\n"
        "  find /tmp -name '*.log' -mmin -10\n",
    .raw = true,
    .runs_commands = true,
    .runs_commands_with = running,
    .writes = true,
    .writes_with = writing,
};
const Register registered{find};

}  // namespace
}  // namespace limpet::commands
