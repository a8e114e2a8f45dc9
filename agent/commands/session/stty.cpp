// stty.cpp - the modes and the size of the terminal, POSIX stty.
#include "commands/command.h"
#include "commands/session/stty_modes.h"
#include "parse/number.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace limpet::commands {
namespace {

struct Terminal {
    int fd;
    termios modes{};
    winsize size{};
};

int show(Invocation& call, const Terminal& terminal, bool all) {
    const auto speed = speed_of(::cfgetospeed(&terminal.modes));
    call.out.print("speed %lu baud;", speed.value_or(0));
    if (all) call.out.print(" rows %u; columns %u;", terminal.size.ws_row, terminal.size.ws_col);
    call.out.print(" line = %u;\n", terminal.modes.c_line);
    call.out.write(modes_text(terminal.modes, all));
    return 0;
}

// rows N, cols N: the one thing that is not in the modes.
Result<bool> change_size(Terminal& terminal, std::string_view name, std::string_view value) {
    const bool rows = name == "rows";
    if (!rows && name != "cols" && name != "columns") return false;
    const auto number = parse::number<unsigned short>(value);
    if (!number) return refused(name, "takes a number");
    (rows ? terminal.size.ws_row : terminal.size.ws_col) = *number;
    if (::ioctl(terminal.fd, TIOCSWINSZ, &terminal.size) != 0) {
        return failed("set the size of", "the terminal");
    }
    return true;
}

int change(Invocation& call, Terminal& terminal, const std::vector<std::string>& words) {
    const auto before = terminal.modes;
    bool modes_given = false;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string_view word = words[i];
        const std::string_view value = i + 1 < words.size() ? std::string_view(words[i + 1]) : "";
        if (word == "size") {
            call.out.print("%u %u\n", terminal.size.ws_row, terminal.size.ws_col);
            continue;
        }
        if (word == "speed") {
            const auto speed = speed_of(::cfgetospeed(&terminal.modes));
            call.out.print("%lu\n", speed.value_or(0));
            continue;
        }
        if (word == "drain" || word == "-drain") continue;
        const auto sized = change_size(terminal, word, value);
        if (!sized && sized.error().code == 0) return call.misused(text(sized.error()));
        if (!sized) {
            call.complain(sized.error());
            return 1;
        }
        bool used = *sized;
        if (!used) {
            modes_given = true;
            const bool saved = word.find(':') != word.npos;
            if (saved ? !restore_modes(terminal.modes, word)
                      : !change_modes(terminal.modes, word, value, used)) {
                return call.misused("'" + std::string(word) + "' is no setting" +
                                    (used ? " that takes '" + std::string(value) + "'" : ""));
            }
        }
        if (used) ++i;
    }
    if (!modes_given) return 0;
    if (::tcsetattr(terminal.fd, TCSADRAIN, &terminal.modes) != 0) {
        call.complain(failed("set the modes of", "standard input").error());
        return 1;
    }
    // The call succeeds when any of the changes was made.
    termios now{};
    ::tcgetattr(terminal.fd, &now);
    const bool taken =
        now.c_iflag == terminal.modes.c_iflag && now.c_oflag == terminal.modes.c_oflag &&
        now.c_lflag == terminal.modes.c_lflag && std::ranges::equal(now.c_cc, terminal.modes.c_cc);
    if (!taken && !std::ranges::equal(before.c_cc, terminal.modes.c_cc)) return 0;
    if (taken) return 0;
    call.complain("the terminal did not take all of the settings");
    return 1;
}

int run(Invocation& call) {
    auto words = call.operands;
    if (words.size() == 1 && words[0] == "--help") {
        call.out.write(help_text(call.command));
        return 0;
    }
    const auto take = [&](std::string_view brief, std::string_view name) {
        if (words.empty() || (words[0] != brief && words[0] != name)) return false;
        words.erase(words.begin());
        return true;
    };
    const bool all = take("-a", "--all");
    const bool save = !all && take("-g", "--save");
    if ((all || save) && !words.empty()) return call.misused("-a and -g go with nothing else");
    Terminal terminal{.fd = call.in.fd().get()};
    if (::tcgetattr(terminal.fd, &terminal.modes) != 0) {
        call.complain(failed("read the modes of", "standard input").error());
        return 1;
    }
    if (::ioctl(terminal.fd, TIOCGWINSZ, &terminal.size) != 0) terminal.size = {};
    if (save) {
        call.out.write(saved_modes(terminal.modes) + '\n');
        return 0;
    }
    if (words.empty()) return show(call, terminal, all);
    return change(call, terminal, words);
}

constexpr Command stty{
    .name = "stty",
    .usage = "[-a | -g | SETTING...]",
    .summary = "show and set the modes of the terminal",
    .theme = "session",
    .run = run,
    .help =
        "Of the terminal that standard input is. Alone it shows what differs from `stty sane`, -a\n"
        "everything, -g all in a form that is itself a SETTING.\n\n"
        "Settings: sane raw cooked cbreak nl ek evenp oddp, [-]echo [-]icanon [-]isig [-]icrnl …\n"
        "(each name of -a), intr ^C and the other characters, min N, time N, rows N, cols N,\n"
        "ispeed N, ospeed N, N; size and speed print.\n\n"
        "Examples:\n"
        "  stty size\n"
        "  saved=$(stty -g); stty -echo; read -r word; stty \"$saved\"\n",
    .raw = true,
};
const Register registered{stty};

}  // namespace
}  // namespace limpet::commands
