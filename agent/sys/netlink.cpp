// sys/netlink.cpp - questions to the kernel's networking, netlink(7).
#include "sys/netlink.h"

#include <linux/netlink.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

namespace limpet::sys {
namespace {

enum class Progress { more, done };

// One datagram holds several messages.
Result<Progress> take_answers(std::span<const std::byte> bytes, bool dump, const Answer& visit,
                              std::string_view name) {
    while (bytes.size() >= sizeof(nlmsghdr)) {
        nlmsghdr header{};
        std::memcpy(&header, bytes.data(), sizeof header);
        if (header.nlmsg_len < sizeof header || header.nlmsg_len > bytes.size()) break;
        const auto payload = bytes.subspan(sizeof header, header.nlmsg_len - sizeof header);
        if (header.nlmsg_type == NLMSG_DONE || header.nlmsg_type == NLMSG_ERROR) {
            int code = 0;
            if (payload.size() >= sizeof code) std::memcpy(&code, payload.data(), sizeof code);
            if (code < 0) return failed("netlink", name, -code);
            return Progress::done;
        }
        visit(header.nlmsg_type, payload);
        if (!dump) return Progress::done;
        bytes = bytes.subspan(std::min<std::size_t>(NLMSG_ALIGN(header.nlmsg_len), bytes.size()));
    }
    return Progress::more;
}

}  // namespace

Result<Fd> netlink(int protocol) {
    Fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol));
    if (!socket) return failed("socket", "netlink");
    // A dump of 10^5 sockets is faster in large pieces.
    const int size = 1 << 20;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    return socket;
}

Result<> netlink_ask(BorrowedFd socket, std::uint16_t type, bool dump,
                     std::span<const std::byte> payload, const Answer& visit,
                     std::string_view name) {
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(payload.size()));
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | (dump ? NLM_F_DUMP : 0));
    std::vector<std::byte> request(NLMSG_SPACE(payload.size()));
    std::memcpy(request.data(), &header, sizeof header);
    if (!payload.empty()) {
        std::memcpy(request.data() + NLMSG_HDRLEN, payload.data(), payload.size());
    }
    if (::send(socket.get(), request.data(), request.size(), 0) < 0) return failed("send", name);

    std::vector<std::byte> buffer(256 * 1024);
    for (;;) {
        const auto got = ::recv(socket.get(), buffer.data(), buffer.size(), MSG_TRUNC);
        if (got < 0) {
            if (errno == EINTR) continue;
            return failed("recv", name);
        }
        if (static_cast<std::size_t>(got) > buffer.size()) {
            return refused("netlink",
                           std::string(name) + ": an answer of " + std::to_string(got) + " bytes");
        }
        const std::span<const std::byte> bytes(buffer.data(), static_cast<std::size_t>(got));
        if (TRY(take_answers(bytes, dump, visit, name)) == Progress::done) return {};
    }
}

}  // namespace limpet::sys
