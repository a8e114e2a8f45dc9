// shell/shell.cpp - the state of one shell.
#include "shell/shell.h"

#include "sys/file.h"

#include <unistd.h>

namespace limpet::shell {

Shell::Shell(const target::Target& where, std::string start, std::vector<std::string> environment)
    : target(where), directory(std::move(start)), variables(environment), pid(::getpid()) {
    options[opt_hash] = true;
}

void write_fd(int fd, std::string_view text) {
    // A reader that went away is noticed by whoever checks the status; there is no one else to tell.
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
        status = 1;
    }
}

void Shell::complain(std::string_view problem) const {
    std::string text = prefix;
    if (in_script && variables.line > 0) text += ": line " + std::to_string(variables.line);
    text += ": ";
    text += problem;
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
    if (text.find_first_not_of(safe) == text.npos) return std::string(text);
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
