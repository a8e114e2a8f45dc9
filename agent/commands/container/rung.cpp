// rung.cpp - what can be reached from beside the target, and what would give more.
#include "commands/fields.h"
#include "commands/json.h"
#include "target/sidecar.h"

namespace limpet::commands {
namespace {

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    const auto& target = call.target;
    if (target.mode != target::Mode::sidecar) {
        call.complain("only a container beside its target stands on a ladder (kubectl debug)");
        return 1;
    }
    constexpr const char* names[]{"by", "reason", "lift", "guarantee", "weaker", "scratch"};
    const std::string letter(1, target.rung);
    if (call.json()) {
        JsonObject object;
        object.text("rung", letter).text("gives", target::rung_gives(target.rung));
        object.text("target", target.name).number("pid", target.pid);
        for (const char* name : names) {
            const auto value = target::fact(target, name);
            value.empty() ? object.null(name) : object.text(name, value);
        }
        object.boolean("other_network", target.other_network);
        object.line(call.out);
        return call.status;
    }
    field(call, "rung", letter + ": " + std::string(target::rung_gives(target.rung)));
    if (target.rung != 'F') {
        field(call, "target", target.name + ", process " + std::to_string(target.pid));
    }
    for (const char* name : names) {
        const auto value = target::fact(target, name);
        if (!value.empty()) field(call, name, value);
    }
    if (target.other_network) field(call, "network", target::other_network_hint);
    return call.status;
}

constexpr Option options[]{json_option};

constexpr Command rung_command{
    .name = "rung",
    .usage = "[-o json]",
    .summary = "show what can be reached from beside the target, and what would give more",
    .theme = "container",
    .promise = Promise::none,
    .run = run,
    .options = option_table<options>,
    .help =
        "A debugger in a container of its own has what its profile gives it: rung A joins the\n"
        "target's mounts, B and C look through /proc/PID/root, D sees executables and mappings,\n"
        "E what everybody may read of its processes, F the pod's network alone.\n"
        "JSON fields: rung, gives, target, pid, by (how it came to this rung), reason (why it is "
        "no\n"
        "higher one), lift (what would change that), guarantee (what keeps the target unchanged),\n"
        "weaker (what is promised less than elsewhere), scratch (why there is no $LIMPET_SCRATCH), "
        "each\n"
        "or null, other_network.\n"
        "\nExamples:\n  rung\n  rung -o json\n",
};
const Register registered{rung_command};

}  // namespace
}  // namespace limpet::commands
