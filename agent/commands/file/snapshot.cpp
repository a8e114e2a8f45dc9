// snapshot.cpp - the target's root file system as an archive: what limpet export streams.
#include "commands/file/tar.h"
#include "target/tree.h"

namespace limpet::commands {
namespace {

int run(Invocation& call) {
    if (call.out.terminal()) {
        return call.misused("an archive is not written to a terminal");
    }
    tar::Style style{.action = tar::Action::create,
                     .numeric = true,
                     .sparse = true,
                     .exact = true,
                     .volumes = call.options.has("volumes")};
    for (const auto& operand : call.operands) style.operands.push_back({operand, {}});
    if (style.operands.empty()) style.operands.push_back({"/", {}});
    const bool node = call.target.mode == target::Mode::node;
    if (!style.volumes && !target::show_instead(call.target, call.target.plain) && node) {
        call.complain("what lies below its mount points is left out: " + call.target.plain.missing);
        call.status = 0;
    }
    return tar::create(call, style);
}

constexpr Option options[]{
    {0, "volumes", "", "with what else is mounted there to keep files; never /proc, /sys, /dev"},
};

constexpr Command snapshot{
    .name = "snapshot",
    .usage = "[--volumes] [PATH...] > FILE",
    .summary = "the target's root file system as a tar archive, for limpet export",
    .theme = "container",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Everything in the root file system, or below PATH, sorted by name: the same tree gives "
        "the\n"
        "same bytes. Times to the nanosecond, hard links, sparse files (GNU.sparse 1.0), extended\n"
        "attributes of files and directories (SCHILY.xattr), devices and FIFOs, which are never "
        "opened;\n"
        "a socket is an empty file with SCHILY.filetype=socket. What is mounted somewhere is left "
        "out,\n"
        "and what it hides is shown, as in the image.\n"
        "Status 1: a file changed while it was read. Status 2: something could not be read.\n"
        "\nExample:\n  snapshot /etc | tar -tv\n",
    .apart = true,
};
const Register registered{snapshot};

}  // namespace
}  // namespace limpet::commands
