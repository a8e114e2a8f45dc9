// true.cpp - succeed, or fail.
#include "commands/command.h"

namespace limpet::commands {
namespace {

constexpr Command true_command{
    .name = "true",
    .usage = "",
    .summary = "succeed",
    .theme = "text",
    .run = [](Invocation&) { return 0; },
    .help = "Example:\n  while true; do ss -tn; sleep 1; done\n",
    .raw = true,
    .builtin = true,
};
const Register registered{true_command};

constexpr Command false_command{
    .name = "false",
    .usage = "",
    .summary = "fail",
    .theme = "text",
    .run = [](Invocation&) { return 1; },
    .help = "Example:\n  false || echo 'that went wrong'\n",
    .raw = true,
    .builtin = true,
};
const Register registered_false{false_command};

}  // namespace
}  // namespace limpet::commands
