// network/socket_table.cpp - sockets as ss prints them, and as JSON.
#include "commands/network/socket_table.h"

#include "commands/network/ip.h"
#include "commands/network/resolve.h"
#include "commands/network/socket_details.h"
#include "commands/table.h"

#include <charconv>
#include <cstdio>

namespace limpet::commands {
namespace {

using parse::Protocol;
using parse::Socket;

std::string_view netid(const Socket& socket) {
    if (socket.protocol != Protocol::unix_) return parse::protocol_name(socket.protocol);
    return socket.unix_type == SOCK_STREAM  ? "u_str"
           : socket.unix_type == SOCK_DGRAM ? "u_dgr"
                                            : "u_seq";
}

void append_number(std::string& line, std::uint64_t value) {
    char digits[20];
    line.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// A row at a time, in one string; what is the same in all of them is looked up once.
class Printer {
public:
    Printer(Invocation& call, const SocketView& view)
        : call_(call),
          view_(view),
          owners_(owners_for(call, view.processes)),
          with_type_(view.query.unix_ || view.query.tcp + view.query.udp + view.query.raw > 1),
          with_state_((view.query.states & (view.query.states - 1)) != 0),
          table_(call, columns(), view.heading) {}

    void row(const Socket& socket) {
        if (call_.json()) return print_socket_json(call_, view_, socket, owners_);
        line_.clear();
        if (with_type_) cell(netid(socket));
        if (with_state_) cell(parse::state_name(socket.state));
        append_number(line_, socket.receive_queue);
        line_ += '\0';
        append_number(line_, socket.send_queue);
        line_ += '\0';
        if (socket.protocol == Protocol::unix_) {
            unix_ends(socket);
        } else {
            inet_end(socket.local, socket.interface, socket);
            inet_end(socket.remote, 0, socket);
        }
        holders(socket);
        if (view_.timers) append_timer(line_, socket);
        if (view_.extended) extended(socket);
        inside(socket);
        line_ += '\0';
        table_.shown(line_);
    }
    void finish() { table_.finish(); }

private:
    [[nodiscard]] std::vector<Column> columns() const {
        std::vector<Column> list;
        if (with_type_) list.push_back({"netid", Align::left, "Netid"});
        if (with_state_) list.push_back({"state", Align::left, "State"});
        list.push_back({"recv_queue", Align::left, "Recv-Q"});
        list.push_back({"send_queue", Align::left, "Send-Q"});
        list.push_back({"local", Align::right, "Local Address:Port"});
        list.push_back({"remote", Align::right, "Peer Address:Port"});
        list.push_back({"process", Align::left, "Process"});
        return list;
    }
    void cell(std::string_view text) {
        line_ += text;
        line_ += '\0';
    }
    void unix_ends(const Socket& socket) {
        line_ += socket.path.empty() ? "*" : visible(socket.path);
        line_ += ' ';
        append_number(line_, socket.inode);
        cell("");
        line_ += "* ";
        append_number(line_, socket.peer_inode);
        cell("");
    }
    // As ss: "*" is any address of both families, "%lo" the interface that it is bound to.
    void inet_end(const parse::Address& end, std::uint32_t interface, const Socket& socket) {
        if (view_.names && !end.any()) {
            line_ += visible(host(end));
        } else if (end.family == AF_INET) {
            parse::append_text(line_, end);
        } else if (!socket.six_only.value_or(false) && end.any()) {
            line_ += '*';
        } else {
            line_ += '[';
            parse::append_text(line_, end);
            line_ += ']';
        }
        if (interface) {
            line_ += '%';
            line_ += visible(links().name(interface));
        }
        line_ += ':';
        if (end.port) {
            append_number(line_, end.port);
            cell("");
        } else {
            cell("*");
        }
    }
    const std::string& host(const parse::Address& address) {
        const auto text = parse::text(address);
        const auto known =
            std::ranges::find(hosts_, text, &std::pair<std::string, std::string>::first);
        if (known != hosts_.end()) return known->second;
        return hosts_.emplace_back(text, host_name(call_.target, address)).second;
    }
    const ip::Net& links() {
        // Without them, interfaces are called by their number.
        if (!net_) net_ = ip::open_net().value_or(ip::Net{});
        return *net_;
    }
    void holders(const Socket& socket) {
        const auto own = owners_.of(socket.inode);
        if (own.empty()) return;
        line_ += "users:(";
        for (const auto& owner : own) {
            line_ += &owner == own.data() ? "(\"" : ",(\"";
            line_ += visible(owners_.comms[owner.comm]);
            line_ += "\",pid=";
            append_number(line_, static_cast<std::uint64_t>(owner.pid));
            line_ += ",fd=";
            append_number(line_, owner.descriptor);
            line_ += ')';
        }
        line_ += ')';
    }
    void extended(const Socket& socket) {
        if (socket.protocol != Protocol::unix_) {
            if (socket.uid) {
                line_ += " uid:";
                append_number(line_, socket.uid);
            }
            line_ += " ino:";
            append_number(line_, socket.inode);
            char text[64];
            std::snprintf(text, sizeof text, " sk:%llx",
                          static_cast<unsigned long long>(socket.cookie));
            line_ += text;
            if (socket.mark) {
                std::snprintf(text, sizeof text, " fwmark:%#x", socket.mark);
                line_ += text;
            }
            if (socket.six_only) line_ += *socket.six_only ? " v6only:1" : " v6only:0";
        }
        if (socket.shut) {
            line_ += ' ';
            line_ += *socket.shut & 1 ? '-' : '<';
            line_ += '-';
            line_ += *socket.shut & 2 ? '-' : '>';
        }
    }
    // On a line of its own, as ss has it.
    void inside(const Socket& socket) {
        const auto before = line_.size();
        append_memory(line_, socket);
        if (view_.details) append_tcp(line_, socket, view_.timers);
        if (line_.size() > before && !view_.one_line) line_.insert(before, "\n\t");
    }

    Invocation& call_;
    const SocketView& view_;
    SocketOwners owners_;
    bool with_type_, with_state_;
    Table table_;
    std::optional<ip::Net> net_;
    std::vector<std::pair<std::string, std::string>> hosts_;  // asked for once each
    std::string line_;
};

}  // namespace

SocketOwners owners_for(Invocation& call, bool wanted) {
    if (wanted && call.target.rung >= 'E') {
        call.complain(Error{EACCES, "tell", "which processes have the sockets", {}});
    }
    return wanted ? socket_owners(call.target) : SocketOwners{};
}

void print_socket_json(Invocation& call, const SocketView& view, const Socket& socket,
                       const SocketOwners& owners) {
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
    if (view.extended) {
        object.number("cookie", socket.cookie).number("mark", socket.mark);
        object.number("cgroup", socket.cgroup);
    }
    if (view.processes) {
        std::string list;
        for (const auto& owner : owners.of(socket.inode)) {
            list += list.empty() ? "" : ",";
            list += JsonObject()
                        .number("pid", owner.pid)
                        .number("fd", owner.descriptor)
                        .text("comm", owners.comms[owner.comm])
                        .take();
        }
        object.raw("processes", "[" + list + "]");
    }
    if ((view.details || view.timers) && socket.protocol == Protocol::tcp) {
        object.text("timer", timer_name(socket.timer));
        object.number("timer_expires", socket.timer_expires);
        object.number("retransmits", socket.retransmits);
    }
    if (!socket.memory.empty()) object.raw("memory", memory_json(socket));
    if (!socket.tcp.empty()) object.raw("tcp", tcp_json(socket));
    object.line(call.out);
}

Result<> print_sockets(Invocation& call, const SocketView& view) {
    Printer printer(call, view);
    const auto done = each_socket(call.target, view.query, [&](Socket&& socket) {
        if (view.filter.matches(socket)) printer.row(socket);
    });
    printer.finish();
    return done;
}

}  // namespace limpet::commands
