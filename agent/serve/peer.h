// serve/peer.h - who is at the other end of a connection.
#pragma once

#include <sys/types.h>

#include <string>

namespace limpet::serve {

struct Peer {
    std::string name;  // for the log
    uid_t uid = 0;
    pid_t pid = 0;  // 0 where nobody knows
};

}  // namespace limpet::serve
