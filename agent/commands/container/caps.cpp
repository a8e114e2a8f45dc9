// caps.cpp - the five capability sets of processes, beside what the runtime gives by default.
#include "commands/process/process.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/capability.h"
#include "parse/status.h"
#include "target/sidecar.h"

namespace limpet::commands {
namespace {

using parse::Status;

// What runtimes give a container without --privileged, --cap-add and --cap-drop.
struct Default {
    std::string_view runtime;
    std::uint64_t set;
};
constexpr Default defaults[]{
    {"docker", 0xa80425fb},
    {"containerd", 0xa80425fb},
    {"podman", 0x800405fb},
    {"crio", 0x000005fb},
};

std::uint64_t default_of(const target::Target& target, std::string_view& runtime) {
    runtime = target::fact(target, "runtime");
    for (const auto& known : defaults) {
        if (known.runtime == runtime) return known.set;
    }
    runtime = defaults[0].runtime;
    return defaults[0].set;
}

struct Set {
    std::string_view name;
    std::optional<std::uint64_t> Status::* member;
};
constexpr Set sets[]{
    {"effective", &Status::cap_effective},     {"permitted", &Status::cap_permitted},
    {"inheritable", &Status::cap_inheritable}, {"bounding", &Status::cap_bounding},
    {"ambient", &Status::cap_ambient},
};

int run(Invocation& call) {
    const bool json = call.json();
    std::string_view runtime;
    const auto usual = default_of(call.target, runtime);
    std::vector<Column> columns{{"pid", Align::right}, {"capability"}};
    for (const auto& set : sets) columns.push_back({set.name});
    columns.push_back({"default", Align::left, json ? "" : runtime});
    columns.push_back({"note"});
    Table table(call, std::move(columns));
    for (const auto& process : operand_processes(call)) {
        const auto text = process.at.read("status", limits::small_file);
        if (!text) {
            call.complain(text.error());
            continue;
        }
        const auto status = parse::status(*text);
        std::uint64_t any = usual;
        for (const auto& set : sets) any |= (status.*set.member).value_or(0);
        for (unsigned bit = 0; bit < 64; ++bit) {
            if (((any >> bit) & 1) == 0) continue;
            const std::uint64_t one = std::uint64_t{1} << bit;
            std::vector<Cell> cells{std::int64_t{process.pid}, parse::capability_names(one)[0]};
            bool held = false;
            for (const auto& set : sets) {
                const bool has = ((status.*set.member).value_or(0) & one) != 0;
                held = held || has;
                if (json) {
                    cells.emplace_back(has);
                } else {
                    cells.emplace_back(std::string(has ? "yes" : "-"));
                }
            }
            const bool given = (usual & one) != 0;
            cells.push_back(json ? Cell(given) : Cell(std::string(given ? "yes" : "-")));
            const bool added = held && !given;
            const bool dropped = given && !held;
            cells.emplace_back(std::string(added ? "added" : dropped ? "dropped" : ""));
            table.row(std::move(cells), added ? char{1} : dropped ? char{2} : char{0});
        }
    }
    table.finish();
    return call.status;
}

constexpr Option options[]{json_option};

constexpr Command caps{
    .name = "caps",
    .usage = "[-o json] [PID...]",
    .summary = "show capabilities, compared with what the runtime gives by default",
    .theme = "container",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Without PID, of the target's main process. A row for each capability that is in one of "
        "its five\nsets or in the default of its runtime (docker and containerd, podman, crio; for "
        "others docker's).\n"
        "JSON fields: pid, capability, effective, permitted, inheritable, bounding, ambient, "
        "default,\nnote (added: in a set, not in the default; dropped: in the default, in no set; "
        "else empty).\n"
        "\nExample:\n  caps 1\n",
};
const Register registered{caps};

}  // namespace
}  // namespace limpet::commands
