// deleted.cpp - programs, libraries and files that are in use and have no name any more.
#include "commands/process/open_files.h"
#include "commands/table.h"
#include "parse/number.h"
#include "sys/file.h"

#include <fcntl.h>

namespace limpet::commands {
namespace {

std::string place(const OpenFile& file) {
    switch (file.kind) {
        case OpenFile::Kind::directory: return "cwd";
        case OpenFile::Kind::root: return "root";
        case OpenFile::Kind::program: return "exe";
        case OpenFile::Kind::mapped: return "map";
        case OpenFile::Kind::descriptor: return std::to_string(file.number);
    }
    return {};
}

void list(Table& table, const Process& process) {
    // Those that we may not look into are as silent as those that vanish.
    static_cast<void>(each_open_file(
        process, descriptors | places | mappings | statuses, [&](const OpenFile& file) {
            if (!file.deleted()) return;
            Cells cells;
            cells.number(process.pid).text(read_comm(process)).text(place(file));
            cells.text(file.link.starts_with("/memfd:") ? "memfd"
                       : !file.status                   ? "map"
                       : S_ISDIR(file.status->stx_mode) ? "directory"
                                                        : "file");
            file.status ? cells.count(file.status->stx_size) : cells.nothing();
            const std::string_view link = file.link;
            table.row(std::move(cells.text(link.substr(0, link.size() - 10))));
        }));
}

// The bytes of a descriptor or of the program, by the magic link that is the only way to them.
// O_NOATIME: not even the time of access of what nobody can name any more is changed.
Result<> stream(Invocation& call, const Process& process, const std::string& which) {
    const bool program = which == "exe";
    if (!program && !parse::number<unsigned>(which)) {
        return unfit("extract", which, "is no descriptor and not exe");
    }
    const auto links = program ? TRY(process.at.open_directory(".")) : TRY(process.at.child("fd"));
    const auto name = links.name + "/" + which;
    const auto status = sys::statx(links.fd, which, AT_STATX_DONT_SYNC);
    if (!status) return failed("stat", name, status.error().code);
    if (const auto reason = target::not_a_file(status->stx_mode)) {
        return refused("extract", name + " " + std::string(*reason));
    }
    auto file = sys::openat(links.fd, which, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_NOATIME);
    if (!file && file.error().code == EPERM) {
        auto problem = failed("open", name, EPERM);
        problem.error().hint() = "its time of access would change: needs --allow modify";
        return problem;
    }
    if (!file) return failed("open", name, file.error().code);
    Input input(*std::move(file), name);
    for (;;) {
        const auto block = TRY(input.block());
        if (block.empty()) return {};
        call.out.write(block);
        if (!call.out.flush()) return {};
    }
}

int run(Invocation& call) {
    if (const auto which = call.options.value('x')) {
        if (call.operands.size() != 1) return call.misused("-x takes one process id");
        for (const auto& process : operand_processes(call)) {
            if (const auto done = stream(call, process, std::string(*which)); !done) {
                call.complain(done.error());
            }
        }
        return call.status;
    }
    Table table(call, {{"pid", Align::right},
                       {"comm"},
                       {"place", Align::right},
                       {"type"},
                       {"size", Align::right},
                       {"path"}});
    if (call.operands.empty()) {
        const auto done =
            each_process(call.target, [&](Process& process) { list(table, process); });
        if (!done) call.complain(done.error());
    } else {
        for (const auto& process : operand_processes(call)) list(table, process);
    }
    table.finish();
    return call.status;
}

constexpr Option options[]{
    {'x', "extract", "FD|exe", "write the bytes of that one of PID to standard output"},
    json_option,
};

constexpr const char* writing = "extract";

constexpr Command deleted{
    .name = "deleted",
    .usage = "[-o json] [PID...]  or  deleted -x FD|exe PID",
    .summary = "list programs and files that are in use and deleted, or get one out",
    .theme = "process",
    .promise = Promise::processes | Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "Without PID, of all processes; memfds are among them. Disk space of a deleted file comes\n"
        "back only when its last user closes it.\n"
        "-x of another user's file needs --allow modify: without it no way of reading leaves the\n"
        "file's time of access alone.\n"
        "JSON fields: pid, comm, place (a descriptor, exe, cwd, root or map), type (file, memfd,\n"
        "directory, map), size (bytes; null for a map), path.\n"
        "\nExamples:\n  deleted\n  deleted -x 3 1 > saved\n",
    .writes = true,
    .writes_with = writing,
};
const Register registered{deleted};

}  // namespace
}  // namespace limpet::commands
