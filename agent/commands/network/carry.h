// network/carry.h - bytes of a command's input and output to and from a connected socket.
#pragma once

#include "commands/command.h"
#include "commands/network/internet.h"

namespace limpet::commands {

struct Conversation {
    bool udp = false;
    bool half_close = false;  // the end of the input is told to the peer
    bool silent = false;      // the input is not read
    bool telnet = false;
    std::int64_t patience = never;  // with silence
    std::int64_t linger = never;    // from the end of the input on
};

inline std::int64_t until(std::int64_t patience) {
    return patience == never ? never : now() + patience;
}

// True when the peer ended, false when patience or the time to linger did.
Result<bool> carry(Invocation& call, const Conversation& how, BorrowedFd socket);

}  // namespace limpet::commands
