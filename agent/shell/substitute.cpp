// shell/substitute.cpp - command substitution, XCU 2.6.3.
#include "commands/run.h"
#include "shell/builtins.h"
#include "shell/execute.h"
#include "shell/expand.h"
#include "shell/shell.h"
#include "sys/file.h"
#include "target/deadline.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace limpet::shell {
namespace {

// Of one $(): it is held in memory, and becomes words.
constexpr std::size_t capture_limit = std::size_t{256} * 1024 * 1024;

// Nothing in the word can change the shell, so it may be expanded without a fork.
bool is_pure(const Word& word) {
    for (const auto& part : word.parts) {
        if (part.operation == Operator::assign || part.operation == Operator::slice) return false;
        if (part.kind == PartKind::arithmetic) {
            for (const auto& inner : part.word->parts) {
                if (inner.kind != PartKind::literal) return false;
                if (inner.text.find_first_of("=") != inner.text.npos ||
                    inner.text.find("++") != inner.text.npos ||
                    inner.text.find("--") != inner.text.npos) {
                    return false;
                }
            }
        }
        if (part.kind == PartKind::command) continue;
        if (part.word && !is_pure(*part.word)) return false;
        if (part.second && !is_pure(*part.second)) return false;
    }
    return true;
}

// One built-in that only prints: no process is needed to keep the shell as it was.
bool only_prints(Shell& shell, const Node* body) {
    if (body->kind != NodeKind::simple || !body->redirections.empty()) return false;
    const auto& simple = static_cast<const Simple&>(*body);
    if (!simple.assignments.empty() || simple.words.empty() || !simple.words[0].plain) return false;
    const auto* builtin = find_builtin(simple.words[0].parts[0].text);
    if (!builtin || !builtin->prints || !shell.functions.empty()) {
        if (!builtin || !builtin->prints) return false;
        if (shell.functions.contains(std::string(builtin->name))) return false;
    }
    return std::ranges::all_of(simple.words, is_pure);
}

void substitute_inside(Shell& shell, const Node* body, std::string& output) {
    auto* outer = std::exchange(shell.capture, &output);
    const int status = shell.status;
    const int line = shell.variables.line;
    ++shell.tested;
    run(shell, body);
    --shell.tested;
    shell.flow = Flow::none;  // what went wrong in there ended only the substitution
    shell.variables.line = line;
    shell.substitution_status = std::exchange(shell.status, status);
    shell.capture = outer;
}

bool substitute_outside(Shell& shell, const Node* body, std::string& output) {
    auto pipe = private_pipe();
    if (!pipe) {
        shell.give_up(text(pipe.error()));
        return false;
    }
    auto& [reading, writing] = *pipe;
    const pid_t child = fork_plain(shell);
    if (child < 0) return false;
    if (child == 0) {
        ::dup2(writing.get(), 1);
        reading.reset();
        writing.reset();
        shell.capture = nullptr;
        run(shell, body, true);
        end_process(shell);
    }
    writing.reset();
    char buffer[4096];
    for (;;) {
        const int ready = target::deadline::await_input(reading);
        if (ready < 0) continue;  // EINTR: the trap runs afterwards
        const auto got = ready == 0 ? 0 : sys::read(reading, buffer, sizeof buffer);
        if (!got || *got == 0) break;
        if (output.size() > capture_limit) {
            shell.give_up("$(): more than 256 MiB of output");
            reading.reset();
            break;
        }
        output.append(buffer, *got);
    }
    const int status = commands::wait_for(child, "$()").value_or(0);
    if (const auto line = commands::epitaph("$()", status); !line.empty()) write_fd(2, line + '\n');
    shell.substitution_status = commands::shell_status(status);
    // A Ctrl-C was for the whole line.
    if (signal_pending() && shell.at_prompt()) run_traps(shell);
    return !shell.leaving();
}

}  // namespace

bool substitute(Shell& shell, const Node* body, std::string& output) {
    if (only_prints(shell, body)) {
        substitute_inside(shell, body, output);
    } else if (!substitute_outside(shell, body, output)) {
        return false;
    }
    std::erase(output, '\0');
    while (output.ends_with('\n')) output.pop_back();
    return true;
}

}  // namespace limpet::shell
