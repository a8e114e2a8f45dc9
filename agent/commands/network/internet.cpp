// network/internet.cpp - sockets to somewhere, with a bound on every wait.
#include "commands/network/internet.h"

#include "target/deadline.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <ctime>

namespace limpet::commands {

SocketAddress socket_address(const parse::Address& address) {
    SocketAddress result;
    if (address.family == AF_INET) {
        sockaddr_in four{};
        four.sin_family = AF_INET;
        four.sin_port = htons(address.port);
        std::memcpy(&four.sin_addr, address.bytes.data(), 4);
        std::memcpy(&result.storage, &four, result.size = sizeof four);
    } else {
        sockaddr_in6 six{};
        six.sin6_family = AF_INET6;
        six.sin6_port = htons(address.port);
        std::memcpy(&six.sin6_addr, address.bytes.data(), 16);
        std::memcpy(&result.storage, &six, result.size = sizeof six);
    }
    return result;
}

parse::Address address_of(const SocketAddress& address) {
    parse::Address result;
    result.family = address.storage.ss_family;
    if (result.family == AF_INET) {
        sockaddr_in four{};
        std::memcpy(&four, &address.storage, sizeof four);
        result.port = ntohs(four.sin_port);
        std::memcpy(result.bytes.data(), &four.sin_addr, 4);
    } else {
        sockaddr_in6 six{};
        std::memcpy(&six, &address.storage, sizeof six);
        result.port = ntohs(six.sin6_port);
        std::memcpy(result.bytes.data(), &six.sin6_addr, 16);
    }
    return result;
}

std::int64_t now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return std::int64_t{time.tv_sec} * second + time.tv_nsec / 1000;
}

Result<bool> ready(BorrowedFd fd, short events, std::int64_t deadline) {
    // A peer may take its time: the deadline of the target's files is not for it.
    target::deadline::leave();
    for (;;) {
        int wait = -1;
        if (deadline != never) {
            const auto left = std::max<std::int64_t>(deadline - now(), 0);
            wait = static_cast<int>(std::min<std::int64_t>((left + 999) / 1000, 3'600'000));
        }
        pollfd one{.fd = fd.get(), .events = events, .revents = 0};
        const int ready = ::poll(&one, 1, wait);
        if (ready > 0) return true;
        if (ready < 0 && errno != EINTR) return failed("poll", "");
        if (ready == 0 && now() >= deadline) return false;
    }
}

namespace {

Result<> finish(BorrowedFd socket, const sockaddr* to, socklen_t size, std::string_view name,
                std::int64_t deadline) {
    if (::connect(socket.get(), to, size) == 0) return {};
    if (errno != EINPROGRESS && errno != EINTR) return failed("connect to", name);
    if (!TRY(ready(socket, POLLOUT, deadline))) return failed("connect to", name, ETIMEDOUT);
    int problem = 0;
    socklen_t got = sizeof problem;
    ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &problem, &got);
    if (problem != 0) return failed("connect to", name, problem);
    return {};
}

}  // namespace

Result<Fd> connect_to(const parse::Address& address, int type, std::int64_t deadline,
                      const parse::Address* local) {
    const auto name = address.port ? parse::text_with_port(address) : parse::text(address);
    Fd socket(::socket(address.family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return failed("socket", name);
    if (local) {
        const int on = 1;
        ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        const auto from = socket_address(*local);
        if (::bind(socket.get(), from.get(), from.size) != 0) {
            return failed("bind", parse::text_with_port(*local));
        }
    }
    const auto to = socket_address(address);
    TRY(finish(socket, to.get(), to.size, name, deadline));
    return socket;
}

Result<Fd> connect_unix(const target::Target& target, std::string_view path, int type,
                        std::int64_t deadline) {
    constexpr int most_links = 8;
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    std::string name(path);
    const bool abstract = path.starts_with('@');
    if (!abstract) {
        for (int links = 0; links < most_links; ++links) {
            const auto link = target::readlink(target, name);
            if (!link) break;
            const auto folder = name.substr(0, name.rfind('/'));
            name = link->starts_with('/') ? *link : target::join_path(folder, *link);
        }
        const auto slash = name.rfind('/');
        const auto folder =
            TRY(target::open_directory(target, slash == 0 ? "/" : name.substr(0, slash)));
        if (::fchdir(folder.fd.get()) != 0) return failed("fchdir", path);
        name.erase(0, slash + 1);
    }
    if (name.empty() || name.size() >= sizeof to.sun_path) {
        return failed("connect to", path, ENAMETOOLONG);
    }
    std::memcpy(to.sun_path, name.data(), name.size());
    socklen_t size = sizeof to;
    if (abstract) {
        to.sun_path[0] = '\0';
        size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
    }
    Fd socket(::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return failed("socket", path);
    auto done = finish(socket, reinterpret_cast<const sockaddr*>(&to), size, path, deadline);
    if (!done) {
        if (done.error().code == EACCES) done.error().hint() = "it is not open to everybody";
        return std::unexpected(std::move(done).error());
    }
    return socket;
}

Result<> send_all(BorrowedFd fd, std::string_view bytes, std::int64_t deadline) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent >= 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno == EAGAIN) {
            if (!TRY(ready(fd, POLLOUT, deadline))) return failed("send", "", ETIMEDOUT);
        } else if (errno != EINTR) {
            return failed("send", "");
        }
    }
    return {};
}

Result<std::size_t> receive(BorrowedFd fd, std::span<char> bytes, std::int64_t deadline) {
    for (;;) {
        const auto got = ::recv(fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        if (got >= 0) return static_cast<std::size_t>(got);
        if (errno == EAGAIN) {
            if (!TRY(ready(fd, POLLIN, deadline))) return failed("receive", "", ETIMEDOUT);
        } else if (errno != EINTR) {
            return failed("receive", "");
        }
    }
}

}  // namespace limpet::commands
