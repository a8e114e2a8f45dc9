// network/sockets.cpp - sockets of a network namespace, from /proc/PID/net.
#include "commands/network/sockets.h"

#include "commands/stream.h"

#include <unistd.h>

#include <array>

namespace limpet::commands {

void each_proc_socket(const Process& process, const std::function<void(parse::Socket&&)>& visit) {
    using parse::Protocol;
    struct File {
        const char* path;
        Protocol protocol;
    };
    constexpr std::array files{
        File{"net/tcp", Protocol::tcp},   File{"net/tcp6", Protocol::tcp},
        File{"net/udp", Protocol::udp},   File{"net/udp6", Protocol::udp},
        File{"net/raw", Protocol::raw},   File{"net/raw6", Protocol::raw},
        File{"net/unix", Protocol::unix_},
    };
    const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    for (const auto& [path, protocol] : files) {
        // A kernel without IPv6 has no tcp6: what is not there has no sockets.
        auto file = process.at.open(path, O_RDONLY);
        if (!file) continue;
        Input input(*std::move(file));
        for (;;) {
            const auto line = input.line();
            if (!line || !*line) break;
            auto text = **line;
            if (text.ends_with('\n')) text.remove_suffix(1);
            auto socket = protocol == Protocol::unix_ ? parse::unix_socket(text)
                                                      : parse::inet_socket(protocol, text, ticks);
            if (socket) visit(*std::move(socket));
        }
    }
}

std::string describe(const parse::Socket& socket) {
    const auto state = std::string(parse::state_name(socket.state));
    if (socket.protocol == parse::Protocol::unix_) {
        const char* type = socket.unix_type == SOCK_STREAM  ? "stream"
                           : socket.unix_type == SOCK_DGRAM ? "dgram"
                                                            : "seqpacket";
        std::string text = std::string("unix ") + type;
        if (!socket.path.empty()) text += " " + socket.path;
        return text + " " + state;
    }
    auto text = std::string(parse::protocol_name(socket.protocol)) + " " +
                parse::text_with_port(socket.local);
    if (!socket.remote.any() || socket.remote.port != 0) {
        text += " -> " + parse::text_with_port(socket.remote);
    }
    return text + " " + state;
}

}  // namespace limpet::commands
