// shell/shell.cpp - the state of one shell.
#include "shell/shell.h"

#include "commands/table.h"
#include "sys/file.h"

#include <fcntl.h>
#include <unistd.h>

namespace limpet::shell {

namespace {

// The originals lie where a script's `exec 3>file` would put its own: they are given up.
Fd moved(const Fd& fd) {
    if (!fd) return {};
    const int copy = private_copy(fd.get());
    if (copy < 0) return {};
    ::close(fd.get());
    return Fd(copy);
}

target::Directory moved(const target::Directory& directory) {
    return {moved(directory.fd), directory.name, directory.missing, directory.hint,
            directory.resolve};
}

target::Target moved(const target::Target& from) {
    target::Target to;
    to.mode = from.mode;
    to.grants = from.grants;
    to.name = from.name;
    to.pid = from.pid;
    to.inner_pid = from.inner_pid;
    to.pidfd = moved(from.pidfd);
    to.root = moved(from.root);
    to.procfs = moved(from.procfs);
    to.cgroups = moved(from.cgroups);
    to.cgroup = from.cgroup;
    to.network = moved(from.network);
    to.null = moved(from.null);
    to.scratch = moved(from.scratch);
    to.writable = moved(from.writable);
    to.signaller = moved(from.signaller);
    to.below = moved(from.below);
    to.changed = moved(from.changed);
    to.plain = moved(from.plain);
    to.image = moved(from.image);
    to.written = moved(from.written);
    to.owner = from.owner;
    to.group = from.group;
    to.uids = from.uids;
    to.gids = from.gids;
    to.rung = from.rung;
    to.kept_capabilities = from.kept_capabilities;
    to.other_network = from.other_network;
    to.facts = from.facts;
    return to;
}

}  // namespace

int private_copy(int fd) {
    constexpr int base = 64;
    constexpr int base_of_few = 10;  // where ulimit -n leaves no more
    const int copy = ::fcntl(fd, F_DUPFD_CLOEXEC, base);
    return copy >= 0 ? copy : ::fcntl(fd, F_DUPFD_CLOEXEC, base_of_few);
}

Result<std::pair<Fd, Fd>> private_pipe() {
    auto [reading, writing] = TRY(sys::pipe());
    for (Fd* end : {&reading, &writing}) {
        if (end->get() > 2) continue;
        const int copy = private_copy(end->get());
        if (copy < 0) return failed("pipe", "");
        end->reset(copy);
    }
    return std::pair(std::move(reading), std::move(writing));
}

Shell::Shell(const target::Target& where, std::string start, std::vector<std::string> environment)
    : target(moved(where)), directory(std::move(start)), variables(environment), pid(::getpid()) {
    options[opt_hash] = true;
}

void write_fd(int fd, std::string_view text) {
    // A reader that went away is noticed by whoever checks the status; there is no one else to
    // tell.
    (void)sys::write_all(BorrowedFd(fd), text);
}

void Shell::write(std::string_view text) {
    if (capture) {
        *capture += text;
        return;
    }
    if (text.empty()) return;
    if (const auto written = sys::write_all(BorrowedFd(1), text); !written) {
        complain("write: " + std::string(::strerrordesc_np(written.error().code)));
        write_failed = true;
    }
}

void Shell::complain(std::string_view problem) const {
    // "sh: FILE:LINE:COLUMN: problem"; a problem of the parser's begins with its own line.
    std::string text = "sh: ";
    if (file) text += *file + ':';
    if ((file || in_script) && variables.line > 0) {
        text += std::to_string(variables.line) + ':' + std::to_string(column) + ": ";
    }
    text += problem;
    // What it quotes may be a name that lies there.
    if (::isatty(2)) text = commands::visible(text);
    text += '\n';
    write_fd(2, text);
}

void Shell::give_up(std::string_view problem, int code) {
    complain(problem);
    status = code;
    flow = at_prompt() ? Flow::interrupt : Flow::leave_shell;
}

bool Shell::assign(Symbol symbol, std::string_view value) {
    if (variables.set(symbol, value)) return true;
    give_up(variables.symbols.name(symbol) + ": is read only");
    return false;
}

std::string quote(std::string_view text) {
    if (text.empty()) return "''";
    constexpr std::string_view safe =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:=@%+,";
    return text.find_first_not_of(safe) == text.npos ? std::string(text) : always_quote(text);
}

std::string always_quote(std::string_view text) {
    std::string quoted = "'";
    for (const char byte : text) {
        if (byte == '\'') {
            quoted += "'\\''";
        } else {
            quoted += byte;
        }
    }
    return quoted += '\'';
}

}  // namespace limpet::shell
