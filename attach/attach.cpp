// attach.cpp - limpet attach: the interactive shell near the target.
#include "attach/report.h"
#include "attach/start.h"

#include <unistd.h>

namespace limpet::attach {
namespace {

int run(const Arguments& arguments) {
    if (arguments.operands.empty()) return misused(attach_verb, "TARGET is missing");
    const auto& target = arguments.operands.front();
    if (arguments.operands.size() > 1) {
        return misused(attach_verb, "one TARGET, and nothing after it (a command: limpet exec " +
                                        target + " -- " + arguments.operands[1] + " ...)");
    }
    auto open = session_of(arguments, target);
    if (!open) return misused(attach_verb, text(open.error()));
    // Without a terminal the shell reads a script from the input, as `ssh HOST < SCRIPT` does.
    open->tty = ::isatty(0) == 1;
    open->aside = open->tty;
    return run_on(arguments, "attach " + target, *std::move(open));
}

constexpr Option options[] = {allow_option,  allow_only_option,   scratch_option,
                              record_option, record_input_option, overwrite_option};

}  // namespace

constexpr Verb attach_verb{
    .name = "attach",
    .usage = "[--allow GRANTS] [--allow-only GRANTS] [--scratch] [--record FILE] TARGET",
    .summary = "an interactive shell near the target (the same as: limpet TARGET)",
    .options = options,
    .help =
        "Ctrl-D or `exit` ends the session; `help` in it lists its commands. When standard input\n"
        "is no terminal, the shell runs the script that it holds.\n"
        "\n"
        "Nothing in the target changes, unless --allow modify lets commands write its files. With\n"
        "--scratch they write to a copy-on-write view, which vanishes with the session; `scratch\n"
        "diff` in it lists what would have changed. The prompt ends in $, # and %, in that order.\n"
        "--allow trace lets commands stop and read processes (strace, memory, ustack).\n"
        "\n"
        "--record FILE keeps what the terminal showed, with a marker for each command; `limpet "
        "replay\n"
        "FILE` plays it. A recording that cannot be written ends the session.\n"
        "\n"
        "TARGET is a container's name, its id or the start of it, or docker:NAME, podman:NAME,\n"
        "containerd:[NS/]NAME, crio:NAME, pod:[NS/]POD[/CONTAINER], pid:N.\n",
    .targets = true,
    .run = run,
};

}  // namespace limpet::attach
