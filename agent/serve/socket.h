// serve/socket.h - the listening unix socket and who may reach it.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"

#include <sys/types.h>

#include <string>
#include <string_view>

namespace limpet::serve {

// The directory, made with mode 0700 if it is missing. It must belong to us and be writable by
// nobody else; `what` is what it is wanted for, for messages.
Result<Fd> open_private_directory(const std::string& path, std::string_view what);

// A bound, listening socket with mode 0600; its file goes with it.
class ListeningSocket {
public:
    // Its directory has to be a private one. A socket file that nobody listens on any more is
    // replaced.
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
