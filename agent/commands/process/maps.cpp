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
    object.line(call.out);
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
    std::uint64_t start = 0;
    std::string permissions;
    std::uint64_t size = 0;
    parse::MemoryUse use;
};

std::string shown_path(const parse::Mapping& mapping) {
    return mapping.path.empty() ? "[anonymous]" : mapping.path;
}

// smaps, summed up per file, or each mapping on its own.
Result<std::vector<Total>> totals(const Process& process, bool each) {
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
        auto path = shown_path(*mapping);
        const auto place = each ? list.size() : known.try_emplace(path, list.size()).first->second;
        if (place == list.size()) {
            list.push_back({.path = std::move(path),
                            .start = mapping->start,
                            .permissions = mapping->permissions});
        }
        current = &list[place];
        current->size += (mapping->end - mapping->start) / 1024;
    }
}

void add_total(Table& table, pid_t pid, const Total& total, bool each) {
    const auto& use = total.use;
    Cells cells;
    cells.number(pid);
    if (each) {
        char start[20];
        std::snprintf(start, sizeof start, "%012" PRIx64, total.start);
        cells.text(total.permissions.empty() ? "" : start).text(total.permissions);
    }
    cells.count(total.size).count(use.rss).count(use.pss);
    cells.count(use.private_clean + use.private_dirty).count(use.shared_clean + use.shared_dirty);
    if (each) cells.count(use.private_dirty + use.shared_dirty);
    table.row(std::move(cells.count(use.anonymous).count(use.swap).text(total.path)));
}

int print_totals(Invocation& call, bool each) {
    std::vector<Column> columns{{"pid", Align::right}};
    if (each) {
        columns.push_back({"start"});
        columns.push_back({"permissions", Align::left, "MODE"});
    }
    for (const auto* name : {"size", "rss", "pss", "private", "shared"}) {
        columns.push_back({name, Align::right});
    }
    if (each) columns.push_back({"dirty", Align::right});
    columns.push_back({"anonymous", Align::right, "ANON"});
    columns.push_back({"swap", Align::right});
    columns.push_back({"path"});
    Table table(call, std::move(columns));
    for (const auto& process : operand_processes(call)) {
        const auto list = totals(process, each);
        if (!list) {
            call.complain(list.error());
            continue;
        }
        Total sum{.path = "total"};
        for (const auto& total : *list) {
            if (!call.options.has('s')) add_total(table, process.pid, total, each);
            sum.size += total.size;
            for (const auto member :
                 {&parse::MemoryUse::rss, &parse::MemoryUse::pss, &parse::MemoryUse::private_clean,
                  &parse::MemoryUse::private_dirty, &parse::MemoryUse::shared_clean,
                  &parse::MemoryUse::shared_dirty, &parse::MemoryUse::anonymous,
                  &parse::MemoryUse::swap}) {
                sum.use.*member += total.use.*member;
            }
        }
        if (!call.json() || call.options.has('s')) add_total(table, process.pid, sum, each);
    }
    table.finish();
    return call.status;
}

int run_smaps(Invocation& call) { return print_totals(call, true); }

int run(Invocation& call) {
    if (call.options.has('x')) return print_totals(call, false);
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
    .options = option_table<options>,
    .help =
        "Without PID, of the target's main process. Columns: range, size, permissions, offset,\n"
        "device, inode, path.\n"
        "JSON fields: pid, start and end (hexadecimal text), size (bytes), permissions, offset,\n"
        "device, inode, path; with -x: pid, size, rss, pss, private, shared, anonymous, swap\n"
        "(KiB), path.\n"
        "\nExamples:\n  maps 1\n  maps -x 1\n",
};
const Register registered{maps};

constexpr Option smaps_options[]{
    {'s', "sum", "", "only the sum of each process"},
    json_option,
};

constexpr Command smaps{
    .name = "smaps",
    .usage = "[-s] [-o json] [PID...]",
    .summary = "show the memory that each mapping of processes has in use",
    .theme = "process",
    .promise = Promise::processes,
    .run = run_smaps,
    .options = option_table<smaps_options>,
    .help =
        "Without PID, of the target's main process. KiB; maps -x sums up per file.\n"
        "JSON fields: pid, start (hexadecimal text), permissions, size, rss, pss, private, "
        "shared,\n"
        "dirty, anonymous, swap, path.\n"
        "\nExample:\n  smaps 1 | sort -k5 -n\n",
};
const Register registered_smaps{smaps};

}  // namespace
}  // namespace limpet::commands
