// uname.cpp - the kernel under the target, and the target's name.
#include "commands/command.h"
#include "commands/container/host.h"
#include "commands/json.h"

#include <sys/utsname.h>

namespace limpet::commands {
namespace {

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    utsname kernel{};
    if (::uname(&kernel) != 0) {
        call.complain(failed("uname", "").error());
        return 1;
    }
    const auto node = host_name(call.target).value_or("(none)");
    if (call.json()) {
        JsonObject object;
        object.text("kernel", kernel.sysname).text("node", node).text("release", kernel.release);
        object.text("version", kernel.version).text("machine", kernel.machine);
        object.line(call.out);
        return call.status;
    }
    struct Part {
        char letter;
        std::string_view text;
    };
    const Part parts[]{{'s', kernel.sysname}, {'n', node},           {'r', kernel.release},
                       {'v', kernel.version}, {'m', kernel.machine}, {'p', "unknown"},
                       {'i', "unknown"},      {'o', "GNU/Linux"}};
    std::string line;
    for (const auto& [letter, word] : parts) {
        // Nobody knows the processor's other names, so -a leaves them out.
        const bool chosen = (call.options.has('a') && word != "unknown") ||
                            call.options.has(letter) ||
                            (letter == 'o' && call.options.has("operating-system"));
        if (chosen) line += (line.empty() ? "" : " ") + std::string(word);
    }
    call.out.write((line.empty() ? std::string(kernel.sysname) : line) + '\n');
    return call.status;
}

constexpr Option options[]{
    {'a', "all", "", "everything"},
    {'s', "kernel-name", "", "the kernel's name (the default)"},
    {'n', "nodename", "", "the target's host name"},
    {'r', "kernel-release", "", "the kernel's release"},
    {'v', "kernel-version", "", "the kernel's version"},
    {'m', "machine", "", "the machine's architecture"},
    {'p', "processor", "", "the processor (unknown)"},
    {'i', "hardware-platform", "", "the platform (unknown)"},
    {0, "operating-system", "", "the operating system"},
    {'o', "output", format_or_nothing, "the same; -o json: JSON lines"},
};

constexpr Command uname_command{
    .name = "uname",
    .usage = "[-asnrvmpio] [-o json]",
    .summary = "print the kernel under the target",
    .theme = "container",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "The kernel is the machine's, the host name the target's.\n"
        "JSON fields: kernel, node, release, version, machine.\n"
        "\nExample:\n  uname -a\n",
};
const Register registered{uname_command};

}  // namespace
}  // namespace limpet::commands
