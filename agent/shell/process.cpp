// shell/process.cpp - what a name stands for, and becoming it.
#include "commands/command.h"
#include "commands/run.h"
#include "shell/builtins.h"
#include "shell/execute.h"
#include "shell/files.h"
#include "shell/shell.h"
#include "shell/suggest.h"
#include "sys/file.h"

#include <fcntl.h>
#include <unistd.h>

namespace limpet::shell {
namespace {

bool is_program(const std::string& path) {
    const auto status = sys::statx(BorrowedFd(AT_FDCWD), path, 0);
    return status && S_ISREG(status->stx_mode) && ::access(path.c_str(), X_OK) == 0;
}

int not_found(Shell& shell, const std::string& name) {
    std::string line = name + ": not found";
    if (shell.interactive) {
        if (const auto near = suggest(shell, name); !near.empty()) {
            line += " (did you mean '" + near + "'?)";
        }
    }
    shell.complain(line);
    return commands::not_found;
}

// A text without #! is a script of this shell's.
void run_as_script(Shell& shell, const std::string& path, std::vector<std::string>& words) {
    auto text = read_script(shell, path);
    if (!text) {
        shell.complain(limpet::text(text.error()));
        shell.status = commands::not_allowed;
        return;
    }
    if (text->substr(0, text->find('\n')).find('\0') != std::string::npos) {
        shell.complain(path + ": cannot be run: not a program for this machine");
        shell.status = commands::not_allowed;
        return;
    }
    Shell fresh(shell.target, shell.directory, shell.variables.environment());
    fresh.stack_base = shell.stack_base;
    fresh.name = path;
    fresh.file = &*fresh.files.insert(path).first;
    fresh.in_script = true;
    fresh.arguments.assign(words.begin() + 1, words.end());
    remember_ignored(fresh);
    run_text(fresh, *std::move(text));
    end_process(fresh);
}

void execute(Shell& shell, const std::string& path, std::vector<std::string>& words) {
    // A program expects it to be there. Behind exec nobody would be left who removes it.
    if (::getpid() != shell.pid) shell.variables.get(sym_LIMPET_SCRATCH);
    std::vector<char*> arguments;
    for (auto& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    auto environment = shell.variables.environment();
    std::vector<char*> variables;
    for (auto& entry : environment) variables.push_back(entry.data());
    variables.push_back(nullptr);
    ::execve(path.c_str(), arguments.data(), variables.data());
    const int code = errno;
    if (code == ENOEXEC) return run_as_script(shell, path, words);
    shell.complain(words[0] + ": " + ::strerrordesc_np(code));
    shell.status = code == ENOENT || code == ENOTDIR || code == ENAMETOOLONG
                       ? commands::not_found
                       : commands::not_allowed;
}

}  // namespace

std::string find_program(Shell& shell, const std::string& name, std::string_view path) {
    if (!shell.here() || name.empty()) return {};
    for (;;) {
        const auto colon = path.find(':');
        std::string candidate(path.substr(0, colon));
        if (!candidate.empty() && !candidate.ends_with('/')) candidate += '/';
        candidate += name;
        if (is_program(candidate)) return candidate;
        if (colon == path.npos) return {};
        path.remove_prefix(colon + 1);
    }
}

Resolved resolve(Shell& shell, const std::string& name, bool functions) {
    if (name.contains('/')) return {.meaning = Meaning::program, .path = name};
    const auto* builtin = find_builtin(name);
    if (builtin && builtin->special) return {.meaning = Meaning::special, .builtin = builtin};
    if (functions && shell.functions.contains(name)) return {.meaning = Meaning::function};
    if (builtin) return {.meaning = Meaning::builtin, .builtin = builtin};
    if (commands::find(name)) return {.meaning = Meaning::command, .path = name};
    if (!shell.here()) return {};
    if (shell.found_at != shell.variables.path_changes) {
        shell.found.clear();
        shell.found_at = shell.variables.path_changes;
    }
    if (const auto known = shell.found.find(name); known != shell.found.end()) {
        if (is_program(known->second)) return {.meaning = Meaning::program, .path = known->second};
        shell.found.erase(known);
    }
    const auto path = find_program(shell, name, shell.variables.text(sym_PATH));
    if (path.empty()) return {};
    shell.found.emplace(name, path);
    return {.meaning = Meaning::program, .path = path};
}

void become(Shell& shell, const Resolved& resolved, std::vector<std::string>& words) {
    switch (resolved.meaning) {
        case Meaning::command: {
            const auto* command = commands::find(words[0]);
            const std::vector<std::string> arguments(words.begin() + 1, words.end());
            if (command->runs_commands && ::getpid() != shell.pid) {
                shell.variables.get(sym_LIMPET_SCRATCH);
            }
            ::_exit(commands::run_confined({.command = *command,
                                            .arguments = arguments,
                                            .target = shell.target,
                                            .directory = shell.directory,
                                            .environment = shell.variables.environment()}));
        }
        case Meaning::program:
            if (shell.here()) {
                execute(shell, resolved.path, words);
            } else if (const auto status = stat_path(shell, resolved.path, target::Follow::yes);
                       !status) {
                shell.complain(words[0] + ": not found");
                shell.status = commands::not_found;
            } else {
                shell.complain(words[0] + ": programs of the target run only with --allow enter");
                shell.status = commands::not_allowed;
            }
            break;
        default: shell.status = not_found(shell, words[0]); break;
    }
    ::_exit(shell.status);
}

}  // namespace limpet::shell
