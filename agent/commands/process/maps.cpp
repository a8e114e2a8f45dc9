// maps.cpp - what is mapped into a process's memory.
#include "parse/maps.h"
#include "commands/json.h"
#include "commands/process/process.h"
#include "commands/stream.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/lines.h"

#include <cinttypes>
#include <unordered_map>

namespace limpet::commands {
namespace {

void print_json(Invocation& call, pid_t pid, const parse::Mapping& mapping) {
    char start[20];
    char end[20];
    std::snprintf(start, sizeof start, "%" PRIx64, mapping.start);
    std::snprintf(end, sizeof end, "%" PRIx64, mapping.end);
    JsonObject object;
    // 64-bit addresses are text: JSON readers keep only 53 bits of a number.
    object.number("pid", pid).text("start", start).text("end", end);
    object.number("size", mapping.end - mapping.start).text("permissions", mapping.permissions);
    object.number("offset", mapping.offset).text("device", mapping.device);
    object.number("inode", mapping.inode).text("path", mapping.path);
    call.out.write(object.take() + '\n');
}

// Line by line: 10^5 mappings never stand in memory at once.
void print_maps(Invocation& call, const Process& process) {
    auto file = process.at.open("maps", O_RDONLY);
    if (!file) {
        call.complain(file.error());
        return;
    }
    Input input(*file, true);
    for (;;) {
        const auto line = input.line();
        if (!line) {
            call.complain(line.error());
            return;
        }
        if (!*line) return;
        auto text = **line;
        if (text.ends_with('\n')) text.remove_suffix(1);
        const auto mapping = parse::mapping(text);
        if (!mapping) continue;
        if (call.json()) {
            print_json(call, process.pid, *mapping);
            continue;
        }
        const auto size = human_size(mapping->end - mapping->start);
        call.out.print("%012" PRIx64 "-%012" PRIx64 " %6s %s %8" PRIx64 " %5s %10" PRIu64 " ",
                       mapping->start, mapping->end, size.c_str(), mapping->permissions.c_str(),
                       mapping->offset, mapping->device.c_str(), mapping->inode);
        call.out.write(visible(mapping->path) + '\n');
    }
}

struct Total {
    std::string path;
    std::uint64_t size = 0;
    parse::MemoryUse use;
};

std::string shown_path(const parse::Mapping& mapping) {
    return mapping.path.empty() ? "[anonymous]" : mapping.path;
}

// smaps, summed up per file.
Result<std::vector<Total>> totals(const Process& process) {
    Fd file = TRY(process.at.open("smaps", O_RDONLY));
    Input input(file, true);
    std::vector<Total> list;
    std::unordered_map<std::string, std::size_t> known;
    Total* current = nullptr;
    for (;;) {
        const auto line = TRY(input.line());
        if (!line) return list;
        auto text = *line;
        if (text.ends_with('\n')) text.remove_suffix(1);
        if (current && parse::memory_use(text, current->use)) continue;
        const auto mapping = parse::mapping(text);
        if (!mapping) continue;
        const auto path = shown_path(*mapping);
        const auto [place, fresh] = known.try_emplace(path, list.size());
        if (fresh) list.push_back({.path = path});
        current = &list[place->second];
        current->size += (mapping->end - mapping->start) / 1024;
    }
}

void add_total(Table& table, pid_t pid, const Total& total) {
    std::vector<Cell> cells;
    cells.emplace_back(std::int64_t{pid});
    for (const auto value :
         {total.size, total.use.rss, total.use.pss,
          total.use.private_clean + total.use.private_dirty,
          total.use.shared_clean + total.use.shared_dirty, total.use.anonymous, total.use.swap}) {
        cells.emplace_back(value);
    }
    cells.emplace_back(total.path);
    table.row(std::move(cells));
}

int print_totals(Invocation& call) {
    Table table(call, {{"pid", Align::right},
                       {"size", Align::right},
                       {"rss", Align::right},
                       {"pss", Align::right},
                       {"private", Align::right},
                       {"shared", Align::right},
                       {"anonymous", Align::right, "ANON"},
                       {"swap", Align::right},
                       {"path"}});
    for (const auto& process : operand_processes(call)) {
        const auto list = totals(process);
        if (!list) {
            call.complain(list.error());
            continue;
        }
        Total sum{.path = "total"};
        for (const auto& total : *list) {
            add_total(table, process.pid, total);
            sum.size += total.size;
            sum.use.rss += total.use.rss;
            sum.use.pss += total.use.pss;
            sum.use.private_clean += total.use.private_clean;
            sum.use.private_dirty += total.use.private_dirty;
            sum.use.shared_clean += total.use.shared_clean;
            sum.use.shared_dirty += total.use.shared_dirty;
            sum.use.anonymous += total.use.anonymous;
            sum.use.swap += total.use.swap;
        }
        if (!call.json()) add_total(table, process.pid, sum);
    }
    table.finish();
    return call.status;
}

int run(Invocation& call) {
    if (call.options.has('x')) return print_totals(call);
    for (const auto& process : operand_processes(call)) print_maps(call, process);
    return call.status;
}

constexpr Option options[]{
    {'x', "extended", "", "memory in use, summed up per file (KiB)"},
    json_option,
};

constexpr Command maps{
    .name = "maps",
    .usage = "[-x] [-o json] [PID...]",
    .summary = "show what is mapped into the memory of processes",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = options,
    .help =
        "Without PID, of the target's main process. Columns: range, size, permissions, offset,\n"
        "device, inode, path.\n"
        "JSON fields: pid, start and end (hexadecimal text), size (bytes), permissions, offset,\n"
        "device, inode, path; with -x: pid, size, rss, pss, private, shared, anonymous, swap\n"
        "(KiB), path.\n"
        "\nExamples:\n  maps 1\n  maps -x 1\n",
};
const Register registered{maps};

}  // namespace
}  // namespace limpet::commands
