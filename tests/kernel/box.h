// box.h - a container made by the test itself: a process in its own namespaces on a tmpfs root.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace limpet::testing {

// Killed and reaped at the end of its scope, by the pid that it was forked with.
class Box {
public:
    // The root holds /etc/hostname ("box"), /secret (0600, uid 1000), /link -> /etc/hostname,
    // /escape -> ../../../../etc/hostname, a FIFO, a socket, /sub (a tmpfs with a file "below"),
    // and /proc. The process runs as uid 1000.
    Box();
    ~Box();
    Box(const Box&) = delete;
    Box& operator=(const Box&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    void kill();

private:
    pid_t pid_ = -1;
};

// Runs `body` in a forked child with `calls` (system call names) answering ENOSYS; its return value
// must be empty, else it is the reason of the failure. Also for what cannot be undone (confining).
std::string in_child(const std::function<std::string()>& body,
                     const std::initializer_list<const char*>& missing_calls = {});

}  // namespace limpet::testing
