// serve_peer.cpp - a server in a child process and its peer.
#include "serve_peer.h"

#include "serve/log.h"
#include "serve/server.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <catch2/catch.hpp>

#include <csignal>

namespace limpet::testing {
namespace {

constexpr int patience = 10'000;  // ms, for anything that must come

[[noreturn]] void serve(Fd socket) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    // What a session must not inherit: a descriptor and an ignored signal.
    [[maybe_unused]] const int leaked = ::dup(2);
    ::signal(SIGUSR2, SIG_IGN);
    serve::log::threshold(serve::log::Level::error);
    Fd copy(::fcntl(socket.get(), F_DUPFD_CLOEXEC, 4));
    Fd self(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
    serve::Server server({std::move(self), {"unit", "[.session]", "-o", "/dev/null"}, {}});
    if (!server.accept(std::move(socket), std::move(copy), {"test", 0, 0})) ::_exit(1);
    server.end(false);
    (void)server.run();
    // Every child was reaped: wait(2) has none left.
    ::_exit(::waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD ? 0 : 2);
}

}  // namespace

std::string frame(FrameType type, std::uint32_t session, std::string_view payload, Stream stream) {
    const auto header = encode(FrameHeader{.length = static_cast<std::uint32_t>(payload.size()),
                                           .type = type,
                                           .stream = stream,
                                           .session = session});
    std::string bytes(reinterpret_cast<const char*>(header.data()), header.size());
    return bytes.append(payload);
}

std::string number(std::uint32_t value) {
    PayloadWriter writer;
    writer.u32(value);
    return writer.take();
}

Peer::Peer(bool greeting, std::uint32_t credit) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    socket_ = Fd(ends[0]);
    Fd theirs(ends[1]);
    server_ = ::fork();
    REQUIRE(server_ >= 0);
    if (server_ == 0) {
        socket_.reset();
        serve(std::move(theirs));
    }
    theirs.reset();
    if (!greeting) return;
    send(frame(FrameType::hello, 0, encode(Hello{.credit = credit, .software = "test"})));
    const auto answer = receive();
    REQUIRE(answer);
    REQUIRE(answer->header.type == FrameType::hello);
    REQUIRE(decode_hello(answer->payload));
}

Peer::~Peer() {
    hang_up();
    if (server_ > 0) {
        ::kill(server_, SIGKILL);
        ::waitpid(server_, nullptr, 0);
    }
}

void Peer::send(std::string_view bytes) {
    while (!bytes.empty()) {
        const auto put = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (put < 0) return;  // closed: what the server has said about it is still to be read
        bytes.remove_prefix(static_cast<std::size_t>(put));
    }
}

void Peer::open(std::uint32_t session, std::vector<std::string> arguments, Open open) {
    open.arguments = std::move(arguments);
    send(frame(FrameType::open, session, encode(open)));
}

bool Peer::quiet(int milliseconds) {
    pollfd waiting{socket_.get(), POLLIN, 0};
    return input_.empty() && ::poll(&waiting, 1, milliseconds) == 0;
}

std::optional<Received> Peer::receive() {
    for (;;) {
        if (input_.size() >= frame_header_size) {
            const auto bytes = std::as_bytes(std::span(input_));
            const auto header = decode_header(bytes.first<frame_header_size>());
            REQUIRE(header);
            const auto size = frame_header_size + header->length;
            if (input_.size() >= size) {
                Received received{*header, input_.substr(frame_header_size, header->length)};
                input_.erase(0, size);
                if (header->type == FrameType::ping) continue;
                return received;
            }
        }
        pollfd waiting{socket_.get(), POLLIN, 0};
        if (::poll(&waiting, 1, patience) <= 0) return std::nullopt;
        char block[65536];
        const auto got = ::read(socket_.get(), block, sizeof block);
        if (got <= 0) return std::nullopt;
        input_.append(block, static_cast<std::size_t>(got));
    }
}

std::string Peer::receive_data() {
    for (;;) {
        const auto received = receive();
        if (!received || received->header.type == FrameType::exit) return {};
        if (received->header.type == FrameType::data) return received->payload;
    }
}

bool Peer::keep(const Received& received) {
    const auto& [header, payload] = received;
    const std::pair stream(header.session, header.stream);
    switch (header.type) {
        case FrameType::data:
            CHECK(ends_.count(stream) == 0);
            bytes_[stream] += payload;
            if (granting) {
                send(
                    frame(FrameType::credit, header.session, number(header.length), header.stream));
            }
            return true;
        case FrameType::end: CHECK(ends_.insert(stream).second); return true;
        case FrameType::exit: {
            auto exit = decode_exit(payload);
            REQUIRE(exit);
            exits_[header.session] = *exit;
            return true;
        }
        case FrameType::credit:
        case FrameType::pong: return true;
        default: return false;
    }
}

std::optional<Exit> Peer::exit(std::uint32_t session) {
    while (exits_.count(session) == 0) {
        const auto received = receive();
        if (!received || !keep(*received)) return std::nullopt;
    }
    return exits_[session];
}

std::string Peer::closed() {
    while (const auto received = receive()) {
        if (received->header.type == FrameType::error) return received->payload;
        keep(*received);
    }
    return {};
}

bool Peer::ended() {
    for (int waited = 0; waited < patience; waited += 10) {
        int status = 0;
        if (::waitpid(server_, &status, WNOHANG) == server_) {
            server_ = -1;
            return WIFEXITED(status) && WEXITSTATUS(status) == 0;
        }
        ::usleep(10'000);
    }
    return false;
}

std::string Peer::out(std::uint32_t session, Stream stream) const {
    const auto found = bytes_.find({session, stream});
    return found == bytes_.end() ? std::string() : found->second;
}

bool Peer::has_end(std::uint32_t session, Stream stream) const {
    return ends_.count({session, stream}) != 0;
}

}  // namespace limpet::testing
