// kill.cpp - signals to processes of the target, and their priority.
#include "commands/process/signals.h"
#include "parse/number.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>

namespace limpet::commands {
namespace {

// A process, or with a negative number its group. What can be named is what the target has.
void kill_one(Invocation& call, const std::string& operand, int signal) {
    const auto number = parse::number<pid_t>(operand);
    if (!number || *number == 0 || *number == -1) {
        call.complain("'" + operand + "' is no process id" +
                      (number ? ", and no group of one's own or of all is meant here" : ""));
        return;
    }
    if (*number > 0) {
        const auto process = open_process(call.target, *number);
        const auto sent =
            process ? send_signal(call.target, *process, signal) : std::unexpected(process.error());
        if (!sent) call.complain(sent.error());
        return;
    }
    bool any = false;
    const auto done = each_process(call.target, [&](Process& process) {
        const auto stat = read_stat(process);
        if (!stat || stat->pgrp != -*number) return;
        any = true;
        if (const auto sent = send_signal(call.target, process, signal); !sent) {
            call.complain(sent.error());
        }
    });
    if (!done) call.complain(done.error());
    if (!any) call.complain("group " + operand.substr(1) + ": there is none in the target");
}

int run_kill(Invocation& call) {
    auto words = std::move(call.operands);
    call.operands.clear();
    if (words.size() == 1 && words[0] == "--help") {
        call.out.write(help_text(call.command));
        return 0;
    }
    // The first word alone: behind the ids -9 is a group.
    std::vector<std::string> first(words.begin(), words.begin() + (words.empty() ? 0 : 1));
    const auto taken = take_signal(first);
    if (taken) words.erase(words.begin());
    // A negative number is an id, not options.
    std::vector<std::string> groups;
    std::erase_if(words, [&](const std::string& word) {
        const bool group = word.size() > 1 && parse::number<pid_t>(word).value_or(0) < 0;
        if (group) groups.push_back(word);
        return group;
    });
    const auto parsed = parse_options(call.command, words, call.options, call.operands);
    if (!parsed) return call.misused(text(parsed.error()));
    call.operands.insert(call.operands.end(), groups.begin(), groups.end());
    if (call.options.has('l') || call.options.has('L')) return list_signals(call);
    const auto signal = signal_of(call.options, taken.value_or(SIGTERM));
    if (!signal) return call.misused(text(signal.error()));
    if (call.operands.empty()) return call.misused("which process?");
    for (const auto& operand : call.operands) kill_one(call, operand, *signal);
    return call.status;
}

int run_renice(Invocation& call) {
    auto words = std::move(call.operands);
    call.operands.clear();
    if (words.size() == 1 && words[0] == "--help") {
        call.out.write(help_text(call.command));
        return 0;
    }
    // "renice 5 PID", "renice -5 PID", and -n with a value that looks like an option.
    std::optional<int> value;
    for (std::size_t at = 0; at < words.size() && !value; ++at) {
        const bool named = words[at] == "-n" || words[at] == "--priority" ||
                           words[at] == "--relative" || words[at] == "--adjustment";
        if (named && at + 1 < words.size()) {
            value = parse::number<int>(words[at + 1].substr(words[at + 1].starts_with('+')));
            words.erase(words.begin() + static_cast<std::ptrdiff_t>(at) + 1);
        } else if (at == 0) {
            value = parse::number<int>(words[0].substr(words[0].starts_with('+')));
        }
        if (value) words.erase(words.begin() + static_cast<std::ptrdiff_t>(at));
    }
    const auto parsed = parse_options(call.command, words, call.options, call.operands);
    if (!parsed) return call.misused(text(parsed.error()));
    if (!value) return call.misused("which priority?");
    if (call.operands.empty()) return call.misused("which process?");
    for (const auto& process : operand_processes(call)) {
        const auto stat = read_stat(process);
        const auto priority = std::clamp(*value, -20, 19);
        const auto done = target::set_priority(call.target, process.at, process.pid, priority);
        if (!done) {
            call.complain(done.error());
        } else if (stat) {
            call.out.print("%d (process ID) old priority %d, new priority %d\n", process.pid,
                           static_cast<int>(stat->nice), priority);
        }
    }
    return call.status;
}

constexpr Option kill_options[]{
    {'s', "signal", "SIGNAL", "by name or number (TERM); 0 only looks whether it may"},
    {'l', "list", "", "names of signals, or the names and numbers of those given"},
    {'L', "table", "", "the same"},
};

constexpr Command kill{
    .name = "kill",
    .usage = "[-SIGNAL | -s SIGNAL] PID...  or  kill -l [SIGNAL...]",
    .summary = "send a signal to processes of the target",
    .theme = "process",
    .promise = Promise::processes,
    .run = run_kill,
    .options = option_table<kill_options>,
    .help =
        "Ids are those that ps shows; -PID is a process group. In the shell, jobs and processes\n"
        "of the shell itself come first, as in every shell.\n"
        "\nExamples:\n  kill 7\n  kill -HUP 1\n  kill -0 7 && echo it runs\n",
    .raw = true,
    .signals = true,
};
const Register registered_kill{kill};

constexpr Option renice_options[]{
    {'n', "priority", "N", "-20 (first) to 19 (last)"},
    {'p', "pid", "", "the operands are process ids, as always"},
};

constexpr Command renice{
    .name = "renice",
    .usage = "[-n] N [-p] PID...",
    .summary = "set how nice processes of the target are",
    .theme = "process",
    .promise = Promise::processes,
    .run = run_renice,
    .options = option_table<renice_options>,
    .help = "\nExample:\n  renice -n 10 7\n",
    .raw = true,
    .signals = true,
};
const Register registered_renice{renice};

}  // namespace
}  // namespace limpet::commands
