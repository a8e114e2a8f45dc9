// network/sockets.cpp - sockets of a network namespace: sock_diag(7), or /proc/PID/net.
#include "commands/network/sockets.h"

#include "commands/stream.h"
#include "parse/number.h"
#include "parse/sock_diag.h"
#include "sys/netlink.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>

namespace limpet::commands {
namespace {

using Visit = std::function<void(parse::Socket&&)>;
using parse::Protocol;

template <typename T>
std::span<const std::byte> bytes_of(const T& value) {
    return std::as_bytes(std::span(&value, 1));
}

Result<> ask_inet(const Fd& netlink, Protocol protocol, std::uint8_t family,
                  const SocketQuery& query, const Visit& visit) {
    inet_diag_req_v2 request{};
    request.sdiag_family = family;
    request.sdiag_protocol = protocol == Protocol::tcp   ? IPPROTO_TCP
                             : protocol == Protocol::udp ? IPPROTO_UDP
                                                         : IPPROTO_RAW;
    if (query.details && protocol == Protocol::tcp) {
        request.idiag_ext = 1 << (INET_DIAG_INFO - 1) | 1 << (INET_DIAG_CONG - 1);
    }
    request.idiag_states = query.states;
    return sys::netlink_ask(
        netlink, SOCK_DIAG_BY_FAMILY, true, bytes_of(request),
        [&](std::uint16_t, parse::Bytes message) {
            if (auto socket = parse::inet_diag(protocol, message)) {
                visit(*std::move(socket));
            }
        },
        "sockets");
}

Result<> ask_unix(const Fd& netlink, const SocketQuery& query, const Visit& visit) {
    unix_diag_req request{};
    request.sdiag_family = AF_UNIX;
    request.udiag_states = query.states;
    request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID;
    return sys::netlink_ask(
        netlink, SOCK_DIAG_BY_FAMILY, true, bytes_of(request),
        [&](std::uint16_t, parse::Bytes message) {
            if (auto socket = parse::unix_diag(message)) {
                visit(*std::move(socket));
            }
        },
        "unix sockets");
}

// Of one protocol, both families or none: what was given before a refusal must not come twice.
Result<> ask(const Fd& netlink, Protocol protocol, const SocketQuery& query, const Visit& visit) {
    if (protocol == Protocol::unix_) return ask_unix(netlink, query, visit);
    std::vector<parse::Socket> found;
    const auto keep = [&](parse::Socket&& socket) { found.push_back(std::move(socket)); };
    for (const auto family : {AF_INET, AF_INET6}) {
        if (!(family == AF_INET ? query.four : query.six)) continue;
        TRY(ask_inet(netlink, protocol, static_cast<std::uint8_t>(family), query, keep));
    }
    for (auto& socket : found) visit(std::move(socket));
    return {};
}

}  // namespace

bool SocketQuery::matches(const parse::Socket& socket) const {
    if (((states >> socket.state) & 1) == 0) return false;
    if (socket.protocol == Protocol::unix_) return unix_;
    if (!(socket.local.family == AF_INET ? four : six)) return false;
    return socket.protocol == Protocol::tcp ? tcp : socket.protocol == Protocol::udp ? udp : raw;
}

Result<> each_socket(const target::Target& target, const SocketQuery& query, const Visit& visit) {
    const auto netlink = sys::netlink(NETLINK_SOCK_DIAG);
    SocketQuery from_files = query;
    from_files.tcp = from_files.udp = from_files.raw = from_files.unix_ = false;
    struct Part {
        Protocol protocol;
        bool SocketQuery::* wanted;
    };
    constexpr std::array parts{
        Part{Protocol::unix_, &SocketQuery::unix_}, Part{Protocol::raw, &SocketQuery::raw},
        Part{Protocol::udp, &SocketQuery::udp}, Part{Protocol::tcp, &SocketQuery::tcp}};
    bool complete = true;
    for (const auto& [protocol, wanted] : parts) {
        if (!(query.*wanted)) continue;
        // The kernel loads its *_diag modules on demand, or has none, or a filter forbids it.
        if (netlink && ask(*netlink, protocol, query, visit)) continue;
        from_files.*wanted = true;
        complete = false;
    }
    if (complete) return {};
    const auto process = TRY(open_process(target, target.inner_pid));
    each_proc_socket(process, [&](parse::Socket&& socket) {
        if (from_files.matches(socket)) visit(std::move(socket));
    });
    return {};
}

SocketOwners socket_owners(const target::Target& target) {
    constexpr std::string_view prefix = "socket:[";
    SocketOwners owners;
    const auto look = [&](Process& process) {
        const auto links = process.at.child("fd");
        if (!links) return;
        std::string comm;
        target::Listing listing(links->fd, links->name);
        for (;;) {
            const auto entry = listing.next();
            if (!entry || !*entry) return;
            const std::string name((*entry)->name);
            const auto link = links->readlink(name);
            if (!link || !link->starts_with(prefix)) continue;
            const auto inode = parse::number<std::uint64_t>(
                std::string_view(*link).substr(prefix.size(), link->size() - prefix.size() - 1));
            if (!inode) continue;
            if (comm.empty()) {
                comm = read_small(process, "comm").value_or("?\n");
                if (comm.ends_with('\n')) comm.pop_back();
            }
            owners[*inode].push_back(
                {process.pid, parse::number<std::int64_t>(name).value_or(-1), comm});
        }
    };
    // Without a view of the processes sockets have no owners, and that is all.
    static_cast<void>(each_process(target, look));
    return owners;
}

std::string_view unix_type_name(std::uint16_t type) {
    return type == SOCK_STREAM ? "stream" : type == SOCK_DGRAM ? "dgram" : "seqpacket";
}

void each_proc_socket(const Process& process, const std::function<void(parse::Socket&&)>& visit) {
    struct File {
        const char* path;
        Protocol protocol;
    };
    constexpr std::array files{
        File{"net/tcp", Protocol::tcp},    File{"net/tcp6", Protocol::tcp},
        File{"net/udp", Protocol::udp},    File{"net/udp6", Protocol::udp},
        File{"net/raw", Protocol::raw},    File{"net/raw6", Protocol::raw},
        File{"net/unix", Protocol::unix_},
    };
    const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    for (const auto& [path, protocol] : files) {
        // A kernel without IPv6 has no tcp6: what is not there has no sockets.
        auto file = process.at.open(path, O_RDONLY);
        if (!file) continue;
        Input input(*file, true);
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
        std::string text = "unix " + std::string(unix_type_name(socket.unix_type));
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
