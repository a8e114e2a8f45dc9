// sleep.cpp - wait.
#include "commands/command.h"
#include "commands/session/duration.h"

namespace limpet::commands {
namespace {

int run(Invocation& call) {
    if (call.operands.empty()) return call.misused("how long?");
    double total = 0;
    for (const auto& operand : call.operands) {
        const auto part = duration(operand);
        if (!part) return call.misused("'" + operand + "' is no time (1.5, 2m, 1h, 1d)");
        total += *part;
    }
    auto left = as_timespec(total);
    while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
    }
    return 0;
}

constexpr Command sleep{
    .name = "sleep",
    .usage = "TIME[smhd]...",
    .summary = "wait",
    .theme = "session",
    .run = run,
    .help = "Several times add up.\n\nExample:\n  sleep 0.5\n",
};
const Register registered{sleep};

}  // namespace
}  // namespace limpet::commands
