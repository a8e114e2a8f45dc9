// fds.cpp - open file descriptors of processes.
#include "commands/network/sockets.h"
#include "commands/process/process.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/fdinfo.h"
#include "parse/number.h"

#include <map>
#include <unordered_map>

namespace limpet::commands {
namespace {

// What sockets are, by inode, for every network namespace that was met.
class Sockets {
public:
    std::string text(const Process& process, std::string_view link) {
        constexpr std::string_view prefix = "socket:[";
        if (!link.starts_with(prefix)) return {};
        const auto inode = parse::number<std::uint64_t>(
            link.substr(prefix.size(), link.size() - prefix.size() - 1));
        if (!inode) return {};
        const auto& known = of(process);
        const auto found = known.find(*inode);
        return found == known.end() ? std::string{} : found->second;
    }

private:
    using ByInode = std::unordered_map<std::uint64_t, std::string>;
    const ByInode& of(const Process& process) {
        const auto name = process.at.readlink("ns/net").value_or("");
        const auto [place, fresh] = namespaces_.try_emplace(name);
        if (fresh) {
            each_proc_socket(process, [&](parse::Socket&& socket) {
                if (socket.inode != 0) place->second.emplace(socket.inode, describe(socket));
            });
        }
        return place->second;
    }
    std::map<std::string, ByInode> namespaces_;
};

// By the text of the link alone: following it would touch the object.
std::string_view type(std::string_view link) {
    if (link.starts_with("socket:")) return "socket";
    if (link.starts_with("pipe:")) return "pipe";
    if (link.starts_with("anon_inode:")) return "anon";
    if (link.starts_with("/memfd:")) return "memfd";
    if (link.starts_with("/dev/")) return "device";
    if (link.starts_with('/')) return "file";
    return "other";
}

struct Descriptor {
    std::int64_t number = 0;
    std::string link;
    std::string socket;  // what it is, when it is one that is known
    parse::FdInfo info;
};

void add(Table& table, bool json, pid_t pid, const Descriptor& descriptor) {
    const auto& [number, link, socket, info] = descriptor;
    std::vector<Cell> cells;
    cells.emplace_back(std::int64_t{pid});
    cells.emplace_back(number);
    cells.emplace_back(std::string(type(link)));
    cells.emplace_back();
    if (info.flags) cells.back() = parse::access_mode(*info.flags);
    cells.emplace_back();
    if (info.position) cells.back() = *info.position;
    cells.emplace_back(info.flags ? parse::flag_names(*info.flags) : std::vector<std::string>{});
    if (!json) {
        cells.emplace_back(socket.empty() ? link : socket);
    } else {
        cells.emplace_back(link.ends_with(" (deleted)"));
        cells.emplace_back(link);
        cells.emplace_back();
        if (!socket.empty()) cells.back() = socket;
    }
    table.row(std::move(cells));
}

Result<> list(Table& table, bool json, Sockets& sockets, const Process& process) {
    const auto links = TRY(process.at.child("fd"));
    // Without it only what the links say is known.
    const auto details = process.at.child("fdinfo");
    target::Listing listing(links.fd, links.name);
    for (;;) {
        const auto entry = TRY(listing.next());
        if (!entry) return {};
        const std::string name(entry->name);
        auto link = links.readlink(name);
        // Their numbers may be seen by who must not know what they are.
        if (!link && link.error().code == EACCES) return std::unexpected(link.error());
        if (!link) continue;  // closed meanwhile
        Descriptor descriptor;
        descriptor.number = parse::number<std::int64_t>(name).value_or(-1);
        descriptor.socket = sockets.text(process, *link);
        descriptor.link = *std::move(link);
        if (details) {
            if (auto text = details->read(name, limits::small_file)) {
                descriptor.info = parse::fdinfo(*text);
            }
        }
        add(table, json, process.pid, descriptor);
    }
}

int run(Invocation& call) {
    const bool json = call.json();
    std::vector<Column> columns{{"pid", Align::right}, {"fd", Align::right}};
    columns.push_back({"type"});
    columns.push_back({"mode"});
    columns.push_back({"position", Align::right, "POS"});
    columns.push_back({"flags"});
    if (json) columns.push_back({"deleted"});
    columns.push_back({"target"});
    if (json) columns.push_back({"socket"});
    Table table(call, std::move(columns));
    Sockets sockets;
    if (call.options.has('a')) {
        // Those that we may not look into are as silent as those that vanish.
        const auto done = each_process(call.target, [&](Process& process) {
            static_cast<void>(list(table, json, sockets, process));
        });
        if (!done) call.complain(done.error());
    } else {
        for (const auto& process : operand_processes(call)) {
            const auto done = list(table, json, sockets, process);
            if (!done) call.complain(done.error());
        }
    }
    table.finish();
    return call.status;
}

constexpr Option options[]{
    {'a', "all", "", "of all processes of the target"},
    json_option,
};

constexpr Command fds{
    .name = "fds",
    .usage = "[-a] [-o json] [PID...]",
    .summary = "list open file descriptors of processes",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = options,
    .help =
        "Without PID, of the target's main process. A socket shows its addresses and state.\n"
        "JSON fields: pid, fd, type (file, device, socket, pipe, anon, memfd, other), mode (r, w,\n"
        "rw, path), position, flags (a list: append, nonblock, cloexec, sync, dsync, direct,\n"
        "tmpfile, directory), deleted, target (the link's text), socket (null when it is none).\n"
        "\nExamples:\n  fds 1\n  fds -o json 1 7\n",
};
const Register registered{fds};

}  // namespace
}  // namespace limpet::commands
