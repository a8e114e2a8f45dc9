// lsns.cpp - the namespaces of all processes in sight, as util-linux lists them.
#include "commands/container/spaces.h"
#include "commands/json.h"
#include "commands/process/names.h"
#include "commands/table.h"
#include "parse/lines.h"
#include "parse/number.h"

namespace limpet::commands {
namespace {

enum Field : std::uint8_t { ns, type, path, nprocs, pid, ppid, command, uid, user };
struct FieldName {
    std::string_view name;
    Align align = Align::left;
};
constexpr FieldName fields[]{
    {"ns", Align::right},
    {"type"},
    {"path"},
    {"nprocs", Align::right},
    {"pid", Align::right},
    {"ppid", Align::right},
    {"command"},
    {"uid", Align::right},
    {"user"},
};

Cell cell(const Space& space, Field field, ProcessNames& names) {
    switch (field) {
        case ns: return space.number;
        case type: return std::string(space.kind);
        case path: {
            std::string text = "/proc/" + std::to_string(space.pid) + "/ns/";
            text += space.kind;
            return text;
        }
        case nprocs: return std::uint64_t{space.processes};
        case pid: return std::int64_t{space.pid};
        case ppid: return std::int64_t{space.parent};
        case command: return space.command;
        case uid: return std::uint64_t{names.inner_uid(space.uid)};
        case user: return names.user(names.inner_uid(space.uid));
    }
    return {};
}

Result<std::vector<Field>> chosen(std::string_view list) {
    std::vector<Field> found;
    while (!list.empty()) {
        const auto word = parse::take(list, ',');
        std::size_t at = 0;
        while (at < std::size(fields) &&
               (word.size() != fields[at].name.size() ||
                ::strncasecmp(word.data(), fields[at].name.data(), word.size()) != 0)) {
            ++at;
        }
        if (at == std::size(fields)) return refused("column", "there is no such one", word);
        found.push_back(static_cast<Field>(at));
    }
    return found;
}

struct Choice {
    std::optional<pid_t> task;
    std::optional<std::uint64_t> number;
    std::string_view type;
};

Result<Choice> choice_of(const Invocation& call) {
    Choice choice;
    if (const auto word = call.options.value('p')) {
        choice.task = parse::number<pid_t>(*word);
        if (!choice.task) return refused("-p", "it is not a process id");
    }
    choice.type = call.options.value('t').value_or("");
    if (call.operands.empty()) return choice;
    choice.number = parse::number<std::uint64_t>(call.operands[0]);
    if (!choice.number || call.operands.size() > 1) {
        return refused("namespace", "one number is what it takes");
    }
    return choice;
}

// `lsns NUMBER`: who is in there.
int list_members(Invocation& call, std::uint64_t number) {
    Table table(call, {{"pid", Align::right}, {"ppid", Align::right}, {"user"}, {"command"}},
                !call.options.has('n'));
    ProcessNames names(call.target);
    const auto done = each_process(call.target, [&](Process& process) {
        for (const auto kind : space_kinds) {
            if (space_number(space_link(process, kind)) != number) continue;
            const auto status = read_small(process, "status");
            if (!status) return;
            Space space{.number = number, .kind = kind};
            describe_space(process, space);
            table.row({cell(space, pid, names), cell(space, ppid, names), cell(space, user, names),
                       cell(space, command, names)});
            return;
        }
    });
    table.finish();
    if (!done) call.complain(done.error());
    return call.status;
}

// As util-linux prints JSON: one object, the numbers as numbers.
void print_whole_json(Invocation& call, const std::vector<Space>& spaces,
                      const std::vector<Field>& columns, ProcessNames& names) {
    call.out.write("{\n   \"namespaces\": [");
    bool first = true;
    for (const auto& space : spaces) {
        call.out.write(first ? "\n      " : ",\n      ");
        first = false;
        JsonObject object;
        for (const auto field : columns) {
            const auto value = cell(space, field, names);
            if (const auto* text = std::get_if<std::string>(&value)) {
                object.text(fields[field].name, *text);
            } else if (const auto* number = std::get_if<std::uint64_t>(&value)) {
                object.number(fields[field].name, *number);
            } else {
                object.number(fields[field].name, std::get<std::int64_t>(value));
            }
        }
        call.out.write(object.take());
    }
    call.out.write("\n   ]\n}\n");
}

int run(Invocation& call) {
    const auto choice = choice_of(call);
    if (!choice) return call.misused(text(choice.error()));
    if (choice->number) return list_members(call, *choice->number);
    std::vector<Field> columns{ns, type, nprocs, pid, user, command};
    const auto list = call.options.value('o').value_or("table");
    if (call.json()) {
        columns = {ns, type, path, nprocs, pid, ppid, command, uid, user};
    } else if (list != "table") {
        auto given = chosen(list);
        if (!given) return call.misused(text(given.error()));
        columns = *std::move(given);
    }
    auto spaces = all_spaces(call.target);
    if (!spaces) {
        call.complain(spaces.error());
        return 1;
    }
    std::vector<std::uint64_t> wanted;
    if (choice->task) {
        const auto process = open_process(call.target, *choice->task);
        if (!process) {
            call.complain(process.error());
            return 1;
        }
        for (const auto kind : space_kinds) {
            wanted.push_back(space_number(space_link(*process, kind)).value_or(0));
        }
    }
    std::erase_if(*spaces, [&](const Space& space) {
        if (!choice->type.empty() && space.kind != choice->type) return true;
        if (!choice->task) return false;
        for (const auto number : wanted) {
            if (number == space.number) return false;
        }
        return true;
    });
    ProcessNames names(call.target);
    if (call.options.has('J')) {
        print_whole_json(call, *spaces, columns, names);
        return call.status;
    }
    std::vector<Column> headings;
    for (const auto field : columns) headings.push_back({fields[field].name, fields[field].align});
    Table table(call, std::move(headings), !call.options.has('n'));
    for (const auto& space : *spaces) {
        std::vector<Cell> cells;
        for (const auto field : columns) cells.push_back(cell(space, field, names));
        table.row(std::move(cells));
    }
    table.finish();
    return call.status;
}

constexpr Option options[]{
    {'J', "json", "", "one JSON object, as util-linux has it"},
    {'l', "list", "", "the same: there is no tree"},
    {'n', "noheadings", "", "no headings"},
    {'o', "output", "LIST", "columns (ns,type,path,nprocs,pid,ppid,command,uid,user), or json"},
    {'p', "task", "PID", "only those of that process"},
    {'t', "type", "KIND", "only mnt, net, ipc, user, pid, uts, cgroup or time"},
    {'u', "notruncate", "", "the same: nothing is cut"},
    {'W', "nowrap", "", "the same: nothing is wrapped"},
};

constexpr Command lsns{
    .name = "lsns",
    .usage = "[-Jlnu] [-o LIST|json] [-p PID] [-t KIND] [NUMBER]",
    .summary = "list the namespaces of the target's processes",
    .theme = "container",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "With NUMBER, the processes in that namespace. namespaces says whose they are.\n"
        "JSON fields: ns, type, path, nprocs, pid (the lowest in it), ppid, command, uid, user.\n"
        "\nExamples:\n  lsns\n  lsns -t net -o NS,NPROCS,COMMAND\n",
};
const Register registered{lsns};

}  // namespace
}  // namespace limpet::commands
