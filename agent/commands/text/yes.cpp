// yes.cpp - one line again and again.
#include "commands/command.h"

namespace limpet::commands {
namespace {

int run(Invocation& call) {
    std::string line;
    for (const auto& word : call.operands) line += (line.empty() ? "" : " ") + word;
    if (call.operands.empty()) line = "y";
    line += '\n';
    while (!call.out.failure()) call.out.write(line);
    return 1;
}

constexpr Command yes{
    .name = "yes",
    .usage = "[WORD...]",
    .summary = "print a line until nobody reads it",
    .theme = "text",
    .run = run,
    .help = "Example:\n  yes '' | head -n 3\n",
};
const Register registered{yes};

}  // namespace
}  // namespace limpet::commands
