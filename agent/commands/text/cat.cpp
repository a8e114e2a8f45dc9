// cat.cpp - print files one after another.
#include "commands/command.h"
#include "sys/file.h"

namespace limpet::commands {
namespace {

int run(Invocation& call) {
    if (call.operands.empty()) call.operands.emplace_back("-");
    for (const auto& name : call.operands) {
        auto input = call.open(name);
        if (!input) {
            call.complain(input.error());
            continue;
        }
        for (;;) {
            const auto bytes = input->block();
            if (!bytes) {
                call.complain(bytes.error());
                break;
            }
            if (bytes->empty()) break;
            call.out.write(*bytes);
            if (call.out.failure()) return 1;
        }
    }
    return call.status;
}

constexpr Command cat{
    .name = "cat",
    .usage = "[FILE...]",
    .summary = "print files one after another",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
};
const Register registered{cat};

}  // namespace
}  // namespace limpet::commands
