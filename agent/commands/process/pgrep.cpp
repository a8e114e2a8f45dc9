// pgrep.cpp - processes by name and other marks: pgrep prints them, pkill signals them.
#include "commands/json.h"
#include "commands/process/names.h"
#include "commands/process/process.h"
#include "commands/process/signals.h"
#include "parse/lines.h"
#include "parse/number.h"
#include "parse/regex.h"
#include "parse/status.h"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <utility>

namespace limpet::commands {
namespace {

struct Match {
    pid_t pid = 0;
    std::uint64_t start = 0;
    std::string comm;
    std::string arguments;
};

// What must be among a list, each from an option.
struct Selection {
    std::vector<std::int64_t> effective, real, groups, process_groups, parents, sessions;
    std::vector<std::string> states;
    std::optional<parse::Regex> expression;
    std::uint64_t older = 0;  // seconds
    bool any = false;
};

bool lacks(const std::vector<std::int64_t>& list, std::int64_t value) {
    return !list.empty() && std::ranges::find(list, value) == list.end();
}

Result<> add_list(std::vector<std::int64_t>& list, std::string_view words, ProcessNames* names,
                  bool groups) {
    while (!words.empty()) {
        const auto word = parse::take(words, ',');
        std::optional<std::int64_t> value;
        if (!names) {
            value = parse::number<std::int64_t>(word);
        } else if (const auto id = groups ? names->gid_of(word) : names->uid_of(word)) {
            value = *id;
        }
        if (!value) return unfit("selection", word, "is nothing to select by");
        list.push_back(*value);
    }
    return {};
}

Result<Selection> selection(const Invocation& call, ProcessNames& names) {
    Selection want;
    for (const auto& [option, value] : call.options.all()) {
        want.any = want.any || !option.argument.empty();
        switch (option.letter) {
            case 'u': TRY(add_list(want.effective, value, &names, false)); break;
            case 'U': TRY(add_list(want.real, value, &names, false)); break;
            case 'G': TRY(add_list(want.groups, value, &names, true)); break;
            case 'g': TRY(add_list(want.process_groups, value, nullptr, false)); break;
            case 'P': TRY(add_list(want.parents, value, nullptr, false)); break;
            case 's': TRY(add_list(want.sessions, value, nullptr, false)); break;
            case 'r': want.states.push_back(value); break;
            case 'O': {
                const auto seconds = parse::number<std::uint64_t>(value);
                if (!seconds) return unfit("-O", value, "is no number of seconds");
                want.older = *seconds;
                break;
            }
            default: break;
        }
    }
    if (call.operands.size() > 1) return refused("expression", "only one");
    if (call.operands.empty() && !want.any) return refused("expression", "none given");
    if (!call.operands.empty()) {
        want.expression = TRY(
            parse::Regex::compile({&call.operands[0], 1}, {.syntax = parse::regex::Syntax::extended,
                                                           .ignore_case = call.options.has('i'),
                                                           .whole_line = call.options.has('x')}));
    }
    return want;
}

class Finder {
public:
    Finder(Invocation& call, Selection want, ProcessNames& names)
        : call_(call), want_(std::move(want)), names_(names) {
        timespec time{};
        ::clock_gettime(CLOCK_BOOTTIME, &time);
        now_ = static_cast<std::uint64_t>(time.tv_sec) *
               static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    }

    Result<std::vector<Match>> find() {
        std::vector<Match> matches;
        TRY(each_process(call_.target, [&](Process& process) {
            if (auto match = look(process)) matches.push_back(*std::move(match));
        }));
        // Within one clock tick the higher pid is the younger, but for the rare wrap.
        const auto by_age = [](const Match& a, const Match& b) {
            return std::pair(a.start, a.pid) < std::pair(b.start, b.pid);
        };
        const bool newest = call_.options.has('n');
        if (!matches.empty() && (newest || oldest())) {
            std::swap(matches.front(), *(newest ? std::ranges::max_element(matches, by_age)
                                                : std::ranges::min_element(matches, by_age)));
            matches.resize(1);
        }
        return matches;
    }

private:
    // -o alone; with a word behind it is the format.
    [[nodiscard]] bool oldest() const {
        return std::ranges::any_of(call_.options.all(), [](const auto& given) {
            return given.option.letter == 'o' && given.value.empty();
        });
    }

    std::optional<Match> look(const Process& process) {
        if (call_.target.mode == target::Mode::here && process.pid == call_.target.inner_pid) {
            return std::nullopt;
        }
        auto stat = read_stat(process);
        if (!stat) return std::nullopt;
        Match match{process.pid, stat->starttime, std::move(stat->comm), {}};
        const bool whole = call_.options.has('f');
        if (whole || call_.options.has('a') || call_.json()) {
            match.arguments = joined(read_small(process, "cmdline").value_or(""));
        }
        bool good = !lacks(want_.parents, stat->ppid) && !lacks(want_.process_groups, stat->pgrp) &&
                    !lacks(want_.sessions, stat->session);
        for (const auto& states : want_.states) {
            good = good && states.find(stat->state) != std::string::npos;
        }
        if (want_.older > 0) {
            const auto ticks = want_.older * static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
            good = good && stat->starttime + ticks <= now_;
        }
        good = good && right_user(process);
        if (good && want_.expression) {
            const auto& subject = whole && !match.arguments.empty() ? match.arguments : match.comm;
            good = want_.expression->matches(subject) == true;
        }
        if (good == call_.options.has('v')) return std::nullopt;
        return match;
    }

    bool right_user(const Process& process) {
        if (want_.effective.empty() && want_.real.empty() && want_.groups.empty()) return true;
        const auto status = parse::status(read_small(process, "status").value_or(""));
        return status.uid && status.gid &&
               !lacks(want_.effective, names_.inner_uid(status.uid->effective)) &&
               !lacks(want_.real, names_.inner_uid(status.uid->real)) &&
               !lacks(want_.groups, names_.inner_gid(status.gid->real));
    }

    Invocation& call_;
    Selection want_;
    ProcessNames& names_;
    std::uint64_t now_ = 0;  // ticks since boot
};

void print(Invocation& call, const std::vector<Match>& matches) {
    const auto delimiter = call.options.value('d').value_or("\n");
    bool first = true;
    for (const auto& match : matches) {
        if (call.json()) {
            JsonObject object;
            object.number("pid", match.pid).text("comm", match.comm).text("args", match.arguments);
            object.line(call.out);
            continue;
        }
        if (!first) call.out.write(delimiter);
        first = false;
        call.out.print("%d", match.pid);
        const bool whole = call.options.has('a');
        if (whole || call.options.has('l')) {
            call.out.put(' ');
            call.out.write(whole && !match.arguments.empty() ? match.arguments : match.comm);
        }
    }
    if (!first) call.out.put('\n');
}

void signal_all(Invocation& call, const std::vector<Match>& matches, int signal) {
    for (const auto& match : matches) {
        const auto process = open_process(call.target, match.pid);
        if (!process) continue;  // it has gone by itself
        // By now the number may be another's.
        const auto stat = read_stat(*process);
        if (!stat || stat->starttime != match.start) continue;
        if (const auto sent = send_signal(call.target, *process, signal); !sent) {
            call.complain(sent.error());
        } else if (call.options.has('e')) {
            call.out.write(match.comm);
            call.out.print(" killed (pid %d)\n", match.pid);
        }
    }
}

int find_and(Invocation& call, std::optional<int> signal) {
    ProcessNames names(call.target);
    auto want = selection(call, names);
    if (!want) return call.misused(text(want.error()));
    const auto matches = Finder(call, *std::move(want), names).find();
    if (!matches) {
        call.complain(matches.error());
        return 1;
    }
    if (signal) signal_all(call, *matches, *signal);
    if (call.options.has('c')) {
        call.out.print("%zu\n", matches->size());
    } else if (!signal && !call.options.has('q')) {
        print(call, *matches);
    }
    return matches->empty() ? 1 : call.status;
}

int run_pgrep(Invocation& call) { return find_and(call, std::nullopt); }

int run_pkill(Invocation& call) {
    auto words = std::move(call.operands);
    call.operands.clear();
    if (words.size() == 1 && words[0] == "--help") {
        call.out.write(help_text(call.command));
        return 0;
    }
    const auto taken = take_signal(words);
    const auto parsed = parse_options(call.command, words, call.options, call.operands);
    if (!parsed) return call.misused(text(parsed.error()));
    const auto signal = signal_of(call.options, taken.value_or(SIGTERM));
    if (!signal) return call.misused(text(signal.error()));
    return find_and(call, *signal);
}

// pgrep's own behind those of both.
constexpr Option options[]{
    {0, "signal", "SIGNAL", "which to send (TERM); also -SIGNAL"},
    {'e', "echo", "", "say who was signalled"},
    {'f', "full", "", "match the whole command line"},
    {'x', "exact", "", "match all of it, not a part"},
    {'i', "ignore-case", "", "without regard to case"},
    {'v', "inverse", "", "those that do not match"},
    {'n', "newest", "", "only the one that was started last"},
    {'o', "oldest", format_or_nothing, "only the one that was started first; or json"},
    {'O', "older", "S", "only those older than S seconds"},
    {'c', "count", "", "how many"},
    {'u', "euid", "USERS", "of these effective users"},
    {'U', "uid", "USERS", "of these real users"},
    {'G', "group", "GROUPS", "of these real groups"},
    {'g', "pgroup", "PGIDS", "of these process groups"},
    {'P', "parent", "PIDS", "children of these"},
    {'s', "session", "SIDS", "of these sessions"},
    {'r', "runstates", "STATES", "in one of these states: RSDZT"},
    {'l', "list-name", "", "names beside the ids"},
    {'a', "list-full", "", "command lines beside the ids"},
    {'q', "quiet", "", "only the exit status"},
    {'d', "delimiter", "TEXT", "between the ids, instead of a newline"},
};

constexpr Command pgrep{
    .name = "pgrep",
    .usage = "[-fxivlanocq] [-u USERS] [-P PIDS] [-o json] [EXPRESSION]",
    .summary = "find processes by name",
    .theme = "process",
    .promise = Promise::processes,
    .run = run_pgrep,
    .options = option_table<options, 2>,
    .help =
        "EXPRESSION is a POSIX extended regular expression. Exits 1 when nothing matches.\n"
        "JSON fields: pid, comm, args.\n"
        "\nExamples:\n  pgrep -l nginx\n  pgrep -f 'java.*app.jar'\n",
};
const Register registered_pgrep{pgrep};

constexpr Command pkill{
    .name = "pkill",
    .usage = "[-SIGNAL] [-fxivnoce] [-u USERS] [-P PIDS] [EXPRESSION]",
    .summary = "send a signal to processes by name",
    .theme = "process",
    .promise = Promise::processes,
    .run = run_pkill,
    .options = option_table<options, 0, std::size(options) - 4>,
    .help = "Exits 1 when nothing matches.\n\nExample:\n  pkill -HUP -x nginx\n",
    .raw = true,
    .signals = true,
};
const Register registered_pkill{pkill};

}  // namespace
}  // namespace limpet::commands
