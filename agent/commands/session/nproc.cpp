// nproc.cpp - how many processors the target may use.
#include "commands/container/cgroup.h"
#include "commands/json.h"
#include "commands/process/process.h"
#include "limpet/limits.h"
#include "parse/number.h"
#include "parse/status.h"

#include <algorithm>

namespace limpet::commands {
namespace {

// "0-3,7"
std::uint64_t listed(std::string_view list) {
    std::uint64_t count = 0;
    while (!list.empty()) {
        const auto end = std::min(list.find(','), list.size());
        const auto part = list.substr(0, end);
        const auto dash = part.find('-');
        const auto first = parse::number<std::uint32_t>(part.substr(0, dash));
        const auto last =
            dash == part.npos ? first : parse::number<std::uint32_t>(part.substr(dash + 1));
        if (first && last && *last >= *first) count += *last - *first + 1;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return count;
}

Result<std::uint64_t> online(const target::Target& target) {
    const auto text = TRY(target::read(target, "/proc/stat", limits::small_file));
    std::uint64_t count = 0;
    for (auto at = text.find("\ncpu"); at != text.npos; at = text.find("\ncpu", at + 1)) ++count;
    return std::max<std::uint64_t>(count, 1);
}

struct Counts {
    std::uint64_t online = 1, affinity = 1;
    std::optional<std::uint64_t> millicores;
    [[nodiscard]] std::uint64_t usable() const {
        // Half a core's time is still a processor to run on.
        const auto quota =
            millicores ? std::max<std::uint64_t>(1, (*millicores + 999) / 1000) : affinity;
        return std::min(affinity, quota);
    }
};

Result<Counts> counts(const target::Target& target) {
    Counts found;
    found.online = TRY(online(target));
    const auto process = TRY(open_process(target, target.inner_pid));
    const auto status = parse::status(TRY(process.at.read("status", limits::small_file)));
    const auto allowed = listed(status.cpus_allowed);
    found.affinity = allowed > 0 ? std::min(allowed, found.online) : found.online;
    found.millicores = cgroup_state(target).cpu.limit;
    return found;
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    std::uint64_t ignored = 0;
    if (const auto value = call.options.value("ignore")) {
        const auto number = parse::number<std::uint64_t>(*value);
        if (!number) return call.misused("--ignore takes a number");
        ignored = *number;
    }
    const auto found = counts(call.target);
    if (!found) {
        call.complain(found.error());
        return 1;
    }
    const auto all = call.options.has("all") ? found->online : found->usable();
    const auto shown = all > ignored ? all - ignored : 1;
    if (call.json()) {
        JsonObject object;
        object.number("processors", shown)
            .number("online", found->online)
            .number("affinity", found->affinity);
        if (found->millicores) object.number("quota_millicores", *found->millicores);
        object.line(call.out);
        return 0;
    }
    call.out.write(std::to_string(shown) + '\n');
    return 0;
}

constexpr Option options[]{
    {0, "all", "", "all that are online, whatever the limits"},
    {0, "ignore", "N", "N fewer, but at least 1"},
    json_option,
};

constexpr Command nproc{
    .name = "nproc",
    .usage = "[--all] [--ignore=N] [-o json]",
    .summary = "print how many processors the target may use",
    .theme = "session",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "The least of its affinity (cpusets included) and its cgroup's quota, rounded up.\n"
        "JSON fields: processors, online, affinity, quota_millicores (if there is a quota).\n"
        "\nExample:\n  nproc --all\n",
};
const Register registered{nproc};

}  // namespace
}  // namespace limpet::commands
