// network/carry.cpp - bytes of a command's input and output to and from a connected socket.
#include "commands/network/carry.h"

#include "target/deadline.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

namespace limpet::commands {
namespace {

constexpr std::size_t chunk = 65536;
constexpr std::size_t most_negotiation = 4096;  // bytes of answers that telnet holds back at most

// RFC 854: every offer is turned down, so that both ends stay at plain bytes.
class Negotiation {
public:
    // What is left of the bytes for the screen; answers are added to `reply`.
    std::string_view take(std::span<char> bytes, std::string& reply) {
        std::size_t kept = 0;
        for (const char c : bytes) {
            const auto byte = static_cast<unsigned char>(c);
            switch (state_) {
                case 0:
                    if (byte == iac) {
                        state_ = byte;
                    } else if (byte != 0) {
                        bytes[kept++] = c;
                    }
                    break;
                case iac:
                    state_ = byte >= will && byte <= dont ? byte : byte == begin ? begin : 0;
                    if (byte == iac) bytes[kept++] = c;
                    break;
                case begin:
                    if (byte == iac) state_ = end;
                    break;
                case end: state_ = byte == end ? 0 : begin; break;
                default: answer(byte, reply); state_ = 0;
            }
        }
        return {bytes.data(), kept};
    }

private:
    static constexpr unsigned char end = 240, begin = 250, will = 251, wont = 252, do_ = 253,
                                   dont = 254, iac = 255;
    void answer(unsigned char option, std::string& reply) const {
        if ((state_ != will && state_ != do_) || reply.size() > most_negotiation) return;
        reply += static_cast<char>(iac);
        reply += static_cast<char>(state_ == will ? dont : wont);
        reply += static_cast<char>(option);
    }
    unsigned char state_ = 0;
};

}  // namespace

Result<bool> carry(Invocation& call, const Conversation& how, BorrowedFd socket) {
    const auto buffer = std::make_unique<char[]>(chunk);
    std::string pending;  // read from the input, not sent yet
    Negotiation negotiation;
    bool reads = !how.silent, sends = true;
    auto end = never;
    target::deadline::leave();
    for (;;) {
        pollfd both[2]{{socket.get(), POLLIN, 0},
                       {reads && pending.empty() ? call.in.fd().get() : -1, POLLIN, 0}};
        if (!pending.empty()) both[0].events |= POLLOUT;
        const auto deadline = std::min(until(how.patience), end);
        const auto left = deadline == never ? -1 : std::max<std::int64_t>(deadline - now(), 0);
        const int count = ::poll(
            both, 2,
            left < 0 ? -1 : static_cast<int>(std::min<std::int64_t>(left / 1000 + 1, 86'400'000)));
        if (count < 0 && errno != EINTR) return failed("poll", "");
        if (count == 0 && now() >= deadline) return false;
        if (both[0].revents & (POLLIN | POLLHUP | POLLERR)) {
            const auto got = ::recv(socket.get(), buffer.get(), chunk, 0);
            if (got < 0 && errno != EAGAIN && errno != EINTR)
                return failed("read", "from the peer");
            if (got == 0 && !how.udp) return true;
            if (got > 0) {
                const std::span<char> bytes(buffer.get(), static_cast<std::size_t>(got));
                call.out.write(how.telnet ? negotiation.take(bytes, pending)
                                          : std::string_view(bytes.data(), bytes.size()));
                if (!call.out.flush()) return false;
            }
        }
        if (both[1].revents) {
            const auto got = ::read(call.in.fd().get(), buffer.get(), chunk);
            if (got > 0) {
                pending.assign(buffer.get(), static_cast<std::size_t>(got));
            } else if (got == 0 || errno != EINTR) {
                reads = false;
                if (how.linger != never) end = now() + how.linger;
            }
        }
        if (!pending.empty()) {
            const auto sent = ::send(socket.get(), pending.data(), pending.size(), MSG_NOSIGNAL);
            if (sent > 0) {
                pending.erase(0, static_cast<std::size_t>(sent));
            } else if (errno != EAGAIN && errno != EINTR) {
                return failed("write", "to the peer");
            }
        }
        if (!reads && !how.silent && pending.empty() && sends && how.half_close) {
            ::shutdown(socket.get(), SHUT_WR);
            sends = false;
        }
    }
}

}  // namespace limpet::commands
