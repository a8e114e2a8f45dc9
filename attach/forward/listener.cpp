// forward/listener.cpp - sockets of this machine: to listen on, and to connect to.
#include "attach/forward/listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace limpet::attach::forward {
namespace {

constexpr int kind = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;

struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
    [[nodiscard]] sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
};

Address address_of(const std::string& text, std::uint16_t port) {
    Address address;
    sockaddr_in four{};
    sockaddr_in6 six{};
    if (::inet_pton(AF_INET, text.c_str(), &four.sin_addr) == 1) {
        four.sin_family = AF_INET;
        four.sin_port = htons(port);
        std::memcpy(&address.storage, &four, address.size = sizeof four);
    } else if (::inet_pton(AF_INET6, text.c_str(), &six.sin6_addr) == 1) {
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(port);
        std::memcpy(&address.storage, &six, address.size = sizeof six);
    }
    return address;
}

Result<Address> address_of_path(const std::string& path) {
    Address address;
    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof local.sun_path) {
        return refused(path, "the path of a socket has at most 107 bytes");
    }
    std::memcpy(local.sun_path, path.data(), path.size());
    std::memcpy(&address.storage, &local, address.size = sizeof local);
    return address;
}

std::uint16_t bound_port(BorrowedFd socket) {
    Address bound;
    bound.size = sizeof bound.storage;
    if (::getsockname(socket.get(), bound.get(), &bound.size) != 0) return 0;
    // The port is at the same place in both.
    sockaddr_in four{};
    std::memcpy(&four, &bound.storage, sizeof four);
    return ntohs(four.sin_port);
}

}  // namespace

Result<Listener> Listener::open(const Place& place) {
    Listener listener;
    listener.place_ = place;
    if (place.is_unix()) {
        TRY(listener.bind_path());
        return listener;
    }
    for (const auto& address : addresses_of(place)) {
        TRY(listener.bind_address(address, listener.sockets_.empty()));
    }
    if (listener.sockets_.empty()) return refused("listen", "there is no such address here");
    return listener;
}

Result<> Listener::bind_address(const std::string& address, bool first) {
    auto here = address_of(address, place_.port);
    const auto name = text_of({.host = address, .port = place_.port});
    Fd socket(::socket(here.storage.ss_family, kind, 0));
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (here.storage.ss_family == AF_INET6) {
        ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    if (!socket || ::bind(socket.get(), here.get(), here.size) != 0 ||
        ::listen(socket.get(), SOMAXCONN) != 0) {
        // A machine with one of the two families is none with an error.
        if (!first && (errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL)) return {};
        auto error = failed("listen on", name);
        if (error.error().code == EACCES && place_.port < 1024) {
            error.error().hint() = "a port below 1024 needs privilege; LOCAL:PORT names another";
        } else if (error.error().code == EADDRINUSE) {
            error.error().hint() = "LOCAL:PORT listens on another, :PORT on any that is free";
        }
        return error;
    }
    if (place_.port == 0) place_.port = bound_port(socket);
    sockets_.push_back(std::move(socket));
    return {};
}

// Whoever may use it may use the target's port: only we, and root.
Result<> Listener::bind_path() {
    auto here = TRY(address_of_path(place_.path));
    Fd socket(::socket(AF_UNIX, kind, 0));
    if (!socket) return failed("socket", place_.path);
    const auto before = ::umask(0177);
    const bool bound = ::bind(socket.get(), here.get(), here.size) == 0;
    const int code = errno;
    ::umask(before);
    if (!bound) {
        auto error = failed("listen on", place_.path, code);
        if (code == EADDRINUSE) error.error().hint() = "there is a file of that name";
        return error;
    }
    made_ = ::lstat(place_.path.c_str(), &file_) == 0;
    if (::listen(socket.get(), SOMAXCONN) != 0) return failed("listen on", place_.path);
    sockets_.push_back(std::move(socket));
    return {};
}

Listener::Listener(Listener&& other) noexcept
    : sockets_(std::move(other.sockets_)),
      place_(std::move(other.place_)),
      file_(other.file_),
      made_(std::exchange(other.made_, false)) {}

Listener::~Listener() {
    struct stat now{};
    // Somebody may have put another there.
    if (made_ && ::lstat(place_.path.c_str(), &now) == 0 && now.st_dev == file_.st_dev &&
        now.st_ino == file_.st_ino) {
        ::unlink(place_.path.c_str());
    }
}

Result<Fd> begin_connect(const std::string& address, std::uint16_t port) {
    auto to = address_of(address, port);
    Fd socket(::socket(to.storage.ss_family, kind, 0));
    if (socket && (::connect(socket.get(), to.get(), to.size) == 0 || errno == EINPROGRESS)) {
        return socket;
    }
    return failed("connect to", text_of({.host = address, .port = port}));
}

Result<Fd> begin_connect_unix(const std::string& path) {
    auto to = TRY(address_of_path(path));
    Fd socket(::socket(AF_UNIX, kind, 0));
    if (!socket || ::connect(socket.get(), to.get(), to.size) != 0) {
        return failed("connect to", path);
    }
    return socket;
}

int connect_error(BorrowedFd socket) {
    int problem = 0;
    socklen_t size = sizeof problem;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
    return problem;
}

}  // namespace limpet::attach::forward
