// fds.cpp - open file descriptors of processes.
#include "commands/network/sockets.h"
#include "commands/process/open_files.h"
#include "commands/table.h"

namespace limpet::commands {
namespace {

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

void add(Table& table, bool json, const Process& process, const OpenFile& file,
         OpenSockets& sockets) {
    const auto& info = file.info;
    const auto inode = file.socket();
    const auto* socket = inode ? sockets.find(process, *inode) : nullptr;
    Cells cells;
    cells.number(process.pid).number(file.number).text(type(file.link));
    info.flags ? cells.text(parse::access_mode(*info.flags)) : cells.nothing();
    cells.count(info.position);
    cells.texts(info.flags ? parse::flag_names(*info.flags) : std::vector<std::string>{});
    if (!json) {
        cells.text(socket ? describe(*socket) : file.link);
    } else {
        cells.boolean(file.deleted()).text(file.link);
        socket ? cells.text(describe(*socket)) : cells.nothing();
    }
    table.row(std::move(cells));
}

Result<> list(Table& table, bool json, OpenSockets& sockets, const Process& process) {
    return each_open_file(process, descriptors | details,
                          [&](const OpenFile& file) { add(table, json, process, file, sockets); });
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
    OpenSockets sockets;
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
    .options = option_table<options>,
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
