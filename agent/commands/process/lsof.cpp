// lsof.cpp - open files of processes; the options of lsof(8).
#include "commands/process/lsof.h"
#include "commands/json.h"
#include "commands/network/sockets.h"
#include "commands/table.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <cinttypes>

namespace limpet::commands {
namespace {

using lsof::Request;
using lsof::Who;

// One line: what each column and each field of -F shows.
struct Line {
    std::string descriptor;  // "cwd", "3"
    char access = ' ', lock = ' ';
    std::string type, device, size, node, name, protocol, state;
    bool offset = false;  // size is one
};

std::string number_text(const char* format, std::uint64_t value) {
    char text[32];
    // The caller's format is one of two below.
    std::snprintf(text, sizeof text, format, value);
    return text;
}

std::string device_text(std::uint32_t major, std::uint32_t minor) {
    return std::to_string(major) + "," + std::to_string(minor);
}

std::string endpoint(const parse::Address& address) {
    auto text = parse::text_with_port(address);
    if (address.any()) text.replace(0, text.rfind(':'), "*");
    return text;
}

const char* type_of(const OpenFile& file) {
    if (file.link.starts_with("anon_inode:")) return "a_inode";
    if (file.kind == OpenFile::Kind::mapped) return "REG";
    if (!file.status) {
        return file.socket() ? "sock" : file.link.starts_with("pipe:") ? "FIFO" : "unknown";
    }
    switch (file.status->stx_mode & S_IFMT) {
        case S_IFREG: return "REG";
        case S_IFDIR: return "DIR";
        case S_IFCHR: return "CHR";
        case S_IFBLK: return "BLK";
        case S_IFIFO: return "FIFO";
        case S_IFSOCK: return "sock";
        case S_IFLNK: return "LINK";
    }
    return "unknown";
}

void describe_socket(Line& line, const parse::Socket& socket) {
    line.size = "0t0";
    line.offset = true;
    line.state = lsof::state_name(socket);
    if (socket.protocol == parse::Protocol::unix_) {
        line.type = "unix";
        line.node = std::to_string(socket.inode);
        line.name = socket.path.empty() ? "" : socket.path + " ";
        line.name += "type=";
        for (const char letter : unix_type_name(socket.unix_type)) {
            line.name += static_cast<char>(letter - 'a' + 'A');
        }
        if (line.state == "ESTABLISHED") line.state = "CONNECTED";
        if (line.state == "UNCONN") line.state = "UNCONNECTED";
    } else {
        line.type = socket.local.family == AF_INET ? "IPv4" : "IPv6";
        line.device = std::to_string(socket.inode);
        for (const char letter : parse::protocol_name(socket.protocol)) {
            line.protocol += static_cast<char>(letter - 'a' + 'A');
        }
        line.node = line.protocol;
        line.name = endpoint(socket.local);
        if (!socket.remote.any() || socket.remote.port != 0) {
            line.name += "->" + endpoint(socket.remote);
        }
        if (socket.protocol != parse::Protocol::tcp) line.state.clear();
    }
}

class Lister {
public:
    Lister(Invocation& call, Request request, ProcessNames& names)
        : call_(call), request_(std::move(request)), names_(names) {
        terse_ = call.options.has('t') && !call.json();
        for (const auto& [option, value] : call.options.all()) {
            if (option.letter == 'F') fields_ = fields_.value_or("") + value;
            always_offset_ = always_offset_ || (option.letter == 'o' && value.empty());
        }
        parts_ = descriptors | places | details | statuses;
        // Those alone have no mappings; the text of maps is what costs most.
        constexpr unsigned never_mapped = lsof::by_internet | lsof::by_unix;
        const auto of_files = request_.kinds & ~lsof::process_kinds;
        const bool apart = request_.all || (request_.kinds & lsof::process_kinds) == 0;
        if (!(apart && (of_files & never_mapped) != 0 && (of_files & ~never_mapped) == 0)) {
            parts_ |= mappings;
        }
    }

    int run() {
        std::vector<Column> columns{{"command"}, {"pid", Align::right}};
        if (call_.options.has('g')) columns.push_back({"pgid", Align::right});
        if (call_.options.has('R')) columns.push_back({"ppid", Align::right});
        columns.push_back({"user"});
        columns.push_back({"fd", Align::right});
        columns.push_back({"type", Align::right});
        columns.push_back({"device", Align::right});
        columns.push_back({"size", Align::right, always_offset_ ? "OFFSET" : "SIZE/OFF"});
        if (request_.link_column) columns.push_back({"links", Align::right, "NLINK"});
        columns.push_back({"node", Align::right});
        columns.push_back({"name"});
        Table table(call_, std::move(columns));
        const auto visit = [&](Process& process) { list(process, table); };
        const bool only_pids =
            !request_.pids.wanted.empty() && (request_.all || request_.kinds == lsof::by_pid);
        if (only_pids) {
            for (const auto pid : request_.pids.wanted) {
                auto process = open_process(call_.target, pid);
                if (process) visit(*process);
            }
        } else if (const auto done = each_process(call_.target, visit); !done) {
            call_.complain(done.error());
        }
        if (any_ && !terse_ && !fields_) table.finish();
        return any_ ? call_.status : 1;
    }

private:
    std::optional<Who> who(const Process& process) {
        const auto owner = sys::statx(process.at.fd, "", 0);
        auto stat = read_stat(process);
        if (!stat || !owner) return std::nullopt;
        return Who{process.pid, stat->ppid, stat->pgrp, names_.inner_uid(owner->stx_uid),
                   std::move(stat->comm)};
    }

    void list(Process& process, Table& table) {
        const auto of = who(process);
        if (!of) return;
        const auto bits = request_.match(*of);
        if (!bits) return;
        const auto asked = request_.kinds & lsof::process_kinds;
        const bool of_files = (request_.kinds & ~lsof::process_kinds) != 0;
        if (request_.all && (*bits & asked) != asked) return;
        if (!request_.all && asked != 0 && *bits == 0 && !of_files) return;
        bool told = false;  // the process, of -t and -F
        const auto visit = [&](OpenFile& file) {
            if (terse_ && told) return;
            const auto inode = file.socket();
            const auto* socket = inode ? sockets_.find(process, *inode) : nullptr;
            if (file.status) {
                file.device = makedev(file.status->stx_dev_major, file.status->stx_dev_minor);
                file.inode = file.status->stx_ino;
            } else if (file.kind == OpenFile::Kind::mapped) {
                if (file.inode == program_inode_) return;
                look_up(file);
            }
            if (file.kind == OpenFile::Kind::program) program_inode_ = file.inode;
            const auto line = describe(file, socket);
            if (!request_.selected(*bits, file, socket, line.descriptor)) return;
            any_ = true;
            print(*of, file, line, table, told);
            told = true;
        };
        program_inode_ = 0;
        const auto done = each_open_file(process, parts_, visit);
        const bool asked_for = (*bits & lsof::by_pid) != 0 && !terse_ && !fields_;
        if (!done && asked_for && done.error().code != ESRCH && done.error().code != ENOENT) {
            call_.complain(done.error());
        }
    }

    // A mapped file's size is its file's, when the tree has that very file still.
    void look_up(OpenFile& file) {
        if (terse_ || !any(call_.target.grants & Grant::files) || file.deleted()) return;
        const auto status = target::stat(call_.target, file.link, target::Follow::no);
        if (status && status->stx_ino == file.inode) file.status = *status;
    }

    Line describe(const OpenFile& file, const parse::Socket* socket) const {
        Line line{.type = type_of(file), .name = file.link};
        switch (file.kind) {
            case OpenFile::Kind::directory: line.descriptor = "cwd"; break;
            case OpenFile::Kind::root: line.descriptor = "rtd"; break;
            case OpenFile::Kind::program: line.descriptor = "txt"; break;
            case OpenFile::Kind::mapped: line.descriptor = file.deleted() ? "DEL" : "mem"; break;
            case OpenFile::Kind::descriptor:
                line.descriptor = std::to_string(file.number);
                if (file.info.flags) {
                    const auto mode = parse::access_mode(*file.info.flags);
                    line.access = mode == "rw" ? 'u' : mode == "path" ? ' ' : mode[0];
                }
                if (file.info.lock) line.lock = file.info.lock;
        }
        if (file.link.empty()) line.name = "(not allowed to know)";
        if (file.link.starts_with("pipe:")) line.name = "pipe";
        if (line.type == "a_inode") line.name = file.link.substr(11);
        if (socket) {
            describe_socket(line, *socket);
            if (!line.state.empty()) return line;
        } else {
            describe_object(line, file);
        }
        return line;
    }

    void describe_object(Line& line, const OpenFile& file) const {
        line.device = device_text(major(file.device), minor(file.device));
        line.node = std::to_string(file.inode);
        if (!file.status) {
            if (file.inode == 0) line.device = line.node = "";
            return;
        }
        const auto& status = *file.status;
        const auto kind = status.stx_mode & S_IFMT;
        if (kind == S_IFCHR || kind == S_IFBLK) {
            line.device = device_text(status.stx_rdev_major, status.stx_rdev_minor);
        }
        const bool sized = kind == S_IFREG || kind == S_IFDIR || line.type == "a_inode";
        if (sized && !(always_offset_ && file.info.position)) {
            line.size = std::to_string(status.stx_size);
        } else {
            line.size = number_text("0t%" PRIu64, file.info.position.value_or(0));
            line.offset = true;
        }
    }

    void print(const Who& who, const OpenFile& file, const Line& line, Table& table, bool told) {
        if (terse_) {
            call_.out.print("%d\n", who.pid);
            return;
        }
        if (fields_ && !call_.json()) return print_fields(who, file, line, told);
        const bool json = call_.json();
        Cells cells;
        std::string_view command = who.command;
        if (!json && request_.command_width > 0)
            command = command.substr(0, request_.command_width);
        cells.text(command).number(who.pid);
        if (call_.options.has('g')) cells.number(who.group);
        if (call_.options.has('R')) cells.number(who.parent);
        cells.text(call_.options.has('l') ? std::to_string(who.user) : names_.user(who.user));
        auto descriptor = line.descriptor;
        if (!json) {
            const bool number = file.kind == OpenFile::Kind::descriptor;
            descriptor += number ? line.access : ' ';
            descriptor += number ? line.lock : ' ';
        }
        cells.text(descriptor);
        const auto text = [&](const std::string& value) {
            json&& value.empty() ? cells.nothing() : cells.text(value);
        };
        text(line.type);
        text(line.device);
        text(line.size);
        if (request_.link_column) {
            file.status ? cells.count(file.status->stx_nlink) : cells.nothing();
        }
        text(line.node);
        auto name = line.name;
        if (!line.state.empty()) {
            name += " (";
            name += line.state;
            name += ')';
        }
        text(name);
        table.row(std::move(cells));
    }

    // -F: a letter and a value, each on its line; a process first, then its files.
    void print_fields(const Who& who, const OpenFile& file, const Line& line, bool told) {
        const bool zero = fields_->find('0') != fields_->npos;
        const auto wanted = [&](char letter) {
            const bool all = fields_->empty() || *fields_ == "0";
            return all || fields_->find(letter) != fields_->npos;
        };
        const auto field = [&](char letter, std::string_view value, bool always = false) {
            if (value.empty() || !(always || wanted(letter))) return;
            call_.out.put(letter);
            call_.out.write(zero ? value : std::string_view(visible(value)));
            call_.out.put(zero ? '\0' : '\n');
        };
        if (!told) {
            field('p', std::to_string(who.pid), true);
            field('g', std::to_string(who.group));
            field('R', std::to_string(who.parent));
            field('c', who.command);
            field('u', std::to_string(who.user));
            field('L', names_.user(who.user));
            if (zero) call_.out.put('\n');
        }
        field('f', line.descriptor, true);
        field('a', {&line.access, 1});
        field('l', {&line.lock, 1});
        field('t', line.type);
        const bool socket = !line.protocol.empty();
        field('d', socket ? line.device : "");
        const bool object = file.status && !socket && line.type != "unix";
        if (object) {
            field('D', number_text("0x%" PRIx64, file.device));
            const auto kind = file.status->stx_mode & S_IFMT;
            const bool asked = fields_->find('r') != fields_->npos;
            if (asked && (kind == S_IFCHR || kind == S_IFBLK)) {
                field('r', number_text("0x%" PRIx64, makedev(file.status->stx_rdev_major,
                                                             file.status->stx_rdev_minor)));
            }
        }
        field(line.offset ? 'o' : 's', line.size);
        field('i', socket ? "" : line.node);
        if (object) field('k', std::to_string(file.status->stx_nlink));
        field('P', line.protocol);
        field('n', line.name);
        if (!line.state.empty()) field('T', "ST=" + line.state);
        if (zero) call_.out.put('\n');
    }

    Invocation& call_;
    Request request_;
    ProcessNames& names_;
    OpenSockets sockets_;
    std::optional<std::string> fields_;
    unsigned parts_ = 0;
    bool terse_ = false, always_offset_ = false, any_ = false;
    std::uint64_t program_inode_ = 0;
};

int run(Invocation& call) {
    ProcessNames names(call.target);
    auto request = lsof::read_request(call, names);
    if (!request) {
        if (request.error().code == 0) return call.misused(text(request.error()));
        call.complain(request.error());
        return 1;
    }
    return Lister(call, *std::move(request), names).run();
}

constexpr Option options[]{
    {'p', "", "PIDS", "of these processes; ^PID: not of it"},
    {'i', "", "[WHICH]", "internet sockets: [46][tcp|udp][@ADDRESS][:PORTS]"},
    {'s', "", "[STATES]", "TCP:LISTEN,...: sockets of these states; ^STATE: not"},
    {'U', "", "", "unix sockets"},
    {'u', "", "USERS", "of these users; ^USER: not of it"},
    {'c', "", "COMMAND", "of commands that begin so, or match /EXPRESSION/"},
    {'g', "", "[PGIDS]", "of these process groups; a column of them"},
    {'d', "", "FDS", "these descriptors: cwd,0-2,txt; ^mem: not"},
    {'a', "", "", "what all of these select, not what any does"},
    {'t', "", "", "only process ids"},
    {'F', "", "[FIELDS]", "letters and values for programs: pcuftDsin..., 0: NUL"},
    {'R', "", "", "a column of parents"},
    {'l', "", "", "users by number"},
    {'o', "", format_or_nothing, "offsets instead of sizes; or json"},
    {'n', "", "", "addresses as numbers, as always"},
    {'P', "", "", "ports as numbers, as always"},
    {'L', "", "", "accepted, as b, w, S, O, V"},
    {'b', "", "", ""},
    {'w', "", "", ""},
    {'S', "", "[N]", ""},
    {'O', "", "", ""},
    {'V', "", "", ""},
};

constexpr Command lsof_command{
    .name = "lsof",
    .usage =
        "[-antPRlU] [-p PIDS] [-i[WHICH]] [-u USERS] [-c COMMAND] [-d FDS] [+D|+d DIR] [+L1] "
        "[-F[FIELDS]] [-o json] [FILE...]",
    .summary = "list open files of processes",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Without a selection, of all processes. +D DIR: what is below DIR; +d: right in it;\n"
        "+L1: files without a name any more; +c N: commands cut after N bytes (9; 0: never).\n"
        "Names of hosts are not looked up; ports may be names of the target's services(5).\n"
        "JSON fields: command, pid, user, fd (cwd, rtd, txt, mem, DEL or a number), type, device,\n"
        "size (0tN: an offset), node, name; ppid with -R, pgid with -g, links with +L.\n"
        "\nExamples:\n  lsof -i :8080\n  lsof -a -p 1 -d 0-2\n  lsof +L1\n",
};
const Register registered{lsof_command};

}  // namespace
}  // namespace limpet::commands
