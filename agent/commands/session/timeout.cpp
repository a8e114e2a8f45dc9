// timeout.cpp - run a command for a limited time.
#include "commands/run.h"
#include "commands/session/duration.h"
#include "parse/signal.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace limpet::commands {
namespace {

constexpr int timed_out = 124;

struct Limits {
    double seconds = 0;
    double grace = 0;  // -k: from the signal to SIGKILL
    int signal = SIGTERM;
};

double now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Until the child ends (its status) or the time is up (nullopt). SIGCHLD is blocked, so that
// sigtimedwait(2) gets it.
std::optional<int> wait_until(pid_t child, double end) {
    sigset_t ended;
    ::sigemptyset(&ended);
    ::sigaddset(&ended, SIGCHLD);
    for (;;) {
        int status = 0;
        if (::waitpid(child, &status, WNOHANG) == child) return status;
        const double left = end - now();
        if (left <= 0) return std::nullopt;
        const auto wait = as_timespec(left);
        ::sigtimedwait(&ended, nullptr, &wait);
    }
}

int watch(Invocation& call, pid_t child, const Limits& limits) {
    // 0 is no limit.
    const double end = limits.seconds > 0 ? now() + limits.seconds : INFINITY;
    auto status = wait_until(child, end);
    if (status) return shell_status(*status);
    if (call.options.has('v')) {
        call.complain("sending signal " + parse::signal_name(limits.signal) + " to the command");
    }
    ::kill(child, limits.signal);
    ::kill(child, SIGCONT);  // a stopped one would not notice
    status = wait_until(child, limits.grace > 0 ? now() + limits.grace : INFINITY);
    const bool killed = !status;
    if (killed) {
        ::kill(child, SIGKILL);
        status = wait_until(child, INFINITY);
    }
    if (call.options.has("preserve-status") || killed || limits.signal == SIGKILL) {
        return shell_status(*status);
    }
    return timed_out;
}

int run(Invocation& call) {
    Limits limits;
    if (const auto word = call.options.value('s')) {
        const auto signal = parse::signal_number(*word);
        if (!signal || *signal == 0) {
            return call.misused("there is no signal '" + std::string(*word) + "'");
        }
        limits.signal = *signal;
    }
    if (const auto word = call.options.value('k')) {
        const auto grace = duration(std::string(*word));
        if (!grace)
            return call.misused("-k: '" + std::string(*word) + "' is no time (1.5, 2m, 1h)");
        limits.grace = *grace;
    }
    if (call.operands.size() < 2) return call.misused("TIME and COMMAND are needed");
    const auto seconds = duration(call.operands[0]);
    if (!seconds) return call.misused("'" + call.operands[0] + "' is no time (1.5, 2m, 1h)");
    limits.seconds = *seconds;
    const auto* command = find(call.operands[1]);
    if (!command) {
        call.complain(call.operands[1] + ": there is no such command");
        return not_found;
    }
    call.out.flush();
    sigset_t ended;
    ::sigemptyset(&ended);
    ::sigaddset(&ended, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &ended, nullptr);
    const auto child = start({.command = *command,
                              .arguments = {call.operands.begin() + 2, call.operands.end()},
                              .target = call.target,
                              .directory = call.directory,
                              .environment = call.environment});
    if (!child) {
        call.complain(child.error());
        return not_allowed;
    }
    return watch(call, *child, limits);
}

constexpr Option options[]{
    {'s', "signal", "SIGNAL", "send this one (TERM) when the time is up"},
    {'k', "kill-after", "TIME", "and KILL when the command still runs so long after it"},
    {'v', "verbose", "", "say when a signal is sent"},
    {0, "preserve-status", "", "the command's own status although the time was up"},
    {0, "foreground", "", "accepted: the command stays in the foreground anyway"},
};

constexpr Command timeout{
    .name = "timeout",
    .usage = "[-s SIGNAL] [-k TIME] TIME COMMAND [ARG...]",
    .summary = "run a command for a limited time",
    .theme = "session",
    .run = run,
    .options = option_table<options>,
    .help =
        "COMMAND is one of limpet's. TIME takes fractions and s, m, h, d; 0 is no limit.\n"
        "Status: the command's own; 124 when the time was up, 137 when it had to be killed.\n\n"
        "Example:\n  timeout 5 tail -f /var/log/app.log\n",
    .operand_ends_options = true,
    .runs_commands = true,
};
const Register registered{timeout};

}  // namespace
}  // namespace limpet::commands
