// container/probe.cpp - one request to a cloud's metadata service.
#include "commands/container/probe.h"

#include "limpet/fd.h"
#include "limpet/result.h"
#include "sys/file.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

namespace limpet::commands {
namespace {

constexpr int patience = 2000;  // milliseconds; these services are on the same machine

Result<> wait_for(const Fd& socket, short events) {
    pollfd waiting{socket.get(), events, 0};
    int ready = 0;
    do {
        ready = ::poll(&waiting, 1, patience);
    } while (ready < 0 && errno == EINTR);
    if (ready <= 0) return failed("connect", "", ready == 0 ? ETIMEDOUT : errno);
    return {};
}

Result<std::string> ask(const MetadataService& service) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    constexpr std::uint16_t http = 80;
    address.sin_port = htons(http);
    if (::inet_pton(AF_INET, service.address.data(), &address.sin_addr) != 1) {
        return refused("address", service.address);
    }
    const Fd socket(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket) return failed("socket", "");
    const auto* place = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(socket.get(), place, sizeof address) != 0) {
        if (errno != EINPROGRESS) return failed("connect", "");
        TRY(wait_for(socket, POLLOUT));
        int problem = 0;
        socklen_t size = sizeof problem;
        ::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &problem, &size);
        if (problem != 0) return failed("connect", "", problem);
    }
    std::string request = "GET ";
    request += service.path;
    request += " HTTP/1.0\r\nHost: ";
    request += service.address;
    request += "\r\n\r\n";
    TRY(sys::write_all(socket, request));
    TRY(wait_for(socket, POLLIN));
    char buffer[1024];
    const auto got = TRY(sys::read(socket, buffer, sizeof buffer));
    const std::string_view text(buffer, got);
    return std::string(text.substr(0, text.find_first_of("\r\n")));
}

}  // namespace

Probed probe(const MetadataService& service) {
    auto answer = ask(service);
    if (answer) return {true, *std::move(answer)};
    const char* reason = ::strerrordesc_np(answer.error().code);
    return {false, reason ? reason : answer.error().subject()};
}

}  // namespace limpet::commands
