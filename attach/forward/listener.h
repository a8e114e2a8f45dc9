// forward/listener.h - sockets of this machine: to listen on, and to connect to.
#pragma once

#include "attach/forward/spec.h"
#include "limpet/fd.h"
#include "limpet/result.h"

#include <sys/stat.h>

#include <string>
#include <vector>

namespace limpet::attach::forward {

// One place to listen on: a socket for each address, or a unix socket whose file goes with it.
class Listener {
public:
    // A port 0 becomes the one that the kernel chose, the same for every address.
    static Result<Listener> open(const Place& place);
    Listener(Listener&& other) noexcept;
    Listener& operator=(Listener&&) = delete;
    ~Listener();

    [[nodiscard]] const std::vector<Fd>& sockets() const { return sockets_; }
    [[nodiscard]] const Place& place() const { return place_; }

private:
    Listener() = default;
    Result<> bind_address(const std::string& address, bool first);
    Result<> bind_path();

    std::vector<Fd> sockets_;
    Place place_;
    struct stat file_{};  // of the unix socket, when it is ours to remove
    bool made_ = false;
};

// Without waiting: where it says EINPROGRESS, poll(2) tells when it is done.
Result<Fd> begin_connect(const std::string& address, std::uint16_t port);
Result<Fd> begin_connect_unix(const std::string& path);
// What became of it.
int connect_error(BorrowedFd socket);

}  // namespace limpet::attach::forward
