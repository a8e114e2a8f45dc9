// printenv.cpp - the shell's exported variables.
#include "commands/command.h"
#include "commands/json.h"

namespace limpet::commands {
namespace {

int run(Invocation& call) {
    const char end = call.options.has('0') ? '\0' : '\n';
    if (call.operands.empty()) {
        for (const std::string_view entry : call.environment) {
            if (call.json()) {
                const auto equals = entry.find('=');
                call.out.write(JsonObject()
                                   .text("name", entry.substr(0, equals))
                                   .text("value", equals == entry.npos ? std::string_view{}
                                                                       : entry.substr(equals + 1))
                                   .take());
                call.out.put('\n');
                continue;
            }
            call.out.write(entry);
            call.out.put(end);
        }
        return 0;
    }
    int status = 0;
    for (const auto& name : call.operands) {
        const auto value = call.variable(name);
        if (!value) {
            status = 1;
            continue;
        }
        call.out.write(call.json() ? JsonObject().text("name", name).text("value", *value).take()
                                   : std::string(*value));
        call.out.put(call.json() ? '\n' : end);
    }
    return status;
}

constexpr Option options[]{{'0', "null", "", "a zero byte after each"}, json_option};

constexpr Command printenv{
    .name = "printenv",
    .usage = "[-0] [NAME...]",
    .summary = "print the shell's exported variables",
    .theme = "session",
    .run = run,
    .options = option_table<options>,
    .help =
        "The environment of the target's processes is `env`.\n\nJSON fields: name, value.\n"
        "\nExample:\n  printenv PATH\n",
};
const Register registered{printenv};

}  // namespace
}  // namespace limpet::commands
