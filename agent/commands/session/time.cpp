// time.cpp - run a command and tell how long it took, POSIX time.
#include "commands/run.h"

#include <sys/resource.h>

#include <cstdio>
#include <ctime>
#include <optional>
#include <string>

namespace limpet::commands {
namespace {

double seconds(const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
}

double now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

struct Measured {
    double real;
    rusage used;
    int status;
};

// time(1) of GNU: %E %e %U %S %P %M %F %R %c %w %I %O %W %x %C %%, \t and \n; a ? before what is
// none of them.
std::string formatted(const Invocation& call, std::string_view format, const Measured& measured) {
    const auto& used = measured.used;
    const double busy = seconds(used.ru_utime) + seconds(used.ru_stime);
    const auto fixed = [](double value) {
        char text[48];
        std::snprintf(text, sizeof text, "%.2f", value);
        return std::string(text);
    };
    const auto value = [&](char letter) -> std::optional<std::string> {
        switch (letter) {
            case '%': return "%";
            case 'E': {
                const auto minutes = static_cast<std::int64_t>(measured.real) / 60;
                char text[48];
                std::snprintf(text, sizeof text, "%05.2f",
                              measured.real - static_cast<double>(minutes * 60));
                if (minutes < 60) return std::to_string(minutes) + ':' + text;
                text[2] = '\0';
                return std::to_string(minutes / 60) + ':' + (minutes % 60 < 10 ? "0" : "") +
                       std::to_string(minutes % 60) + ':' + text;
            }
            case 'e': return fixed(measured.real);
            case 'U': return fixed(seconds(used.ru_utime));
            case 'S': return fixed(seconds(used.ru_stime));
            case 'P':
                if (measured.real <= 0) return "?%";
                return std::to_string(static_cast<int>(busy * 100 / measured.real)) + '%';
            case 'M': return std::to_string(used.ru_maxrss);
            case 'F': return std::to_string(used.ru_majflt);
            case 'R': return std::to_string(used.ru_minflt);
            case 'c': return std::to_string(used.ru_nivcsw);
            case 'w': return std::to_string(used.ru_nvcsw);
            case 'I': return std::to_string(used.ru_inblock);
            case 'O': return std::to_string(used.ru_oublock);
            case 'W': return std::to_string(used.ru_nswap);
            case 'x': return std::to_string(measured.status);
            case 'C': {
                std::string words;
                for (const auto& word : call.operands) words += (words.empty() ? "" : " ") + word;
                return words;
            }
            default: return std::nullopt;
        }
    };
    std::string text;
    for (std::size_t at = 0; at < format.size(); ++at) {
        const char letter = at + 1 < format.size() ? format[at + 1] : '\0';
        if (format[at] == '%') {
            ++at;
            if (letter == '\0') return text + '?';
            const auto known = value(letter);
            text += known ? *known : std::string("?") + letter;
        } else if (format[at] == '\\') {
            ++at;
            if (letter == 't' || letter == 'n' || letter == '\\') {
                text += letter == 't' ? '\t' : letter == 'n' ? '\n' : '\\';
            } else {
                text += "?\\";
                if (letter != '\0') text += letter;
            }
        } else {
            text += format[at];
        }
    }
    return text + '\n';
}

int run(Invocation& call) {
    if (call.operands.empty()) return call.misused("which command?");
    const auto* command = find(call.operands.front());
    if (!command) {
        call.complain(call.operands.front() + ": there is no such command");
        return not_found;
    }
    const auto begin = now();
    const auto status = run_child({.command = *command,
                                   .arguments = {call.operands.begin() + 1, call.operands.end()},
                                   .target = call.target,
                                   .directory = call.directory,
                                   .environment = call.environment});
    const auto real = now() - begin;
    if (!status) {
        call.complain(status.error());
        return not_allowed;
    }
    rusage used{};
    ::getrusage(RUSAGE_CHILDREN, &used);
    const auto format = call.options.value('f');
    call.error.write(formatted(call, format ? *format : "real %e\nuser %U\nsys %S",
                               {.real = real, .used = used, .status = *status}));
    return *status;
}

constexpr Option options[]{
    {'p', "portability", "", "the format of POSIX, which it has without -f"},
    {'f', "format", "FORMAT", "%e seconds, %U user, %S system, %P busy, %M KiB, %x status, ..."},
};

constexpr Command time{
    .name = "time",
    .usage = "[-p | -f FORMAT] COMMAND [ARG...]",
    .summary = "run a command and tell how long it took",
    .theme = "session",
    .run = run,
    .options = option_table<options>,
    .help =
        "COMMAND is one of limpet's. In the shell `time` and `time -p` are reserved words, for a "
        "whole\n"
        "pipeline or a group: time { ...; }. The seconds go to standard error: real, user and "
        "sys.\n"
        "Status: the command's own.\n"
        "FORMAT also has %E (h:mm:ss), %F %R page faults with and without a read, %c %w switches\n"
        "that were forced and waits, %I %O blocks read and written, %C the command.\n\n"
        "Example:\n  time find / -name core\n",
    .operand_ends_options = true,
    .runs_commands = true,
};
const Register registered{time};

}  // namespace
}  // namespace limpet::commands
