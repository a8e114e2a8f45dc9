// pgrep.cpp - ids of processes by name: pgrep with a part of it, pidof with the whole.
#include "commands/json.h"
#include "commands/process/names.h"
#include "commands/process/process.h"
#include "parse/lines.h"
#include "parse/number.h"
#include "parse/regex.h"
#include "parse/status.h"

#include <algorithm>
#include <utility>

namespace limpet::commands {
namespace {

struct Match {
    pid_t pid = 0;
    std::uint64_t start = 0;
    std::string comm;
    std::string arguments;
};

void print(Invocation& call, const std::vector<Match>& matches) {
    for (const auto& match : matches) {
        if (call.json()) {
            JsonObject object;
            object.number("pid", match.pid).text("comm", match.comm).text("args", match.arguments);
            call.out.write(object.take() + '\n');
        } else if (call.options.has('a')) {
            call.out.print("%d ", match.pid);
            call.out.write((match.arguments.empty() ? match.comm : match.arguments) + '\n');
        } else if (call.options.has('l')) {
            call.out.print("%d ", match.pid);
            call.out.write(match.comm + '\n');
        } else {
            call.out.print("%d\n", match.pid);
        }
    }
}

int run_pgrep(Invocation& call) {
    if (call.operands.size() > 1) return call.misused("one expression");
    if (call.operands.empty() && !call.options.has('u') && !call.options.has('P')) {
        return call.misused("no expression");
    }
    std::optional<parse::Regex> expression;
    if (!call.operands.empty()) {
        auto compiled =
            parse::Regex::compile({&call.operands[0], 1}, {.syntax = parse::regex::Syntax::extended,
                                                           .ignore_case = call.options.has('i'),
                                                           .whole_line = call.options.has('x')});
        if (!compiled) return call.misused(text(compiled.error()));
        expression = *std::move(compiled);
    }
    ProcessNames names(call.target);
    std::optional<std::uint32_t> user;
    if (const auto name = call.options.value('u')) {
        user = names.uid_of(*name);
        if (!user) return call.misused("there is no user '" + std::string(*name) + "'");
    }
    std::optional<pid_t> parent;
    if (const auto word = call.options.value('P')) {
        parent = parse::number<pid_t>(*word);
        if (!parent) return call.misused("'" + std::string(*word) + "' is not a process id");
    }
    std::vector<Match> matches;
    const auto done = each_process(call.target, [&](Process& process) {
        const auto text = read_small(process, "stat");
        if (!text) return;
        const auto stat = parse::stat(*text);
        if (!stat || (parent && stat->ppid != *parent)) return;
        if (call.target.mode == target::Mode::here && process.pid == call.target.inner_pid) return;
        if (user) {
            const auto status = parse::status(read_small(process, "status").value_or(""));
            if (!status.uid || names.inner_uid(status.uid->effective) != *user) return;
        }
        auto arguments = joined(read_small(process, "cmdline").value_or(""));
        const bool whole_line = call.options.has('f') && !arguments.empty();
        const bool match =
            !expression || expression->matches(whole_line ? arguments : stat->comm) == true;
        if (match == call.options.has('v')) return;
        matches.push_back({process.pid, stat->starttime, stat->comm, std::move(arguments)});
    });
    if (!done) {
        call.complain(done.error());
        return 1;
    }
    // Within one clock tick the higher pid is the younger, but for the rare wrap.
    const auto by_age = [](const Match& a, const Match& b) {
        return std::pair(a.start, a.pid) < std::pair(b.start, b.pid);
    };
    if (!matches.empty() && call.options.has('n')) {
        matches = {*std::ranges::max_element(matches, by_age)};
    } else if (!matches.empty() && call.options.has('O')) {
        matches = {*std::ranges::min_element(matches, by_age)};
    }
    if (call.options.has('c')) {
        call.out.print("%zu\n", matches.size());
    } else {
        print(call, matches);
    }
    return matches.empty() ? 1 : call.status;
}

std::string_view base(std::string_view path) { return path.substr(path.rfind('/') + 1); }

int run_pidof(Invocation& call) {
    if (call.operands.empty()) return call.misused("no name");
    std::vector<pid_t> pids;
    const auto done = each_process(call.target, [&](Process& process) {
        const auto text = read_small(process, "stat");
        if (!text) return;
        const auto stat = parse::stat(*text);
        if (!stat) return;
        const auto words = split_words(read_small(process, "cmdline").value_or(""));
        const bool match = std::ranges::any_of(call.operands, [&](const std::string& name) {
            // comm is cut to 15 bytes; the first word is the whole name.
            return stat->comm == name ||
                   (!words.empty() && (words[0] == name || base(words[0]) == name));
        });
        if (match) pids.push_back(process.pid);
    });
    if (!done) {
        call.complain(done.error());
        return 1;
    }
    std::string line;
    for (auto pid = pids.rbegin(); pid != pids.rend(); ++pid) {
        line += (line.empty() ? "" : " ") + std::to_string(*pid);
        if (call.options.has('s')) break;
    }
    if (!line.empty()) call.out.write(line + '\n');
    return pids.empty() ? 1 : call.status;
}

constexpr Option pgrep_options[]{
    {'f', "full", "", "match the whole command line"},
    {'x', "exact", "", "match all of it, not a part"},
    {'i', "ignore-case", "", "without regard to case"},
    {'v', "inverse", "", "those that do not match"},
    {'l', "list-name", "", "names beside the ids"},
    {'a', "list-full", "", "command lines beside the ids"},
    {'n', "newest", "", "only the one that was started last"},
    {'O', "oldest", "", "only the one that was started first"},
    {'c', "count", "", "only how many"},
    {'u', "euid", "USER", "of this effective user"},
    {'P', "parent", "PID", "children of this process"},
    json_option,
};

constexpr Command pgrep{
    .name = "pgrep",
    .usage = "[-fxivlanOc] [-u USER] [-P PID] [-o json] [EXPRESSION]",
    .summary = "find processes by name",
    .theme = "process",
    .promise = Promise::processes,
    .run = run_pgrep,
    .options = pgrep_options,
    .help =
        "EXPRESSION is a POSIX extended regular expression. Exits 1 when nothing matches.\n"
        "JSON fields: pid, comm, args.\n"
        "\nExamples:\n  pgrep -l nginx\n  pgrep -f 'java.*app.jar'\n",
};
const Register registered_pgrep{pgrep};

constexpr Option pidof_options[]{{'s', "single", "", "only one"}};

constexpr Command pidof{
    .name = "pidof",
    .usage = "[-s] NAME...",
    .summary = "print the ids of processes of a name",
    .theme = "process",
    .promise = Promise::processes,
    .run = run_pidof,
    .options = pidof_options,
    .help =
        "Exits 1 when there is none.\n"
        "\nExample:\n  pidof nginx\n",
};
const Register registered_pidof{pidof};

}  // namespace
}  // namespace limpet::commands
