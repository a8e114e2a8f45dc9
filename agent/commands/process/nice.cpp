// nice.cpp - run a command that lets others go first.
#include "commands/run.h"
#include "parse/number.h"

#include <sys/resource.h>

#include <algorithm>

namespace limpet::commands {
namespace {

int run(Invocation& call) {
    int more = 10;
    for (const auto& [option, value] : call.options.all()) {
        const std::string_view word = value;
        const auto number = parse::number<int>(word.substr(word.starts_with('+')));
        if (!number) return call.misused("'" + value + "' is no number");
        more = *number;
    }
    errno = 0;
    const int now = ::getpriority(PRIO_PROCESS, 0);
    if (now == -1 && errno != 0) {
        call.complain(Error{errno, "getpriority", "", {}});
        return 125;
    }
    if (call.operands.empty()) {
        if (!call.options.all().empty()) return call.misused("which command?");
        call.out.print("%d\n", now);
        return 0;
    }
    const auto* command = find(call.operands[0]);
    if (!command) {
        call.complain(call.operands[0] + ": there is no such command");
        return not_found;
    }
    const int wanted = std::clamp(now + std::clamp(more, -40, 40), -20, 19);
    // POSIX: who may not go first runs all the same.
    if (::setpriority(PRIO_PROCESS, 0, wanted) != 0) {
        call.complain(Error{errno, "setpriority", std::to_string(wanted), {}});
    }
    call.out.flush();
    const auto status = run_child({.command = *command,
                                   .arguments = {call.operands.begin() + 1, call.operands.end()},
                                   .target = call.target,
                                   .directory = call.directory,
                                   .environment = call.environment});
    if (status) return *status;
    call.complain(status.error());
    return not_allowed;
}

constexpr Option options[]{
    {'n', "adjustment", "N", "more nice by N (10); less needs the right to"},
    {'#', "", "", "the same"},
};

constexpr Command nice{
    .name = "nice",
    .usage = "[-n N] [COMMAND [ARG...]]",
    .summary = "run a command that lets others go first",
    .theme = "process",
    .run = run,
    .options = option_table<options>,
    .help =
        "COMMAND is one of limpet's; without one, how nice this session is. renice changes what\n"
        "runs in the target. Status: the command's own, 126 when it could not be run, 127 when\n"
        "there is none of that name.\n\n"
        "Example:\n  nice -n 19 du -s /var\n",
    .operand_ends_options = true,
    .runs_commands = true,
};
const Register registered{nice};

}  // namespace
}  // namespace limpet::commands
