// shell/interactive.cpp - the shell at a prompt.
#include "shell/interactive.h"

#include "commands/run.h"
#include "shell/editor.h"
#include "shell/execute.h"
#include "shell/expand.h"
#include "shell/files.h"
#include "shell/history.h"
#include "shell/shell.h"

#include <unistd.h>

#include <csignal>
#include <optional>

namespace limpet::shell {
namespace {

struct Reader {
    Shell& shell;
    std::optional<Editor> editor;  // none on a dumb terminal
    bool ended = false;
    bool cut_short = false;  // the input ended in the middle of a command
};

bool coloured(Shell& shell) {
    const auto* no_color = shell.variables.get(sym_NO_COLOR);
    return !no_color || no_color->empty();
}

// "web:/etc [2] $ ": where one is, how the last command failed, and what one may do: # can change
// the target, % writes to a copy of it, $ only looks.
std::string own_prompt(Shell& shell, bool editing) {
    const bool colour = editing && coloured(shell);
    const auto painted = [&](std::string_view code, std::string_view text) {
        if (!colour) return std::string(text);
        return "\033[" + std::string(code) + "m" + std::string(text) + "\033[0m";
    };
    // The name and the path are the target's words: controls in them are not for the terminal.
    const auto harmless = [](std::string_view text) {
        std::string clean(text);
        for (auto& byte : clean) {
            if (static_cast<unsigned char>(byte) < 32 || byte == 127) byte = '?';
        }
        return clean;
    };
    const bool may_modify = any(shell.target.grants & Grant::modify);
    std::string text = painted("1;36", harmless(shell.target.name)) + ":" +
                       painted("34", harmless(shell.directory));
    if (shell.status != 0) text += " " + painted("31", "[" + std::to_string(shell.status) + "]");
    const bool on_scratch = any(shell.target.grants & Grant::scratch);
    const auto mark = may_modify   ? painted("1;31", "#")
                      : on_scratch ? painted("1;33", "%")
                                   : std::string("$");
    return text + " " + mark + " ";
}

// XCU 2.5.3 PS1: ! is the number that the next command will have in the history, !! is a !. Before
// the other expansions, so that a value's own ! stays; $! is a parameter.
std::string with_history_number(const Shell& shell, std::string_view text) {
    const auto number = std::to_string(shell.history_first + shell.history.size());
    std::string expanded;
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '!' || expanded.ends_with('$')) {
            expanded += text[at];
        } else if (text.substr(at + 1).starts_with('!')) {
            expanded += text[at++];
        } else {
            expanded += number;
        }
    }
    return expanded;
}

std::string prompt(Shell& shell, bool continued, bool editing) {
    if (const auto* given = shell.variables.get(continued ? sym_PS2 : sym_PS1)) {
        return expand_prompt(shell, continued ? *given : with_history_number(shell, *given));
    }
    return continued ? "> " : own_prompt(shell, editing);
}

bool read_plain(Shell& shell, std::string& text) {
    const auto before = text.size();
    for (;;) {
        char byte = 0;
        const auto got = read_terminal(0, &byte, 1);
        if (got < 0 && errno == EINTR) {
            run_traps(shell);
            if (!shell.leaving()) continue;
            write_fd(2, "\n");
            return false;
        }
        if (got <= 0) return text.size() > before;
        if (byte != '\0') text += byte;
        if (byte == '\n') return true;
    }
}

bool read_edited(Reader& reader, std::string& text, bool continued) {
    auto& shell = reader.shell;
    auto& editor = *reader.editor;
    std::string line;
    const auto outcome = editor.read({.first = prompt(shell, continued, true),
                                      .continuation = prompt(shell, true, true),
                                      .colour = coloured(shell)},
                                     line);
    switch (outcome) {
        case Editor::Outcome::end:
            (continued ? reader.cut_short : reader.ended) = true;
            return false;
        case Editor::Outcome::interrupt:
            // The command that was begun is dropped, and a new prompt comes.
            shell.history_open = false;
            shell.status = 128 + SIGINT;
            if (!shell.leaving()) shell.flow = Flow::interrupt;
            return false;
        case Editor::Outcome::line: break;
    }
    reader.cut_short = editor.cut_short();
    keep_line(shell, line, continued);
    text += line + '\n';
    // Before it is run: a session may end in the middle of it.
    if (reader.cut_short || !is_unfinished(shell, text)) publish_line(shell);
    return true;
}

bool read_unedited(Reader& reader, std::string& text, bool continued) {
    auto& shell = reader.shell;
    write_fd(2, prompt(shell, continued, false));
    const auto before = text.size();
    if (!read_plain(shell, text)) {
        if (!shell.leaving()) (continued ? reader.cut_short : reader.ended) = true;
        return false;
    }
    keep_line(shell, std::string_view(text).substr(before), continued);
    return true;
}

bool read_line(void* context, std::string& text, bool continued) {
    auto& reader = *static_cast<Reader*>(context);
    auto& shell = reader.shell;
    if (reader.ended || shell.leaving()) return false;
    if (reader.cut_short && continued) return false;
    reader.cut_short = false;
    if (!continued) publish_line(shell);
    report_jobs(shell);
    if (signal_pending()) run_traps(shell);
    const auto before = text.size();
    const bool good = reader.editor ? read_edited(reader, text, continued)
                                    : read_unedited(reader, text, continued);
    // Only an exit right after the warning is meant.
    if (good && !std::string_view(text).substr(before).starts_with("exit")) {
        shell.stopped_warned = false;
    }
    return good;
}

bool can_edit(Shell& shell) {
    const auto terminal = shell.variables.text(sym_TERM);
    return ::isatty(0) == 1 && ::isatty(2) == 1 && !terminal.empty() && terminal != "dumb";
}

// The end of the session, unless stopped jobs would be lost by surprise.
bool may_end(Shell& shell) {
    if (!has_stopped(shell) || shell.stopped_warned) return true;
    shell.complain("there are stopped jobs (jobs lists them; exit again ends them)");
    shell.stopped_warned = true;
    return false;
}

// Those that are stopped would never learn that the session is over; after a hang-up all are told.
void hang_up(Shell& shell) {
    for (const auto& job : shell.jobs.list) {
        if (job.group == 0 || state(job) == ProcessState::ended) continue;
        if (state(job) != ProcessState::stopped && !shell.hung_up) continue;
        ::kill(-job.group, SIGHUP);
        ::kill(-job.group, SIGCONT);
    }
}

void run_profile(Shell& shell) {
    if (const auto* file = shell.variables.get(sym_ENV); file && !file->empty()) {
        auto script = read_script(shell, expand_prompt(shell, *file));
        if (script) run_text(shell, *std::move(script));
    }
}

// What a session with --scratch leaves behind: one line on stderr, and nothing else.
void tell_changes(Shell& shell) {
    const auto* command = commands::find("scratch");
    if (!command || ::dup2(2, 1) < 0) return;
    (void)commands::run_child(
        {.command = *command, .arguments = {"count"}, .target = shell.target});
}

}  // namespace

int run_interactive(Shell& shell, const std::string* first) {
    start_job_control(shell);
    set_interactive_signals(shell);
    watch_resize();
    run_profile(shell);
    if (first) {
        run_text(shell, *first);
    }
    Reader reader{shell, {}, false};
    if (can_edit(shell)) reader.editor.emplace(shell);
    while (!first && shell.flow != Flow::leave_shell) {
        shell.flow = Flow::none;
        reader.ended = reader.cut_short = false;
        Source source(read_line, &reader);
        run_source(shell, source);
        if (shell.flow == Flow::none && reader.ended && may_end(shell)) break;
    }
    shell.flow = Flow::none;
    run_exit_trap(shell);
    publish_line(shell);
    hang_up(shell);
    if (shell.target.changed.fd) tell_changes(shell);
    stop_job_control(shell);
    return shell.status & 255;
}

}  // namespace limpet::shell
