// tty.cpp - the terminal on standard input, tty(1).
#include "commands/command.h"
#include "commands/json.h"
#include "commands/session/modes.h"

#include <unistd.h>

namespace limpet::commands {
namespace {

constexpr std::string_view by_any_name = "/dev/tty";

// In a session the terminal's name is one of the agent's machine, which the target does not have;
// /dev/tty is what every terminal is called by those who use it.
std::string name_of(const Invocation& call) {
    if (call.target.mode != target::Mode::here) return std::string(by_any_name);
    char name[64];
    const auto link = "/proc/self/fd/" + std::to_string(call.in.fd().get());
    const auto length = ::readlink(link.c_str(), name, sizeof name);
    if (length <= 0) return std::string(by_any_name);
    const std::string_view found(name, static_cast<std::size_t>(length));
    return std::string(found.starts_with("/dev/") ? found : by_any_name);
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    const bool terminal = ::isatty(call.in.fd().get()) == 1;
    std::string name;
    if (terminal) name = name_of(call);
    if (call.json()) {
        JsonObject object;
        object.boolean("terminal", terminal).known("name", name).line(call.out);
    } else if (!call.options.has('s')) {
        call.out.write(terminal ? std::string_view(name) : "not a tty");
        call.out.put('\n');
    }
    return terminal ? 0 : 1;
}

constexpr Option options[]{
    {'s', "silent", "", "say nothing; the status tells"},
    json_option,
};

constexpr Command tty{
    .name = "tty",
    .usage = "[-s] [-o json]",
    .summary = "print the name of the terminal",
    .theme = "session",
    .run = run,
    .options = option_table<options>,
    .help =
        "Status: 0 when standard input is a terminal, 1 when it is none.\n"
        "JSON fields: terminal (true or false), name (or null).\n"
        "\nExample:\n  tty -s && echo 'somebody is there'\n",
};
const Register registered{tty};

int run_clear(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    // Home, the screen, and what has scrolled off it.
    call.out.write("\033[H\033[2J\033[3J");
    return 0;
}

constexpr Command clear{
    .name = "clear",
    .usage = "",
    .summary = "clear the screen",
    .theme = "session",
    .run = run_clear,
    .help =
        "At the prompt Ctrl-L does the same.\n"
        "\nExample:\n  clear\n",
};
const Register registered_clear{clear};

int run_reset(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    // The terminal is 0, 1 or 2; whichever it is, it is the same one.
    for (const int fd : {0, 1, 2}) {
        termios modes{};
        if (::tcgetattr(fd, &modes) != 0) continue;
        make_sane(modes);
        ::tcsetattr(fd, TCSADRAIN, &modes);
        break;
    }
    // RIS, and what programs leave behind that RIS does not end everywhere: the other screen, the
    // mouse, bracketed paste, the line-drawing characters, a hidden cursor.
    call.out.write(
        "\033c\033[!p\033[?1049l\033[?1000l\033[?1002l\033[?1003l\033[?1006l\033[?2004l"
        "\033(B\017\033[m\033[?7h\033[?25h\033[H\033[2J\033[3J");
    return 0;
}

constexpr Command reset{
    .name = "reset",
    .usage = "",
    .summary = "make a terminal usable again",
    .theme = "session",
    .run = run_reset,
    .help =
        "The modes of `stty sane`, and the screen as it is at the start. If Enter does nothing,\n"
        "type Ctrl-J reset Ctrl-J.\n"
        "\nExample:\n  reset\n",
};
const Register registered_reset{reset};

}  // namespace
}  // namespace limpet::commands
