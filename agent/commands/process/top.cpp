// top.cpp - the busiest processes and threads, again and again.
#include "commands/process/top.h"
#include "commands/session/duration.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <algorithm>

namespace limpet::commands {
namespace {

using top::Order;

std::optional<Order> order_named(std::string_view name) {
    struct Field {
        std::string_view name;
        Order order;
    };
    constexpr Field fields[]{{"%CPU", Order::cpu},   {"%MEM", Order::memory},
                             {"RES", Order::memory}, {"TIME+", Order::time},
                             {"TIME", Order::time},  {"PID", Order::pid},
                             {"VIRT", Order::virt},  {"USER", Order::user}};
    for (const auto& [known, order] : fields) {
        if (known == name) return order;
    }
    return std::nullopt;
}

Result<> add_pids(std::vector<pid_t>& pids, std::string_view words) {
    while (!words.empty()) {
        const auto word = parse::take(words, ',');
        const auto pid = parse::number<pid_t>(word);
        if (!pid || *pid < 0) {
            return unfit("-p", word, "is not a process id");
        }
        pids.push_back(*pid);
    }
    return {};
}

Result<top::Settings> settings_of(const Invocation& call) {
    top::Settings settings;
    const auto has = [&](char letter) { return call.options.has(letter); };
    settings.threads = has('H');
    settings.command_lines = has('c');
    settings.idle_too = !has('i');
    settings.every_cpu = has('1');
    if (const auto value = call.options.value('d')) {
        const auto pause = duration(std::string(*value));
        if (!pause) return unfit("-d", *value, "is no time");
        settings.pause = *pause;
    }
    if (const auto value = call.options.value('n')) {
        const auto rounds = parse::number<std::uint64_t>(*value);
        if (!rounds || *rounds == 0) {
            return unfit("-n", *value, "is no number of times");
        }
        settings.rounds = *rounds;
    }
    for (const auto& [option, value] : call.options.all()) {
        if (option.letter == 'p') TRY(add_pids(settings.pids, value));
        if (option.letter != 'o' || value == "json" || value == "table") continue;
        std::string_view name = value;
        settings.reversed = name.starts_with('-');
        if (name.starts_with('-') || name.starts_with('+')) name.remove_prefix(1);
        const auto order = order_named(name);
        if (!order) return unfit("-o", name, "is no field");
        settings.order = *order;
    }
    if (const auto value = call.options.value('u')) {
        settings.user = ProcessNames(call.target).uid_of(*value);
        if (!settings.user) return unfit("-u", *value, "is no user");
    }
    return settings;
}

// Text after text, for files and pipes.
int batch(Invocation& call, top::Top& top) {
    for (std::uint64_t round = 1; round <= top.settings().rounds; ++round) {
        if (round > 1) pause_for(top.settings().pause);
        if (const auto done = top.refresh(); !done) {
            call.complain(done.error());
            return 1;
        }
        const auto tasks = top.chosen();
        if (call.json()) {
            top.print_json(tasks, round);
        } else {
            if (round > 1) call.out.put('\n');
            for (const auto& row : top.head()) call.out.write(row + '\n');
            call.out.write('\n' + top.heading() + '\n');
            for (const auto* task : tasks) {
                call.out.write(top.row(*task));
                call.out.put('\n');
            }
        }
        if (!call.out.flush()) return 1;
    }
    return call.status;
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    const auto settings = settings_of(call);
    if (!settings) return call.misused(text(settings.error()));
    top::Top top(call, *settings);
    const bool stays = !call.options.has('b') && !call.json() && call.out.terminal();
    if (stays) return top::interactive(call, top);
    // Without an end, into a pipe, somebody forgot -n: like ps, once.
    if (!call.options.has('b') && !call.options.has('n')) top.settings().rounds = 1;
    return batch(call, top);
}

// The key k, where the session may.
Command::Asks asks(std::span<const std::string>) { return {.welcome = Promise::signal}; }

constexpr Option options[]{
    {'b', "batch", "", "text after text, without keys"},
    {'n', "iterations", "N", "N looks"},
    {'d', "delay", "S", "S seconds between them (3)"},
    {'H', "threads-show", "", "threads, each on its own"},
    {'p', "pid", "PIDS", "only these processes"},
    {'u', "user", "USER", "only those of this user"},
    {'o', "sort-override", "FIELD",
     "by %CPU, %MEM, RES, VIRT, TIME+, PID, USER; -FIELD: reversed; or json"},
    {'c', "cmdline-toggle", "", "command lines instead of names"},
    {'i', "idle-toggle", "", "only those that did something"},
    {'1', "single-cpu-toggle", "", "every processor on a line of its own"},
    {'w', "width", "[COLUMNS]", "lines are never cut in batch mode"},
    {'S', "accum-time-toggle", "", "accepted"},
    {'s', "secure-mode", "", "accepted"},
};

constexpr Command top_command{
    .name = "top",
    .usage = "[-bHci1] [-n N] [-d S] [-p PIDS] [-u USER] [-o FIELD|json]",
    .summary = "show the busiest processes and threads, again and again",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "On a terminal: q ends it, k signals (needs --allow modify), h lists the keys. The head is "
        "the machine's, but for the line\n"
        "Cgroup: of the target's, the processors it used since the look before and may use, in\n"
        "which part of its periods it was throttled, memory and its tightest limit, processes, "
        "OOM\n"
        "kills. In the first look %CPU is of each task's whole life.\n"
        "JSON: for every look one object with round, tasks, uptime, cpu_idle, cpu_iowait "
        "(percent),\n"
        "memory_total, memory_used (KiB), cgroup_cpus, cgroup_millicores, cgroup_periods,\n"
        "cgroup_throttled_periods, cgroup_memory, cgroup_memory_limit (bytes), cgroup_oom_kills,\n"
        "then one for each task: round, pid, tid, user, uid, priority, nice, virt, res, shr "
        "(KiB),\n"
        "state, cpu (percent), time (seconds), comm.\n"
        "\nExamples:\n  top\n  top -b -n 2 -d 1 -H -p 1\n",
    .asks = asks,
};
const Register registered{top_command};

}  // namespace
}  // namespace limpet::commands
