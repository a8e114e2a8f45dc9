// sleep.cpp - wait.
#include "commands/command.h"

#include <cmath>
#include <cstdlib>
#include <ctime>

namespace limpet::commands {
namespace {

// "1.5", "2m", "1h", "0.5d"; "infinity" waits until a signal comes.
std::optional<double> seconds(const std::string& text) {
    if (text == "infinity" || text == "inf") return INFINITY;
    if (text.empty() || text.find_first_not_of("0123456789.smhd") != text.npos) return std::nullopt;
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    if (end == text.c_str()) return std::nullopt;
    const std::string_view unit(end);
    if (unit.empty() || unit == "s") return value;
    if (unit == "m") return value * 60;
    if (unit == "h") return value * 3600;
    if (unit == "d") return value * 86400;
    return std::nullopt;
}

int run(Invocation& call) {
    if (call.operands.empty()) return call.misused("how long?");
    double total = 0;
    for (const auto& operand : call.operands) {
        const auto part = seconds(operand);
        if (!part) return call.misused("'" + operand + "' is no time (1.5, 2m, 1h, 1d)");
        total += *part;
    }
    // Longer than any session lives.
    total = std::fmin(total, 1e9);
    timespec left{};
    left.tv_sec = static_cast<time_t>(total);
    left.tv_nsec = static_cast<long>((total - static_cast<double>(left.tv_sec)) * 1e9);
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
