// shell/candidates.cpp - commands, options, paths, variables, processes, jobs and signals by the
// beginning of their names.
#include "shell/candidates.h"

#include "commands/command.h"
#include "shell/builtins.h"
#include "shell/expand.h"
#include "shell/files.h"
#include "shell/manual.h"
#include "shell/shell.h"
#include "shell/suggest.h"
#include "target/deadline.h"

#include <dirent.h>

#include <algorithm>
#include <cstring>

namespace limpet::shell {
namespace {

constexpr std::size_t most = 5000;

void add_paths(Shell& shell, const std::string& word, bool only_folders,
               std::vector<Candidate>& candidates) {
    const auto slash = word.rfind('/');
    const auto leaf = slash == word.npos ? word : word.substr(slash + 1);
    const auto written = slash == word.npos ? std::string() : word.substr(0, slash + 1);
    std::string place = written;
    if (written.starts_with('~')) {
        std::string home;
        const auto end = written.find('/');
        if (!home_directory(shell, std::string_view(written).substr(1, end - 1), home)) return;
        place = home + written.substr(end);
    }
    const auto directory = open_directory(shell, place);
    if (!directory) return;
    const target::deadline::Guard guard(shell.target);
    target::Listing listing(*directory, place);
    while (candidates.size() < most) {
        const auto entry = listing.next();
        if (!entry || !*entry) break;
        const std::string name((*entry)->name);
        if (!name.starts_with(leaf) || (name.starts_with('.') && leaf.empty())) continue;
        // Asked of the file itself only for a link or where the listing does not say.
        const bool is_folder = (*entry)->type == DT_DIR ||
                               (((*entry)->type == DT_LNK || (*entry)->type == DT_UNKNOWN) &&
                                is_directory(shell, place + name));
        if (only_folders && !is_folder) continue;
        const auto mark = is_folder ? "/" : "";
        candidates.push_back({written + name + mark, name + mark, {}, !is_folder});
    }
}

// The command line of a process, or its name in brackets as ps has it.
std::string process_text(const target::Directory& procfs, const std::string& pid) {
    if (auto line = procfs.read(pid + "/cmdline", 4096); line && !line->empty()) {
        while (line->ends_with('\0')) line->pop_back();
        std::ranges::replace(*line, '\0', ' ');
        return *std::move(line);
    }
    auto name = procfs.read(pid + "/comm", 64);
    if (!name) return {};
    while (name->ends_with('\n')) name->pop_back();
    return "[" + *name + "]";
}

void add_pids(Shell& shell, std::string_view prefix, std::vector<Candidate>& candidates) {
    const auto& procfs = shell.target.procfs;
    if (!procfs.fd) return;
    const target::deadline::Guard guard(shell.target);
    const auto directory = procfs.open_directory(".");
    if (!directory) return;
    target::Listing listing(directory->fd, procfs.name);
    while (candidates.size() < most) {
        const auto entry = listing.next();
        if (!entry || !*entry) break;
        const std::string pid((*entry)->name);
        if (!is_digit(pid[0]) || !pid.starts_with(prefix)) continue;
        candidates.push_back({pid, pid, process_text(procfs, pid)});
    }
}

void add_jobs(Shell& shell, std::string_view prefix, std::vector<Candidate>& candidates) {
    for (const auto& job : shell.jobs.list) {
        if (job.number == 0) continue;
        const auto text = "%" + std::to_string(job.number);
        if (text.starts_with(prefix)) candidates.push_back({text, text, job.text});
    }
}

std::string shown_option(const commands::Option& option) {
    std::string text;
    if (option.letter != 0) text = std::string("-") + option.letter;
    if (option.name.empty()) {
        return option.argument.empty() ? text : text + " " + std::string(option.argument);
    }
    if (!text.empty()) text += ", ";
    text += "--" + std::string(option.name);
    if (option.argument.empty()) return text;
    return option.argument.starts_with('[') ? text + "[=" + std::string(option.argument.substr(1))
                                            : text + "=" + std::string(option.argument);
}

}  // namespace

Kind kind_of(const commands::Option& option) {
    if (option.name == commands::json_option.name) return Kind::formats;
    struct Meaning {
        std::string_view word;
        Kind kind;
    };
    constexpr Meaning meanings[] = {
        {"JOB", Kind::jobs},         {"PID", Kind::pids},          {"SIGNAL", Kind::signals},
        {"COMMAND", Kind::commands}, {"DIRECTORY", Kind::folders}, {"FILE", Kind::paths},
        {"PATH", Kind::paths},
    };
    for (const auto& [known, kind] : meanings) {
        if (option.argument.contains(known)) return kind;
    }
    return Kind::nothing;
}

Kind operand_kind(std::string_view name, std::size_t index) {
    constexpr std::string_view of_variables[] = {"export", "getopts",  "local",
                                                 "read",   "readonly", "unset"};
    constexpr std::string_view of_commands[] = {"command", "exec", "hash", "help", "type"};
    if (std::ranges::find(of_variables, name) != std::end(of_variables)) return Kind::variables;
    if (std::ranges::find(of_commands, name) != std::end(of_commands)) {
        return name == "exec" || name == "command" ? (index == 0 ? Kind::commands : Kind::paths)
                                                   : Kind::commands;
    }
    if (name == "alias" || name == "unalias") return Kind::aliases;
    if (name == "trap") return index == 0 ? Kind::nothing : Kind::signals;
    std::string_view usage;
    const auto* command = commands::find(name);
    if (const auto* builtin = find_builtin(name)) {
        usage = builtin->usage;
    } else if (command) {
        usage = command->usage;
    }
    if (usage.contains("JOB")) return Kind::jobs;
    if (usage.contains("[PID") || usage.contains("PID...")) return Kind::pids;
    if (usage.contains("DIRECTORY")) return Kind::folders;
    if (command && command->operand_ends_options && usage.contains("COMMAND") && index == 0) {
        return Kind::commands;
    }
    return Kind::paths;
}

void add_commands(Shell& shell, std::string_view prefix, std::vector<Candidate>& candidates) {
    for (auto& name : command_names(shell)) {
        if (!name.starts_with(prefix)) continue;
        std::string description;
        if (const auto alias = shell.aliases.find(name); alias != shell.aliases.end()) {
            description = "alias for " + alias->second;
        } else if (shell.functions.contains(name)) {
            description = "function";
        } else if (const auto* builtin = find_builtin(name)) {
            description = builtin->summary;
        } else if (const auto* command = commands::find(name)) {
            description = command->summary;
        }
        candidates.push_back({name, name, std::move(description)});
    }
}

void add_variables(Shell& shell, std::string_view prefix, std::vector<Candidate>& candidates) {
    for (Symbol symbol = 0; symbol < shell.variables.size(); ++symbol) {
        const auto& name = shell.variables.symbols.name(symbol);
        const auto* value = shell.variables.get(symbol);
        if (!value || !name.starts_with(prefix)) continue;
        constexpr std::size_t enough = 80;
        candidates.push_back({name, name, value->substr(0, enough)});
    }
}

void add_options(std::string_view name, std::string_view prefix,
                 std::vector<Candidate>& candidates) {
    for (const auto& option : options_of(name)) {
        if (option.letter == '#') continue;
        const auto letter = option.letter != 0 ? std::string("-") + option.letter : "";
        const auto word = option.name.empty() ? "" : "--" + std::string(option.name);
        const bool takes = !option.argument.empty() && !option.argument.starts_with('[');
        const bool by_letter = !letter.empty() && letter.starts_with(prefix);
        if (!by_letter && (word.empty() || !word.starts_with(prefix))) continue;
        candidates.push_back({by_letter ? letter
                              : takes   ? word + "="
                                        : word,
                              shown_option(option), std::string(option.help), by_letter || !takes});
    }
}

void add_signals(std::string_view prefix, std::string_view dash,
                 std::vector<Candidate>& candidates) {
    for (int signal = dash.empty() ? 0 : 1; signal < SIGRTMIN; ++signal) {
        const auto name = std::string(dash) + signal_name(signal);
        if (is_digit(name[dash.size()]) || !name.starts_with(prefix)) continue;
        const char* description = signal == 0 ? "the end of the shell" : ::sigdescr_np(signal);
        candidates.push_back({name, name, description ? description : ""});
    }
}

void add_kind(Shell& shell, Kind kind, const std::string& word,
              std::vector<Candidate>& candidates) {
    switch (kind) {
        case Kind::paths: return add_paths(shell, word, false, candidates);
        case Kind::folders: return add_paths(shell, word, true, candidates);
        case Kind::commands:
            return word.contains('/') ? add_paths(shell, word, false, candidates)
                                      : add_commands(shell, word, candidates);
        case Kind::variables: return add_variables(shell, word, candidates);
        case Kind::aliases:
            for (const auto& [name, value] : shell.aliases) {
                if (name.starts_with(word)) candidates.push_back({name, name, value});
            }
            return;
        case Kind::pids: return add_pids(shell, word, candidates);
        case Kind::jobs:
            add_jobs(shell, word, candidates);
            if (!word.starts_with('%')) add_pids(shell, word, candidates);
            return;
        case Kind::signals: return add_signals(word, "", candidates);
        case Kind::formats:
            for (const char* name : {"table", "json"}) {
                if (std::string_view(name).starts_with(word)) candidates.push_back({name, name});
            }
            return;
        case Kind::nothing: return;
    }
}

}  // namespace limpet::shell
