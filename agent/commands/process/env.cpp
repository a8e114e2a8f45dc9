// env.cpp - the environment that a process was started with; env(1) where we stand.
#include "commands/json.h"
#include "commands/process/process.h"
#include "commands/run.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <algorithm>

namespace limpet::commands {
namespace {

void print(Invocation& call, std::optional<pid_t> pid, const std::vector<std::string>& variables,
           char separator) {
    for (std::string_view rest : variables) {
        if (!call.json()) {
            call.out.write(rest);
            call.out.put(separator);
            continue;
        }
        JsonObject object;
        if (pid) object.number("pid", *pid);
        const auto name = parse::take(rest, '=');
        call.out.write(object.text("name", name).text("value", rest).take() + '\n');
    }
}

void print_process(Invocation& call, const Process& process, char separator) {
    // proc_pid_environ(5): what execve(2) was given; setenv(3) since then may not show.
    const auto text = process.at.read("environ", limits::small_file);
    if (!text) {
        call.complain(text.error());
        return;
    }
    print(call, process.pid, split_words(*text), separator);
}

// env [-i] [-u NAME] NAME=VALUE... COMMAND [ARG...]
int run_command(Invocation& call, std::vector<std::string> environment, std::size_t at) {
    const auto& name = call.operands[at];
    const auto* command = find(name);
    if (!command) {
        call.complain(name + ": there is no such command");
        return not_found;
    }
    auto status = run_child({.command = *command,
                             .arguments = {call.operands.begin() + static_cast<std::ptrdiff_t>(at) + 1,
                                           call.operands.end()},
                             .target = call.target,
                             .directory = call.directory,
                             .environment = std::move(environment)});
    if (!status) {
        call.complain(status.error());
        return not_allowed;
    }
    return *status;
}

void assign(std::vector<std::string>& environment, const std::string& word) {
    const auto name = word.substr(0, word.find('=') + 1);
    for (auto& entry : environment) {
        if (entry.starts_with(name)) {
            entry = word;
            return;
        }
    }
    environment.push_back(word);
}

void remove(std::vector<std::string>& environment, const std::string& name) {
    std::erase_if(environment, [&](const std::string& e) { return e.starts_with(name + "="); });
}

// The words before the first option, assignment and pid are env's; what follows is the command's.
// So the options are read here, not by the table.
int run(Invocation& call) {
    const auto words = std::move(call.operands);
    call.operands.clear();
    auto environment = call.environment;
    char separator = '\n';
    bool changed = false;
    std::size_t at = 0;
    for (; at < words.size(); ++at) {
        const auto& word = words[at];
        if (word == "-i" || word == "-" || word == "--ignore-environment") {
            environment.clear();
            changed = true;
        } else if (word == "-0" || word == "--null") {
            separator = '\0';
        } else if (word == "-u" || word == "-o") {
            if (at + 1 == words.size()) return call.misused(word + " needs a value");
            ++at;
            if (word == "-u") {
                remove(environment, words[at]);
                changed = true;
            } else {
                call.options.add(json_option, words[at]);
            }
        } else if (word == "-ojson") {
            call.options.add(json_option, "json");
        } else if (word == "--") {
            ++at;
            break;
        } else if (word.starts_with('-')) {
            return call.misused("there is no option " + word);
        } else {
            break;
        }
    }
    for (; at < words.size() && words[at].find('=') != std::string::npos &&
           !words[at].starts_with('=');
         ++at) {
        assign(environment, words[at]);
        changed = true;
    }
    call.operands.assign(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
    const bool pids = std::ranges::all_of(call.operands, [](const std::string& word) {
        return parse::number<pid_t>(word).has_value();
    });
    if (!call.operands.empty() && !pids) return run_command(call, std::move(environment), 0);
    const bool own = changed || call.target.mode == target::Mode::here;
    if (call.operands.empty() && own) {
        print(call, std::nullopt, environment, separator);
        return call.status;
    }
    for (const auto& process : operand_processes(call)) print_process(call, process, separator);
    return call.status;
}

// For the help and the completion; env reads its words itself.
constexpr Option options[]{
    {'0', "null", "", "end each with a NUL instead of a newline"},
    {'i', "ignore-environment", "", "begin with an empty environment"},
    {'u', "", "NAME", "without that variable"},
    json_option,
};

constexpr Command env{
    .name = "env",
    .usage = "[-0] [-o json] [PID...]  or  env [-i] [-u NAME] [NAME=VALUE...] COMMAND [ARG...]",
    .summary = "print the environment that processes were started with, or run a command in another",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = options,
    .help = "Without PID it is the target's main process. Where there is no target but the place we\n"
            "stand in, or after -i, -u or NAME=VALUE, it is the session's own environment.\n"
            "COMMAND is one of limpet's commands.\n"
            "JSON fields: pid (of a process only), name, value.\n",
    .raw = true,
    .runs_commands = true,
};
const Register registered{env};

}  // namespace
}  // namespace limpet::commands
