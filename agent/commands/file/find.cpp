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

int run(Invocation& call) {
    std::span<const std::string> words(call.operands);
    if (words.size() == 1 && words[0] == "--help") {
        call.out.write(help_text(call.command));
        return 0;
    }
    Walk walk;
    while (!words.empty() && (words[0] == "-L" || words[0] == "-H" || words[0] == "-P")) {
        walk.follow = words[0] == "-L";
        walk.follow_operand = words[0] == "-H";
        words = words.subspan(1);
    }
    std::size_t paths = 0;
    while (paths < words.size() && !begins_expression(words[paths])) ++paths;
    std::vector<std::string> operands(words.begin(),
                                      words.begin() + static_cast<std::ptrdiff_t>(paths));
    words = words.subspan(paths);
    if (operands.empty()) operands.emplace_back(".");
    if (deletes(words) && !any(call.target.grants & Grant::modify)) {
        call.complain(
            "-delete is not allowed: this session may not use modify (needs --allow "
            "modify)");
        return not_allowed;
    }

    State state(call);
    state.now = std::time(nullptr);
    auto test = find_command::parse(state, words);
    if (!test) return call.misused(text(test.error()));
    if (!state.acts) {
        // NOLINTNEXTLINE(bugprone-use-after-move): it is assigned to, not used
        *test = [&state, wanted = *std::move(test)](Visit& visit) {
            if (!wanted(visit)) return false;
            find_command::print(state, visit, '\n');
            return true;
        };
    }
    walk.depth_limit = state.most_depth;
    walk.one_filesystem = state.one_filesystem;
    for (const auto& operand : operands) {
        if (!search(state, walk, *test, operand)) break;
    }
    for (const auto& batch : state.batches) run_batch(state, *batch);
    return call.status;
}

constexpr std::string_view running[]{"-exec", "-execdir"};

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
        "[bcdpfls], -size [+-]N[cwbkMGT], -mtime -atime -ctime [+-]DAYS, -mmin -amin -cmin\n"
        "[+-]MINUTES, -newer -anewer -cnewer FILE, -perm [-/]MODE, -user -group NAME, -uid -gid "
        "N,\n"
        "-nouser -nogroup, -links -inum [+-]N, -empty, -samefile FILE, -xtype, -true, -false.\n"
        "Operators: ( ), !, -a, -o, a comma.\n"
        "Options: -maxdepth -mindepth N, -depth, -xdev, -regextype posix-extended.\n"
        "Actions: -print -print0 -ls -prune -quit, -printf FORMAT, -json, -exec COMMAND {} ; (or "
        "{} +),\n"
        "-execdir, and with --allow modify -delete. COMMAND is one of limpet's own, `sh -c` "
        "included.\n"
        "Special files are never opened, links not followed (but with -L), and what the target "
        "renames\n"
        "meanwhile does not lead the search elsewhere.\n\n"
        "JSON fields (-json): path, type, mode, size, blocks, links, inode, device, uid, user, "
        "gid,\n"
        "group, accessed, modified, changed, born, target.\n\n"
        "Examples:\n"
        "  find / -xdev -type f -size +10M -exec ls -lh {} +\n"
        "  find /etc -newer /etc/hostname -printf '%TY-%Tm-%Td %p\\n'\n"
        "  find /tmp -name '*.log' -mmin -10\n",
    .raw = true,
    .runs_commands = true,
    .runs_commands_with = running,
};
const Register registered{find};

}  // namespace
}  // namespace limpet::commands
