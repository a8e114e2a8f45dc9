// commands/create.cpp - files to write.
#include "commands/create.h"

#include <fcntl.h>

namespace limpet::commands {

Result<Fd> create(const Invocation& call, std::string_view operand, Writing how) {
    const int flags = O_WRONLY | O_CREAT | O_NOCTTY | (how == Writing::append ? O_APPEND : O_TRUNC);
    const auto [directory, rest] = target::place(call.target, call.path(operand));
    const bool scratch = directory == &call.target.scratch;
    if (!scratch && !any(call.target.grants & Grant::modify)) {
        return refused("write " + std::string(operand), "not allowed in this session",
                       "needs --allow modify, or a name below $LIMPET_SCRATCH");
    }
    auto file = directory->create(rest, flags, 0666);
    if (!file) {
        file.error().action = "write";
        file.error().subject = operand;
    }
    return file;
}

}  // namespace limpet::commands
