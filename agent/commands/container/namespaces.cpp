// namespaces.cpp - whose the namespaces of a process are, and who else is in them.
#include "commands/container/spaces.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/idmap.h"

namespace limpet::commands {
namespace {

struct Row {
    std::string link;
    std::uint32_t same = 0, other = 0;
    std::string with;  // the first few
};

constexpr std::uint32_t few = 4;

void count(const Process& process, pid_t self, std::vector<Row>& rows) {
    for (std::size_t i = 0; i < space_kinds.size(); ++i) {
        if (rows[i].link.empty()) continue;
        const auto link = space_link(process, space_kinds[i]);
        if (link.empty()) continue;
        if (link != rows[i].link) {
            ++rows[i].other;
            continue;
        }
        if (++rows[i].same > few || process.pid == self) continue;
        auto comm = read_small(process, "comm").value_or("");
        if (comm.ends_with('\n')) comm.pop_back();
        if (!rows[i].with.empty()) rows[i].with += ' ';
        rows[i].with += std::to_string(process.pid) + ':';
        rows[i].with += comm;
    }
}

// "0-65535 are 100000-165535 on the node"; nothing where they are the same.
void add_ids(std::string& note, const Process& process, const char* file) {
    const auto text = process.at.read(file, limits::small_file);
    if (!text) return;
    for (const auto& range : parse::idmap(*text)) {
        if (range.inside == range.outside || range.count == 0) continue;
        if (!note.empty()) note += ", ";
        note.append(file, 3);
        const auto last = range.count - 1;
        note += ' ' + std::to_string(range.inside) + '-' + std::to_string(range.inside + last);
        note += " = " + std::to_string(range.outside) + '-' + std::to_string(range.outside + last);
        note += " outside";
    }
}

int run(Invocation& call) {
    Table table(call, {{"type"},
                       {"id"},
                       {"whose"},
                       {"processes", Align::right},
                       {"elsewhere", Align::right},
                       {"note"}});
    for (const auto& process : operand_processes(call)) {
        std::vector<Row> rows(space_kinds.size());
        for (std::size_t i = 0; i < rows.size(); ++i) {
            rows[i].link = space_link(process, space_kinds[i]);
        }
        const auto seen =
            each_process(call.target, [&](Process& other) { count(other, process.pid, rows); });
        if (!seen) call.complain(seen.error());
        bool any = false;
        for (std::size_t i = 0; i < rows.size(); ++i) {
            auto& row = rows[i];
            if (row.link.empty()) continue;
            any = true;
            const auto whose = whose_space(call.target, space_kinds[i], row.link);
            std::string note;
            if (space_kinds[i] == "user") {
                add_ids(note, process, "uid_map");
                add_ids(note, process, "gid_map");
            }
            if (!row.with.empty()) {
                if (!note.empty()) note += "; ";
                note += "with " + row.with;
                if (row.same > few) note += " …";
            }
            table.row({std::string(space_kinds[i]), std::move(row.link), std::string(whose),
                       std::uint64_t{row.same}, std::uint64_t{row.other}, std::move(note)},
                      whose == "node" ? char{3} : char{0});
        }
        if (!any) {
            call.complain("the namespaces of process " + std::to_string(process.pid) +
                          " cannot be seen");
        }
    }
    table.finish();
    return call.status;
}

constexpr Option options[]{json_option};

constexpr Command namespaces{
    .name = "namespaces",
    .usage = "[-o json] [PID...]",
    .summary = "show whose namespaces a process is in, and with whom",
    .theme = "container",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Without PID, of the target's main process. \"node\" is shared with the agent's side, "
        "\"own\" is\nnot. Of other processes those count that the target's pid namespace shows.\n"
        "JSON fields: type, id, whose (own, node, unknown), processes (in sight, in the same "
        "one),\n"
        "elsewhere (in sight, in another one), note (for user: how ids are mapped; with whom).\n"
        "\nExample:\n  namespaces\n",
};
const Register registered{namespaces};

}  // namespace
}  // namespace limpet::commands
