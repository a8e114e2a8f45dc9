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

Result<> ask_inet(const Fd& netlink, Protocol protocol, int family, const SocketQuery& query,
                  const Visit& visit) {
    inet_diag_req_v2 request{};
    request.sdiag_family = static_cast<std::uint8_t>(family);
    request.sdiag_protocol = protocol == Protocol::tcp   ? IPPROTO_TCP
                             : protocol == Protocol::udp ? IPPROTO_UDP
                                                         : IPPROTO_RAW;
    if (query.details && protocol == Protocol::tcp) {
        request.idiag_ext = 1 << (INET_DIAG_INFO - 1) | 1 << (INET_DIAG_CONG - 1);
    }
    if (query.memory) request.idiag_ext |= 1 << (INET_DIAG_SKMEMINFO - 1);
    request.idiag_states = query.states;
    std::vector<std::byte> bytes;
    const auto add = [&](const auto& part) {
        const auto own = std::as_bytes(std::span(&part, 1));
        bytes.insert(bytes.end(), own.begin(), own.end());
    };
    add(request);
    // A program for the kernel: each step goes on by so many bytes, and past the end is a refusal.
    // The port is at least that one and at most that one, in what every kernel knows.
    struct Program {
        nlattr header{sizeof(Program), INET_DIAG_REQ_BYTECODE};
        inet_diag_bc_op steps[4]{};
    } program;
    if (const auto port = query.local_port ? query.local_port : query.remote_port) {
        const bool local = query.local_port != 0;
        program.steps[0] = {
            static_cast<std::uint8_t>(local ? INET_DIAG_BC_S_GE : INET_DIAG_BC_D_GE), 8, 20};
        program.steps[2] = {
            static_cast<std::uint8_t>(local ? INET_DIAG_BC_S_LE : INET_DIAG_BC_D_LE), 8, 12};
        program.steps[1].no = program.steps[3].no = port;
        add(program);
    }
    return sys::netlink_ask(
        netlink, SOCK_DIAG_BY_FAMILY, true, bytes,
        [&](std::uint16_t, parse::Bytes message) {
            if (auto socket = parse::inet_diag(protocol, message)) visit(*std::move(socket));
        },
        "sockets");
}

Result<> ask_unix(const Fd& netlink, const SocketQuery& query, const Visit& visit) {
    unix_diag_req request{};
    request.sdiag_family = AF_UNIX;
    request.udiag_states = query.states;
    request.udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_UID;
    if (query.memory) request.udiag_show |= UDIAG_SHOW_MEMINFO;
    return sys::netlink_ask(
        netlink, SOCK_DIAG_BY_FAMILY, true, std::as_bytes(std::span(&request, 1)),
        [&](std::uint16_t, parse::Bytes message) {
            if (auto socket = parse::unix_diag(message)) visit(*std::move(socket));
        },
        "unix sockets");
}

struct Part {
    const char* path;
    Protocol protocol;
    int family;
};
// In the order of iproute2.
constexpr std::array parts{
    Part{"net/unix", Protocol::unix_, AF_UNIX}, Part{"net/raw", Protocol::raw, AF_INET},
    Part{"net/raw6", Protocol::raw, AF_INET6},  Part{"net/udp", Protocol::udp, AF_INET},
    Part{"net/udp6", Protocol::udp, AF_INET6},  Part{"net/tcp", Protocol::tcp, AF_INET},
    Part{"net/tcp6", Protocol::tcp, AF_INET6},
};

void read_part(const Process& process, const Part& part, std::uint32_t states, const Visit& visit) {
    // A kernel without IPv6 has no tcp6: what is not there has no sockets.
    auto file = process.at.open(part.path, O_RDONLY);
    if (!file) return;
    const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    Input input(*file, true);
    for (;;) {
        const auto line = input.line();
        if (!line || !*line) return;
        auto text = **line;
        if (text.ends_with('\n')) text.remove_suffix(1);
        auto socket = part.protocol == Protocol::unix_
                          ? parse::unix_socket(text)
                          : parse::inet_socket(part.protocol, text, ticks);
        if (socket && (states >> socket->state & 1)) visit(*std::move(socket));
    }
}

}  // namespace

bool SocketQuery::wants(Protocol protocol, int family) const {
    switch (protocol) {
        case Protocol::unix_: return unix_;
        case Protocol::tcp: return tcp && (family == AF_INET ? four : six);
        case Protocol::udp: return udp && (family == AF_INET ? four : six);
        case Protocol::raw: return raw && (family == AF_INET ? four : six);
    }
    return false;
}

Result<> each_socket(const target::Target& target, const SocketQuery& query, const Visit& visit) {
    const auto netlink = sys::netlink(NETLINK_SOCK_DIAG);
    std::optional<Process> process;
    for (const auto& part : parts) {
        if (!query.wants(part.protocol, part.family)) continue;
        if (netlink) {
            bool any = false;
            const Visit counted = [&](parse::Socket&& socket) {
                any = true;
                visit(std::move(socket));
            };
            auto done = part.protocol == Protocol::unix_
                            ? ask_unix(*netlink, query, counted)
                            : ask_inet(*netlink, part.protocol, part.family, query, counted);
            if (done) continue;
            // Cut off in the middle: what was given must not come a second time.
            if (any) return done;
        }
        // The kernel loads its *_diag modules on demand, or has none, or a filter forbids it.
        if (!process) process = TRY(open_process(target, target.inner_pid));
        read_part(*process, part, query.states, visit);
    }
    return {};
}

void each_proc_socket(const Process& process, const Visit& visit, const SocketQuery& query) {
    for (const auto& part : parts) {
        if (query.wants(part.protocol, part.family)) read_part(process, part, query.states, visit);
    }
}

std::span<const SocketOwner> SocketOwners::of(std::uint64_t inode) const {
    const auto found = std::ranges::equal_range(owners, inode, {}, &SocketOwner::inode);
    return {found.begin(), found.end()};
}

SocketOwners socket_owners(const target::Target& target) {
    constexpr std::string_view prefix = "socket:[";
    SocketOwners found;
    const auto look = [&](Process& process) {
        const auto links = process.at.child("fd");
        if (!links) return;
        const auto comms = found.comms.size();
        target::Listing listing(links->fd, links->name);
        for (;;) {
            const auto entry = listing.next();
            if (!entry || !*entry) return;
            const std::string name((*entry)->name);
            const auto link = links->readlink(name);
            if (!link || !link->starts_with(prefix)) continue;
            const auto inode = parse::number<std::uint64_t>(
                std::string_view(*link).substr(prefix.size(), link->size() - prefix.size() - 1));
            const auto descriptor = parse::number<std::uint32_t>(name);
            if (!inode || !descriptor) continue;
            if (found.comms.size() == comms) {
                found.comms.push_back(read_small(process, "comm").value_or("?\n"));
                if (found.comms.back().ends_with('\n')) found.comms.back().pop_back();
            }
            found.owners.push_back(
                {*inode, process.pid, *descriptor, static_cast<std::uint32_t>(comms)});
        }
    };
    // Without a view of the processes sockets have no owners, and that is all.
    static_cast<void>(each_process(target, look));
    std::ranges::stable_sort(found.owners, {}, &SocketOwner::inode);
    return found;
}

std::string_view unix_type_name(std::uint16_t type) {
    return type == SOCK_STREAM ? "stream" : type == SOCK_DGRAM ? "dgram" : "seqpacket";
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
