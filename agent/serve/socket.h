// serve/socket.h - the listening unix socket and who may reach it.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <sys/types.h>

#include <string>

namespace limpet::serve {

// A bound, listening socket with mode 0600; its file goes with it.
class ListeningSocket {
public:
    // The directory is created with mode 0700 if it is missing, and must belong to us and be
    // writable by nobody else. A socket file that nobody listens on any more is replaced.
    static Result<ListeningSocket> bind(const std::string& path);
    ListeningSocket(ListeningSocket&&) noexcept = default;
    ListeningSocket& operator=(ListeningSocket&&) = delete;
    ~ListeningSocket();

    Fd socket;

private:
    ListeningSocket() = default;
    Fd directory_;
    std::string name_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

}  // namespace limpet::serve
