// shell/sh.cpp - the command that is the shell.
#include "commands/command.h"
#include "shell/builtins.h"
#include "shell/execute.h"
#include "shell/files.h"
#include "shell/history.h"
#include "shell/interactive.h"
#include "shell/scratch.h"
#include "shell/shell.h"
#include "target/deadline.h"

#include <sys/stat.h>
#include <unistd.h>

#include <csignal>

namespace limpet::shell {
namespace {

struct Start {
    bool command = false;     // -c
    bool from_stdin = false;  // -s
    bool interactive = false;
    std::string text;  // of -c
};

// Options as `set` has them, and -c, -s, -i, -l.
bool parse_start(Shell& shell, const Words& words, Start& start) {
    std::size_t at = 0;
    for (; at < words.size(); ++at) {
        const auto& word = words[at];
        if (word == "--" || word == "-") {
            ++at;
            break;
        }
        if (word.size() < 2 || (word[0] != '-' && word[0] != '+')) break;
        Words rest{word.substr(0, 1)};
        for (const char letter : word.substr(1)) {
            if (letter == 'c')
                start.command = true;
            else if (word[0] == '-' && letter == 's')
                start.from_stdin = true;
            else if (word[0] == '-' && letter == 'i')
                start.interactive = true;
            else if (letter != 'l')
                rest[0] += letter;
        }
        if (rest[0].size() == 1) continue;
        rest.insert(rest.end(), words.begin() + static_cast<std::ptrdiff_t>(at + 1), words.end());
        std::size_t used = 0;
        const auto shown = rest;
        if (!set_option_word(shell, shown, used)) return false;
        at += used;
    }
    if (start.command) {
        if (at == words.size()) {
            shell.complain("-c needs a command");
            return false;
        }
        start.text = words[at++];
        if (at < words.size()) shell.name = words[at++];
    } else if (!start.from_stdin && at < words.size()) {
        shell.name = words[at++];
    } else {
        start.from_stdin = true;
    }
    shell.arguments.assign(words.begin() + static_cast<std::ptrdiff_t>(at), words.end());
    return true;
}

// XCU 2.5.3: PWD of the environment is taken when it names where we are without . and ..
void set_directory(Shell& shell) {
    auto& variables = shell.variables;
    const std::string given(variables.text(sym_PWD));
    if (shell.here() && given.starts_with('/') && !given.contains("/.")) {
        struct stat logical{};
        struct stat real{};
        if (::stat(given.c_str(), &logical) == 0 && ::stat(".", &real) == 0 &&
            logical.st_ino == real.st_ino && logical.st_dev == real.st_dev) {
            shell.directory = given;
        }
    }
    variables.set(sym_PWD, shell.directory);
    variables.entry(sym_PWD).exported = true;
    if (!variables.get(sym_PATH) && shell.here())
        variables.set(sym_PATH, "/usr/local/bin:/usr/bin:/bin");
}

// A line at a time, and not a byte further: a command of the script may read the rest. A file can
// be read in blocks and set back.
bool read_stdin_line(void* context, std::string& text, bool) {
    auto& shell = *static_cast<Shell*>(context);
    const auto before = text.size();
    char block[1024];
    const bool seeks = ::lseek(0, 0, SEEK_CUR) >= 0;
    for (;;) {
        const auto got = ::read(0, block, seeks ? sizeof block : 1);
        if (got < 0 && errno == EINTR) {
            if (signal_pending()) run_traps(shell);
            if (shell.leaving()) break;
            continue;
        }
        if (got <= 0) break;
        const std::string_view bytes(block, static_cast<std::size_t>(got));
        const auto newline = bytes.find('\n');
        const auto line = bytes.substr(0, newline == bytes.npos ? newline : newline + 1);
        for (const char byte : line) {
            if (byte != '\0') text += byte;
        }
        if (newline == bytes.npos) continue;
        if (line.size() < bytes.size()) {
            ::lseek(0, -static_cast<off_t>(bytes.size() - line.size()), SEEK_CUR);
        }
        break;
    }
    if (shell.on(opt_verbose)) write_fd(2, std::string_view(text).substr(before));
    return text.size() > before;
}

int leave(Shell& shell) {
    run_exit_trap(shell);
    return shell.status & 255;
}

int run_file(Shell& shell) {
    const auto status = stat_path(shell, shell.name, target::Follow::yes);
    auto text = status && S_ISDIR(status->stx_mode) ? failed("open", shell.name, EISDIR)
                                                    : read_script(shell, shell.name);
    if (!text) {
        shell.complain(limpet::text(text.error()));
        return text.error().code == ENOENT ? 127 : 126;
    }
    shell.file = &*shell.files.insert(shell.name).first;
    shell.in_script = true;
    std::erase(*text, '\0');
    run_text(shell, *std::move(text), true);
    return leave(shell);
}

int run(commands::Invocation& call) {
    target::deadline::disable();
    Shell shell(call.target, call.directory, call.environment);
    shell.stack_base = __builtin_frame_address(0);
    remember_ignored(shell);
    const Scratch scratch(shell);
    if (call.aside.fd >= 0) {
        shell.history_fd = call.aside.fd;
        shell.private_fds.push_back(call.aside.fd);
        take_history(shell, call.aside.given);
    }
    Start start;
    if (!parse_start(shell, call.operands, start)) return 2;
    set_directory(shell);
    shell.interactive = start.interactive || (start.from_stdin && !start.command &&
                                              ::isatty(0) == 1 && ::isatty(2) == 1);
    shell.options[opt_interactive] = shell.interactive;
    if (shell.interactive) return run_interactive(shell, start.command ? &start.text : nullptr);
    if (start.command) {
        run_text(shell, std::move(start.text), true);
        return leave(shell);
    }
    if (!start.from_stdin) return run_file(shell);
    shell.options[opt_stdin] = true;
    shell.in_script = true;
    Source source(read_stdin_line, &shell);
    run_source(shell, source);
    return leave(shell);
}

constexpr commands::Option options[]{
    {'c', "", "COMMAND", "run COMMAND; further words are $0, $1, ..."},
    {'s', "", "", "read the script from standard input"},
    {'i', "", "", "be interactive"},
    {'e', "", "", "end when a command fails"},
    {'u', "", "", "using an unset variable is an error"},
    {'x', "", "", "show commands as they are run"},
    {'v', "", "", "show the script as it is read"},
    {'n', "", "", "only check the syntax"},
    {'f', "", "", "no pathname expansion"},
    {'a', "", "", "export every variable that is set"},
    {'C', "", "", "> does not overwrite files"},
    {'m', "", "", "jobs in process groups of their own"},
    {'o', "", "NAME", "the option NAME: pipefail, errexit, ..."},
};

constexpr commands::Command sh{
    .name = "sh",
    .usage = "[-eufxvnaCmi] [-c COMMAND [NAME [ARG...]] | FILE [ARG...]]",
    .summary = "run scripts, or a prompt",
    .theme = "session",
    .run = run,
    .options = commands::option_table<options>,
    .help =
        "A POSIX shell. Its commands are limpet's own; they look at the target from outside.\n"
        "help at the prompt lists them.\n"
        "$LIMPET_SCRATCH is a directory to write to: the session's own, in memory, not in the "
        "target; it goes with the session.\n"
        "\nExample:\n  sh -c 'for f in /etc/*.conf; do wc -l $f; done'\n",
    .raw = true,
    .runs_commands = true,
};
const commands::Register registered{sh};

}  // namespace
}  // namespace limpet::shell
