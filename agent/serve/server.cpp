// serve/server.cpp - the event loop and what all connections share.
#include "serve/server.h"

#include "limpet/limits.h"
#include "serve/connection.h"
#include "serve/log.h"
#include "serve/session.h"

#include <boost/asio/basic_signal_set.hpp>

#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <exception>

// What Boost would throw, which as_value leaves it no reason for.
namespace boost {
void throw_exception(const std::exception& /*exception*/) { std::terminate(); }
void throw_exception(const std::exception& /*exception*/, const source_location& /*where*/) {
    std::terminate();
}
}  // namespace boost

namespace limpet::serve {
namespace {

using Signals = asio::basic_signal_set<Executor>;

// A failed accept for want of descriptors or memory is tried again after this.
constexpr auto accept_pause = std::chrono::milliseconds(100);

// Room for four frames on their way, so that writer and reader need not take turns for each: twice
// the throughput of the default. Beyond wmem_max only root may go; pipes have their own size.
void widen(BorrowedFd out) {
    constexpr int size = 4 * 128 * 1024;
    if (::setsockopt(out.get(), SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == 0) return;
    ::setsockopt(out.get(), SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

}  // namespace

Server::Server(Program program) : program_(std::move(program)) {
    // A peer or session that is gone is an EPIPE to us.
    ::signal(SIGPIPE, SIG_IGN);
    start(executor(), reap());
    start(executor(), obey_signals());
}

Server::~Server() = default;

Result<> Server::run() {
    context_.run();
    if (ledger_) return ledger_->append("\"event\":\"stop\"");
    return {};
}

std::string Server::new_name() {
    unsigned char bytes[4];
    char name[2 * sizeof bytes + 1];
    while (::getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes)) {
    }
    std::snprintf(name, sizeof name, "%02x%02x%02x%02x", bytes[0], bytes[1], bytes[2], bytes[3]);
    return name;
}

void Server::stop_when_done() {
    if (ending_ && connections_.empty()) context_.stop();
}

void Server::end(bool at_once) {
    ending_ = true;
    if (at_once) {
        for (auto& connection : connections_) connection->end();
    }
    stop_when_done();
}

Task<> Server::obey_signals() {
    Signals signals(executor(), SIGTERM, SIGINT);
    for (;;) {
        const auto [error, number] = co_await signals.async_wait(as_value);
        if (error) co_return;
        log::write(log::Level::info, "signal", {{"number", static_cast<std::uint64_t>(number)}});
        end(true);
    }
}

// SIGCHLD, not pidfds: it works on every kernel, and as a container's first process we also are
// the parent of orphans that are not ours.
Task<> Server::reap() {
    Signals signals(executor(), SIGCHLD);
    for (;;) {
        int status = 0;
        pid_t pid = 0;
        while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
            const auto found = children_.find(pid);
            if (found == children_.end()) continue;
            auto* const session = found->second;
            children_.erase(found);
            session->exited(status);
        }
        const auto [error, number] = co_await signals.async_wait(as_value);
        if (error) co_return;
    }
}

Result<> Server::accept(Fd in, Fd out, Peer peer) {
    widen(out);
    auto input = adopt(executor(), std::move(in));
    auto output = adopt(executor(), std::move(out));
    boost::system::error_code error;
    if (input.is_open()) input.native_non_blocking(true, error);
    if (!error && output.is_open()) output.native_non_blocking(true, error);
    if (!input.is_open() || !output.is_open() || error) {
        return refused("connection", "its descriptors are neither sockets nor pipes");
    }
    auto& connection = connections_.emplace_back(
        std::make_unique<Connection>(*this, std::move(input), std::move(output), std::move(peer)));
    const auto place = std::prev(connections_.end());
    start(executor(), connection->run(), [this, place] {
        connections_.erase(place);
        stop_when_done();
    });
    return {};
}

Result<> Server::listen(Fd socket) {
    auto listening = adopt(executor(), std::move(socket));
    if (!listening.is_open()) return refused("listen", "the socket cannot be watched");
    start(executor(), accept_all(std::move(listening)));
    return {};
}

Task<> Server::accept_all(Descriptor socket) {
    while (!ending_) {
        Fd accepted(
            ::accept4(socket.native_handle(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (accepted) {
            accept_one(std::move(accepted));
        } else if (errno == EAGAIN) {
            if (!co_await readable(socket)) co_return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            log::write(log::Level::error, "accept",
                       {{"reason", text(failed("accept", "").error())}});
            Timer pause(executor(), accept_pause);
            co_await pause.async_wait(as_value);
        }
    }
}

void Server::accept_one(Fd socket) {
    ucred peer{};
    socklen_t size = sizeof peer;
    const bool known = ::getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0;
    const std::string name = "uid " + std::to_string(peer.uid) + " pid " + std::to_string(peer.pid);
    // The socket's mode keeps others out already; this is for a socket whose mode was changed.
    if (!known || (peer.uid != ::geteuid() && peer.uid != 0)) {
        log::write(log::Level::warning, "peer refused", {{"peer", name}});
        return;
    }
    if (connections_.size() >= limits::connections) {
        log::write(log::Level::warning, "too many connections", {{"peer", name}});
        return;
    }
    Fd copy(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 4));
    if (!copy) {
        log::write(log::Level::error, "dup", {{"peer", name}});
        return;
    }
    log::write(log::Level::info, "connection", {{"peer", name}});
    if (auto done = accept(std::move(socket), std::move(copy), {name, peer.uid, peer.pid}); !done) {
        log::write(log::Level::error, "connection", {{"reason", text(done.error())}});
    }
}

}  // namespace limpet::serve
