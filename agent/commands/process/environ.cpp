// environ.cpp - the environment that processes were started with.
#include "commands/json.h"
#include "commands/process/process.h"
#include "limpet/limits.h"
#include "parse/lines.h"

namespace limpet::commands {
namespace {

int run(Invocation& call) {
    const char separator = call.options.has('0') ? '\0' : '\n';
    for (const auto& process : operand_processes(call)) {
        const auto text = process.at.read("environ", limits::small_file);
        if (!text) {
            call.complain(text.error());
            continue;
        }
        for (const auto& variable : split_words(*text)) {
            if (!call.json()) {
                call.out.write(variable);
                call.out.put(separator);
                continue;
            }
            std::string_view rest = variable;
            const auto name = parse::take(rest, '=');
            JsonObject object;
            object.number("pid", process.pid).text("name", name).text("value", rest);
            object.line(call.out);
        }
    }
    return call.status;
}

constexpr Option options[]{
    {'0', "null", "", "end each with a NUL instead of a newline"},
    json_option,
};

constexpr Command environ_command{
    .name = "environ",
    .usage = "[-0] [-o json] [PID...]",
    .summary = "print the environment that processes were started with",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Without PID, of the target's main process. It is what execve(2) was given: what the\n"
        "program has set since then need not show.\n"
        "JSON fields: pid, name, value.\n"
        "\nExample:\n  environ 1\n",
};
const Register registered{environ_command};

}  // namespace
}  // namespace limpet::commands
