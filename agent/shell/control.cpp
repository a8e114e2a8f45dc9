// shell/control.cpp - built-ins that steer: break, return, exit, eval, exec, dot, shift, times.
#include "commands/run.h"
#include "shell/builtins.h"
#include "shell/execute.h"
#include "shell/files.h"
#include "shell/shell.h"

#include <sys/times.h>
#include <unistd.h>

#include <charconv>
#include <optional>
#include <utility>

namespace limpet::shell {
namespace {

std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
    return value;
}

// Without a number: $?, in a trap's action the one from before it.
int implied(const Shell& shell) {
    const bool in_action = shell.traps.running > 0 && shell.calls == shell.traps.calls;
    return in_action ? shell.traps.status_before : shell.status;
}

void skip_dashes(Words& words) {
    if (words.size() > 1 && words[1] == "--") words.erase(words.begin() + 1);
}

}  // namespace

int run_colon(Shell&, Words&) { return 0; }
int run_false(Shell&, Words&) { return 1; }

int run_break(Shell& shell, Words& words) {
    skip_dashes(words);
    int levels = 1;
    if (words.size() > 1) {
        const auto given = number(words[1]);
        if (!given || *given == 0)
            return misuse(shell, words, words[1] + ": not a positive number");
        levels = *given;
    }
    if (shell.loops == 0) return 0;
    shell.flow = words[0] == "break" ? Flow::leave_loop : Flow::next_round;
    shell.flow_count = std::min(levels, shell.loops);
    shell.status = 0;
    return 0;
}

int run_return(Shell& shell, Words& words) {
    skip_dashes(words);
    int status = implied(shell);
    if (words.size() > 1) {
        const auto given = number(words[1]);
        if (!given) return misuse(shell, words, words[1] + ": not a number");
        status = *given & 255;
    }
    if (shell.at_prompt() && shell.calls == 0 && shell.traps.running == 0) {
        shell.complain("return: only functions and scripts return");
        return 1;
    }
    shell.status = status;
    // Outside of functions and dot scripts it ends the script, as dash and busybox have it.
    shell.flow = shell.calls > 0 || shell.traps.running > 0 ? Flow::leave_call : Flow::leave_shell;
    return status;
}

int run_exit(Shell& shell, Words& words) {
    skip_dashes(words);
    int status = implied(shell);
    if (words.size() > 1) {
        const auto given = number(words[1]);
        if (!given) return misuse(shell, words, words[1] + ": not a number");
        status = *given & 255;
    }
    if (shell.at_prompt() && has_stopped(shell) && !shell.stopped_warned) {
        shell.complain("there are stopped jobs (jobs lists them; exit again ends them)");
        shell.stopped_warned = true;
        return 1;
    }
    shell.status = status;
    shell.flow = Flow::leave_shell;
    return status;
}

int run_eval(Shell& shell, Words& words) {
    skip_dashes(words);
    std::string text;
    for (std::size_t i = 1; i < words.size(); ++i) {
        if (i > 1) text += ' ';
        text += words[i];
    }
    return run_text(shell, std::move(text));
}

int run_dot(Shell& shell, Words& words) {
    skip_dashes(words);
    if (words.size() < 2) return misuse(shell, words, "a file is missing");
    std::string path = words[1];
    if (!path.contains('/')) {
        std::string_view rest = shell.variables.text(sym_PATH);
        while (!rest.empty()) {
            auto candidate = std::string(rest.substr(0, rest.find(':')));
            rest.remove_prefix(std::min(rest.size(), candidate.size() + 1));
            if (!candidate.empty()) candidate += '/';
            candidate += words[1];
            const auto status = stat_path(shell, candidate, target::Follow::yes);
            if (!status || !S_ISREG(status->stx_mode)) continue;
            path = std::move(candidate);
            break;
        }
    }
    auto text = read_script(shell, path);
    if (!text) {
        misuse(shell, words, limpet::text(text.error()));
        return 1;
    }
    const int line = shell.variables.line;
    const int column = shell.column;
    const auto* file = std::exchange(shell.file, &*shell.files.insert(path).first);
    ++shell.calls;
    Source source(*std::move(text));
    auto arguments = shell.arguments;
    const bool replaces = words.size() > 2;
    if (replaces) shell.arguments.assign(words.begin() + 2, words.end());
    run_source(shell, source);
    if (replaces) shell.arguments = std::move(arguments);
    --shell.calls;
    shell.variables.line = line;
    shell.column = column;
    shell.file = file;
    if (shell.flow == Flow::leave_call) shell.flow = Flow::none;
    return shell.status;
}

int run_exec(Shell& shell, Words& words) {
    skip_dashes(words);
    if (words.size() == 1) return 0;
    words.erase(words.begin());
    const auto name = words[0];
    auto resolved = resolve(shell, name, false);
    if (resolved.meaning == Meaning::special || resolved.meaning == Meaning::builtin) {
        resolved.path = find_program(shell, name, shell.variables.text(sym_PATH));
        resolved.meaning = !resolved.path.empty() ? Meaning::program
                           : commands::find(name) ? Meaning::command
                                                  : Meaning::nothing;
    }
    if (resolved.meaning == Meaning::nothing) {
        shell.complain(name + ": not found");
        if (!shell.at_prompt()) shell.flow = Flow::leave_shell;
        return shell.status = commands::not_found;
    }
    if (resolved.meaning == Meaning::program && shell.here() &&
        ::access(resolved.path.c_str(), X_OK) != 0) {
        const int code = errno;
        shell.complain(name + ": " + ::strerrordesc_np(code));
        if (!shell.at_prompt()) shell.flow = Flow::leave_shell;
        return shell.status = code == ENOENT ? commands::not_found : commands::not_allowed;
    }
    // The new program gets signals as a child would.
    reset_traps(shell, false);
    become(shell, resolved, words);
}

int run_shift(Shell& shell, Words& words) {
    skip_dashes(words);
    int count = 1;
    if (words.size() > 1) {
        const auto given = number(words[1]);
        if (!given) return misuse(shell, words, words[1] + ": not a number");
        count = *given;
    }
    if (static_cast<std::size_t>(count) > shell.arguments.size()) {
        // POSIX leaves it open whether this ends a script: `shift 2 || usage` is what people write.
        shell.complain("shift: there are only " + std::to_string(shell.arguments.size()) +
                       " arguments");
        return 1;
    }
    shell.arguments.erase(shell.arguments.begin(), shell.arguments.begin() + count);
    return 0;
}

int run_times(Shell& shell, Words&) {
    tms used{};
    ::times(&used);
    const long ticks = ::sysconf(_SC_CLK_TCK);
    const auto show = [&](clock_t time) {
        char text[64];
        const long seconds = time / ticks;
        std::snprintf(text, sizeof text, "%ldm%ld.%02lds", seconds / 60, seconds % 60,
                      time % ticks * 100 / ticks);
        return std::string(text);
    };
    shell.write(show(used.tms_utime) + ' ' + show(used.tms_stime) + '\n' + show(used.tms_cutime) +
                ' ' + show(used.tms_cstime) + '\n');
    return 0;
}

}  // namespace limpet::shell
