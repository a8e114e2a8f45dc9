// shell/simple.cpp - simple commands, XCU 2.9.1.
#include "commands/command.h"
#include "shell/builtins.h"
#include "shell/execute.h"
#include "shell/expand.h"
#include "shell/shell.h"

#include <utility>

namespace limpet::shell {
namespace {

using Values = std::vector<std::pair<Symbol, std::string>>;
using SavedVariables = std::vector<std::pair<Symbol, Variable>>;

struct Prepared {
    std::vector<std::string> words;
    Values values;                     // of the assignments in front
    std::vector<std::string> targets;  // of the redirections, expanded before a fork
    bool plain_command = false;        // `command NAME`: no functions, nothing special
    bool default_path = false;         // command -p
};

[[gnu::cold]] void trace(Shell& shell, const Prepared& prepared) {
    if (!shell.on(opt_xtrace)) return;
    std::string text = expand_prompt(shell, shell.variables.text(sym_PS4));
    const auto start = text.size();
    for (const auto& [symbol, value] : prepared.values) {
        if (text.size() > start) text += ' ';
        text += shell.variables.symbols.name(symbol) + '=' + quote(value);
    }
    for (const auto& word : prepared.words) {
        if (text.size() > start) text += ' ';
        text += quote(word);
    }
    write_fd(2, text + '\n');
}

// Assignments before a command that runs in the shell hold while it runs.
bool assign_for_now(Shell& shell, const Values& values, SavedVariables& saved) {
    for (const auto& [symbol, value] : values) {
        saved.emplace_back(symbol, shell.variables.entry(symbol));
        if (!shell.assign(symbol, value)) return false;
        shell.variables.entry(symbol).exported = true;
    }
    return true;
}

void restore(Shell& shell, SavedVariables& saved) {
    while (!saved.empty()) {
        shell.variables.put(saved.back().first, std::move(saved.back().second));
        saved.pop_back();
    }
}

// Each sees the ones before it.
bool expand_values(Shell& shell, const Simple& node, Values& values) {
    SavedVariables saved;
    bool good = true;
    for (const auto& assignment : node.assignments) {
        std::string text;
        if (!(good = expand_text(shell, assignment.value, text))) break;
        values.emplace_back(assignment.symbol, std::move(text));
        if (node.assignments.size() == 1) break;
        saved.emplace_back(assignment.symbol, shell.variables.entry(assignment.symbol));
        if (!(good = shell.assign(assignment.symbol, values.back().second))) break;
    }
    restore(shell, saved);
    return good;
}

int only_assignments(Shell& shell, const Simple& node) {
    SavedDescriptors saved(shell);
    if (!redirect(shell, node.redirections, &saved)) return shell.status;
    for (const auto& assignment : node.assignments) {
        std::string text;
        if (!expand_text(shell, assignment.value, text)) return shell.status;
        if (shell.on(opt_xtrace)) {
            Prepared shown;
            shown.values.emplace_back(assignment.symbol, text);
            trace(shell, shown);
        }
        if (!shell.assign(assignment.symbol, text)) return shell.status;
    }
    return shell.status = shell.substitution_status;
}

int run_exec_builtin(Shell& shell, const Simple& node, Prepared& prepared) {
    SavedDescriptors saved(shell);
    if (!redirect(shell, node.redirections, &saved)) {
        if (!prepared.plain_command && !shell.leaving() && !shell.at_prompt()) {
            shell.flow = Flow::leave_shell;
        }
        return shell.status;
    }
    for (const auto& [symbol, value] : prepared.values) {
        if (!shell.assign(symbol, value)) return shell.status;
        if (prepared.words.size() > 1) shell.variables.entry(symbol).exported = true;
    }
    const int status = run_exec(shell, prepared.words);
    // Descriptors stay as they are, also those that a failed exec got.
    saved.keep();
    return shell.status = status;
}

int run_builtin(Shell& shell, const Simple& node, Prepared& prepared, const Builtin& builtin) {
    if (builtin.run == run_exec) return run_exec_builtin(shell, node, prepared);
    const bool special = builtin.special && !prepared.plain_command;
    SavedDescriptors descriptors(shell);
    auto* capture = node.redirections.empty() ? shell.capture : nullptr;
    if (!redirect(shell, node.redirections, &descriptors)) {
        if (special && !shell.leaving() && !shell.at_prompt()) shell.flow = Flow::leave_shell;
        return shell.status;
    }
    std::swap(capture, shell.capture);
    SavedVariables saved;
    bool good = true;
    if (special) {
        for (const auto& [symbol, value] : prepared.values) {
            if (!(good = shell.assign(symbol, value))) break;
        }
    } else {
        good = assign_for_now(shell, prepared.values, saved);
    }
    shell.misused = false;
    int status = shell.status;
    if (good) {
        shell.write_failed = false;
        status = builtin.run(shell, prepared.words);
        if (shell.write_failed && status == 0) status = 1;
        if (special && shell.misused && !shell.leaving()) {
            shell.flow = shell.at_prompt() ? Flow::interrupt : Flow::leave_shell;
        }
    }
    std::swap(capture, shell.capture);
    if (!special) restore(shell, saved);
    return shell.status = status;
}

int run_function(Shell& shell, const Simple& node, Prepared& prepared) {
    SavedDescriptors descriptors(shell);
    if (!redirect(shell, node.redirections, &descriptors)) return shell.status;
    SavedVariables saved;
    if (assign_for_now(shell, prepared.values, saved)) {
        const std::string name = prepared.words[0];
        call_function(shell, name, prepared.words);
    }
    restore(shell, saved);
    return shell.status;
}

[[noreturn]] void run_in_child(Shell& shell, const Simple& node, Prepared& prepared,
                               const Resolved& resolved) {
    if (redirect(shell, node.redirections, nullptr, &prepared.targets)) {
        for (const auto& [symbol, value] : prepared.values) {
            if (!shell.assign(symbol, value)) end_process(shell);
            shell.variables.entry(symbol).exported = true;
        }
        become(shell, resolved, prepared.words);
    }
    end_process(shell);
}

// Somebody must be left to remove the scratch directory: of who asked for it, or of who may.
bool leaves_scratch(const Shell& shell, const Resolved& resolved) {
    if (!shell.owns_scratch || shell.subshell) return false;
    if (shell.variables.scratch_asked || resolved.meaning == Meaning::program) return true;
    const auto* command = commands::find(resolved.path);
    return command && command->runs_commands;
}

// May the command take this process's place?
bool may_replace(const Shell& shell, const Resolved& resolved, bool last) {
    if (!last || shell.at_prompt() || leaves_scratch(shell, resolved)) return false;
    if (!shell.jobs.list.empty() && !shell.subshell) return false;
    for (const auto& action : shell.traps.actions) {
        if (action && !action->empty()) return false;
    }
    return true;
}

int run_process(Shell& shell, const Simple& node, Prepared& prepared, const Resolved& resolved,
                bool last) {
    if (!expand_targets(shell, node.redirections, prepared.targets)) return shell.status;
    if (may_replace(shell, resolved, last)) run_in_child(shell, node, prepared, resolved);
    auto& job = add_job(shell, node.text);
    const pid_t child = fork_process(shell, job, false, prepared.words[0]);
    if (child < 0) {
        remove_job(shell, job);
        return shell.status = 1;
    }
    if (child == 0) run_in_child(shell, node, prepared, resolved);
    return shell.status = wait_foreground(shell, job);
}

// `command [-p] NAME ...` is NAME without functions; with -v or -V it is a built-in like others.
void strip_command(Prepared& prepared) {
    auto& words = prepared.words;
    while (words.size() > 1 && words[0] == "command") {
        std::size_t at = 1;
        bool path = false;
        for (; at < words.size() && words[at].size() > 1 && words[at][0] == '-'; ++at) {
            if (words[at] == "--") {
                ++at;
                break;
            }
            if (words[at] != "-p") return;
            path = true;
        }
        if (at == words.size()) return;
        prepared.plain_command = true;
        prepared.default_path |= path;
        words.erase(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(at));
    }
}

int dispatch(Shell& shell, const Simple& node, Prepared& prepared, bool last) {
    if (prepared.words[0] == "command" && !shell.functions.contains("command")) {
        strip_command(prepared);
    }
    auto resolved = resolve(shell, prepared.words[0], !prepared.plain_command);
    if (prepared.default_path && resolved.meaning == Meaning::program) {
        resolved.path = find_program(shell, prepared.words[0], "/usr/sbin:/usr/bin:/sbin:/bin");
    } else if (resolved.meaning == Meaning::program || resolved.meaning == Meaning::nothing) {
        // PATH=x NAME looks NAME up there.
        for (const auto& [symbol, value] : prepared.values) {
            if (symbol != sym_PATH || !shell.here() || prepared.words[0].contains('/')) continue;
            resolved.path = find_program(shell, prepared.words[0], value);
            resolved.meaning = resolved.path.empty() ? Meaning::nothing : Meaning::program;
        }
    }
    switch (resolved.meaning) {
        case Meaning::special:
        case Meaning::builtin: return run_builtin(shell, node, prepared, *resolved.builtin);
        case Meaning::function: return run_function(shell, node, prepared);
        default: return run_process(shell, node, prepared, resolved, last);
    }
}

}  // namespace

int run_simple(Shell& shell, const Simple& node, bool last) {
    if (shell.on(opt_noexec) && !shell.interactive) return shell.status;
    shell.stand_at(node);
    shell.substitution_status = 0;
    Prepared prepared;
    int status = 0;
    prepared.words.reserve(node.words.size());
    for (const auto& word : node.words) {
        if (word.pattern) {
            if (!expand_pattern(shell, word, prepared.words.emplace_back())) return shell.status;
            continue;
        }
        if (word.assignment) {
            if (!expand_text(shell, word, prepared.words.emplace_back())) return shell.status;
            continue;
        }
        if (!expand_fields(shell, word, prepared.words)) return shell.status;
    }
    if (prepared.words.empty()) {
        status = only_assignments(shell, node);
    } else {
        if (!expand_values(shell, node, prepared.values)) return shell.status;
        trace(shell, prepared);
        status = dispatch(shell, node, prepared, last);
    }
    if (status != 0 && shell.on(opt_errexit) && shell.tested == 0 && !shell.leaving()) {
        shell.flow = Flow::leave_shell;
    }
    return status;
}

int call_function(Shell& shell, const std::string& name, std::vector<std::string>& words) {
    // A copy: the function may redefine or unset itself while it runs.
    const auto definition = shell.functions.find(name)->second;
    words.erase(words.begin());
    std::swap(shell.arguments, words);
    const int loops = std::exchange(shell.loops, 0);
    const auto program = std::exchange(shell.program, definition.program);
    const auto* file = std::exchange(shell.file, definition.file);
    const unsigned getopts = shell.getopts_at;
    shell.locals.emplace_back();
    ++shell.calls;
    run(shell, definition.body);
    --shell.calls;
    auto& locals = shell.locals.back();
    while (!locals.empty()) {
        shell.variables.put(locals.back().first, std::move(locals.back().second));
        locals.pop_back();
    }
    shell.locals.pop_back();
    shell.getopts_at = getopts;
    shell.program = program;
    shell.file = file;
    shell.loops = loops;
    std::swap(shell.arguments, words);
    if (shell.flow == Flow::leave_call) shell.flow = Flow::none;
    return shell.status;
}

}  // namespace limpet::shell
