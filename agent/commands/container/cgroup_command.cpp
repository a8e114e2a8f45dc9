// cgroup_command.cpp - limits and use of the target's cgroup.
#include "commands/container/measure.h"
#include "commands/fields.h"

namespace limpet::commands {
namespace {

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    const bool json = call.json();
    return each_round(
        call, [&](const CgroupState& now, const CgroupState* before, std::uint64_t microseconds) {
            if (now.version.empty()) call.complain("the target's cgroup cannot be read");
            if (!json && !now.version.empty()) field(call, "cgroup", now.version + " " + now.path);
            std::vector<Column> columns{{"resource"},
                                        {"used", Align::right},
                                        {"limit", Align::right},
                                        {"percent", Align::right, "%"}};
            if (json) columns.insert(columns.end(), {{"version"}, {"cgroup"}});
            columns.push_back({"note"});
            Table table(call, std::move(columns));
            for (auto& measure : cgroup_measures(now, before, microseconds)) {
                const auto percent = measure.limit ? measure.percent() : std::nullopt;
                std::vector<Cell> cells{std::string(measure.name),
                                        amount(measure.used, measure.unit, json),
                                        amount(measure.limit, measure.unit, json), Cell{}};
                if (percent) cells.back() = static_cast<double>(*percent) / 100;
                if (json) cells.insert(cells.end(), {now.version, now.path});
                cells.emplace_back(std::move(measure.note));
                table.row(std::move(cells));
            }
            table.finish();
        });
}

constexpr Option options[]{every_option, json_option};

constexpr Command cgroup_command{
    .name = "cgroup",
    .usage = "[-w SECONDS] [-o json]",
    .summary = "show limits and use of the target's cgroup",
    .theme = "container",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Version 1, 2 or both. A limit is the tightest one from the target's cgroup up to the "
        "root;\nthe note says whose it is when it is an ancestor's. With -w, CPU time, throttling "
        "and OOM kills\nare those of the interval.\n"
        "JSON fields: resource (memory, memory high, swap or memory+swap, oom kills, tasks, cpu,\n"
        "throttled, cpu pressure, memory pressure, io pressure), used, limit (bytes, tasks, cores, "
        "percent\nof periods, percent of the last 10 s; null when unlimited or unknown), percent "
        "(of the limit),\nversion (v1, v2, hybrid), cgroup (path), note.\n"
        "\nExamples:\n  cgroup\n  cgroup -w 5\n",
};
const Register registered{cgroup_command};

}  // namespace
}  // namespace limpet::commands
