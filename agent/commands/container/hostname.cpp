// hostname.cpp - the target's host name.
#include "commands/command.h"
#include "commands/container/host.h"

#include <algorithm>

namespace limpet::commands {
namespace {

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it only prints the name");
    auto name = host_name(call.target);
    if (!name) {
        call.complain("the target's host name cannot be read");
        return 1;
    }
    if (call.options.has('s')) name->resize(std::min(name->find('.'), name->size()));
    call.out.write(*name + '\n');
    return call.status;
}

constexpr Option options[]{{'s', "short", "", "up to the first dot"}};

constexpr Command hostname{
    .name = "hostname",
    .usage = "[-s]",
    .summary = "print the target's host name",
    .theme = "container",
    .promise = Promise::files,
    .run = run,
    .options = options,
    .help =
        "Of its uts namespace, or else of its /etc/hostname.\n"
        "\nExample:\n  hostname\n",
};
const Register registered{hostname};

}  // namespace
}  // namespace limpet::commands
