// network/socket_table.cpp - sockets as ss and netstat print them.
#include "commands/network/socket_table.h"

#include "commands/json.h"

#include <cstdio>

namespace limpet::commands {
namespace {

using parse::Protocol;
using parse::Socket;

std::string netid(const Socket& socket) {
    if (socket.protocol != Protocol::unix_)
        return std::string(parse::protocol_name(socket.protocol));
    return socket.unix_type == SOCK_STREAM  ? "u_str"
           : socket.unix_type == SOCK_DGRAM ? "u_dgr"
                                            : "u_seq";
}

std::string_view timer_name(std::uint8_t timer) {
    switch (timer) {
        case 1: return "on";
        case 2: return "keepalive";
        case 3: return "timewait";
        case 4: return "persist";
        default: return "none";
    }
}

std::string owners_text(const std::vector<SocketOwner>& owners) {
    std::string text;
    for (const auto& [pid, descriptor, comm] : owners) {
        text += (text.empty() ? "" : ",") + comm + "[" + std::to_string(pid) +
                "]:" + std::to_string(descriptor);
    }
    return text;
}

std::string details_text(const Socket& socket) {
    std::string text;
    if (socket.timer != 0) {
        text += "timer:" + std::string(timer_name(socket.timer)) + "," +
                std::to_string(socket.timer_expires) + "ms," + std::to_string(socket.retransmits);
    }
    if (!socket.tcp) return text;
    const auto& tcp = *socket.tcp;
    char line[256];
    std::snprintf(line, sizeof line,
                  "%s%s rto:%.0f rtt:%.3f/%.3f mss:%u cwnd:%u bytes_sent:%llu bytes_acked:%llu "
                  "bytes_received:%llu retrans:%u lost:%u",
                  text.empty() ? "" : " ", socket.congestion.c_str(), tcp.rto / 1000.0,
                  tcp.rtt / 1000.0, tcp.rtt_variance / 1000.0, tcp.segment_size,
                  tcp.congestion_window, static_cast<unsigned long long>(tcp.bytes_sent),
                  static_cast<unsigned long long>(tcp.bytes_acked),
                  static_cast<unsigned long long>(tcp.bytes_received), tcp.retransmitted, tcp.lost);
    return text + line;
}

std::string tcp_json(const Socket& socket) {
    const auto& tcp = *socket.tcp;
    JsonObject object;
    object.text("congestion", socket.congestion).real("rtt", tcp.rtt / 1000.0);
    object.real("rtt_variance", tcp.rtt_variance / 1000.0).real("rto", tcp.rto / 1000.0);
    object.number("mss", tcp.segment_size).number("cwnd", tcp.congestion_window);
    object.number("bytes_sent", tcp.bytes_sent).number("bytes_acked", tcp.bytes_acked);
    object.number("bytes_received", tcp.bytes_received);
    object.number("retransmitted", tcp.retransmitted).number("lost", tcp.lost);
    object.number("delivery_rate", tcp.delivery_rate);
    return object.take();
}

void print_json(Invocation& call, const SocketView& view, const Socket& socket,
                const std::vector<SocketOwner>* owners) {
    JsonObject object;
    object.text("protocol", parse::protocol_name(socket.protocol));
    object.text("state", parse::state_name(socket.state));
    object.number("recv_queue", socket.receive_queue).number("send_queue", socket.send_queue);
    if (socket.protocol == Protocol::unix_) {
        object.text("type", unix_type_name(socket.unix_type)).text("path", socket.path);
        object.number("peer_inode", socket.peer_inode);
    } else {
        object.text("family", socket.local.family == AF_INET ? "inet" : "inet6");
        object.text("local_address", parse::text(socket.local));
        object.number("local_port", socket.local.port);
        object.text("remote_address", parse::text(socket.remote));
        object.number("remote_port", socket.remote.port).number("interface", socket.interface);
    }
    object.number("inode", socket.inode).number("uid", socket.uid);
    if (view.processes) {
        std::string list;
        if (owners) {
            for (const auto& [pid, descriptor, comm] : *owners) {
                list += list.empty() ? "" : ",";
                list += JsonObject()
                            .number("pid", pid)
                            .number("fd", descriptor)
                            .text("comm", comm)
                            .take();
            }
        }
        object.raw("processes", "[" + list + "]");
    }
    if (view.details && socket.protocol == Protocol::tcp) {
        object.text("timer", timer_name(socket.timer));
        object.number("timer_expires", socket.timer_expires);
        object.number("retransmits", socket.retransmits);
        if (socket.tcp) object.raw("tcp", tcp_json(socket));
    }
    call.out.write(object.take() + '\n');
}

std::vector<Cell> cells_of(const SocketView& view, const Socket& socket,
                           const std::vector<SocketOwner>* owners) {
    std::vector<Cell> cells;
    cells.emplace_back(netid(socket));
    cells.emplace_back(std::string(parse::state_name(socket.state)));
    cells.emplace_back(socket.receive_queue);
    cells.emplace_back(socket.send_queue);
    if (socket.protocol == Protocol::unix_) {
        cells.emplace_back((socket.path.empty() ? "*" : socket.path) + " " +
                           std::to_string(socket.inode));
        cells.emplace_back("* " + std::to_string(socket.peer_inode));
    } else {
        cells.emplace_back(parse::text_with_port(socket.local));
        cells.emplace_back(parse::text_with_port(socket.remote));
    }
    if (view.extended) {
        cells.emplace_back(std::uint64_t{socket.uid});
        cells.emplace_back(socket.inode);
    }
    if (view.processes) cells.emplace_back(owners ? owners_text(*owners) : std::string());
    if (view.details) cells.emplace_back(details_text(socket));
    return cells;
}

}  // namespace

Result<> print_sockets(Invocation& call, const SocketView& view) {
    const auto owners = view.processes ? socket_owners(call.target) : SocketOwners{};
    if (view.processes && call.target.rung >= 'E') {
        call.complain(Error{EACCES, "tell", "which processes have the sockets", {}});
    }
    std::vector<Column> columns{{"netid"}, {"state"}};
    columns.push_back({"recv_queue", Align::right, "RECV-Q"});
    columns.push_back({"send_queue", Align::right, "SEND-Q"});
    columns.push_back({"local", Align::left, "LOCAL"});
    columns.push_back({"remote", Align::left, "PEER"});
    if (view.extended) {
        columns.push_back({"uid", Align::right});
        columns.push_back({"inode", Align::right});
    }
    if (view.processes) columns.push_back({"process"});
    if (view.details) columns.push_back({"details"});
    Table table(call, std::move(columns), view.heading);
    const auto done = each_socket(call.target, view.query, [&](Socket&& socket) {
        const bool inet = socket.protocol != Protocol::unix_;
        if (view.local_port && !(inet && socket.local.port == *view.local_port)) return;
        if (view.remote_port && !(inet && socket.remote.port == *view.remote_port)) return;
        const auto found = owners.find(socket.inode);
        const auto* holders = found == owners.end() ? nullptr : &found->second;
        if (call.json()) {
            print_json(call, view, socket, holders);
        } else {
            table.row(cells_of(view, socket, holders));
        }
    });
    table.finish();
    return done;
}

}  // namespace limpet::commands
