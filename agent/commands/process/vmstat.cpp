// vmstat.cpp - what the machine does: processes, memory, swap, disks, processors.
#include "commands/command.h"
#include "commands/json.h"
#include "commands/process/machine.h"
#include "commands/session/duration.h"
#include "limpet/limits.h"
#include "parse/calendar.h"
#include "parse/number.h"

#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <ctime>

namespace limpet::commands {
namespace {

constexpr std::size_t columns = 17;
constexpr std::array<const char*, columns> headings{"r",  "b",  "swpd", "free", "buff", "cache",
                                                    "si", "so", "bi",   "bo",   "in",   "cs",
                                                    "us", "sy", "id",   "wa",   "st"};
constexpr std::array<int, columns> narrow{2, 2, 6, 6, 6, 6, 4, 4, 5, 5, 4, 4, 2, 2, 2, 2, 2};
constexpr std::array<int, columns> wide{4, 4, 12, 12, 12, 12, 4, 4, 5, 5, 4, 4, 3, 3, 3, 3, 3};
constexpr const char* narrow_title =
    "procs -----------memory---------- ---swap-- -----io---- -system-- ------cpu-----";
constexpr const char* wide_title =
    "--procs-- -----------------------memory---------------------- ---swap-- -----io---- "
    "-system-- --------cpu--------";

// Counters since boot, in the order of the columns si to cs, and what is behind the others.
struct Look {
    Machine machine;
    std::array<double, 6> counters{};
};

Result<Look> look(const target::Target& target) {
    Look now{.machine = TRY(read_machine(target))};
    const auto text = TRY(target.procfs.read("vmstat", limits::small_file));
    const auto of = [](std::string_view from, std::string_view name) {
        return static_cast<double>(parse::counter(from, name).value_or(0));
    };
    const auto pages = static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
    const std::string_view stat = now.machine.stat;
    now.counters = {of(text, "pswpin") * pages, of(text, "pswpout") * pages,
                    of(text, "pgpgin"),         of(text, "pgpgout"),
                    of(stat, "intr"),           of(stat, "ctxt")};
    return now;
}

class Report {
public:
    explicit Report(Invocation& call)
        : call_(call), widths_(call.options.has('w') ? wide : narrow) {
        const auto unit = call.options.value('S').value_or("K");
        divisor_ = unit == "k" ? 1000 : unit == "m" ? 1e6 : unit == "M" ? 1048576 : 1024;
    }

    void heading() {
        const bool stamped = call_.options.has('t');
        call_.out.write(call_.options.has('w') ? wide_title : narrow_title);
        if (stamped) call_.out.write(" -----timestamp-----");
        call_.out.put('\n');
        for (std::size_t i = 0; i < columns; ++i)
            call_.out.print(i ? " %*s" : "%*s", widths_[i], name(i));
        if (stamped) call_.out.print(" %19s", "UTC");
        call_.out.put('\n');
    }

    void line(const Look* before, const Look& now) {
        const auto& memory = now.machine.memory;
        const auto seconds = now.machine.uptime - (before ? before->machine.uptime : 0);
        const auto size = [&](std::uint64_t kib) {
            return static_cast<double>(kib) * 1024 / divisor_;
        };
        const bool active = call_.options.has('a');
        std::array<double, columns> values{
            static_cast<double>(parse::counter(now.machine.stat, "procs_running").value_or(0)),
            static_cast<double>(parse::counter(now.machine.stat, "procs_blocked").value_or(0)),
            size(memory.swap_used),
            size(memory.free),
            size(active ? memory.inactive : memory.buffers),
            size(active ? memory.active : memory.cached)};
        for (std::size_t i = 0; i < now.counters.size(); ++i) {
            const auto moved = now.counters[i] - (before ? before->counters[i] : 0);
            values[6 + i] = std::round(moved / std::fmax(seconds, 0.01));
        }
        const auto cpu =
            shares(before ? before->machine.cpus[0] : parse::CpuTimes{}, now.machine.cpus[0]);
        values[12] = std::round(cpu[parse::user] + cpu[parse::nice]);
        values[13] = std::round(cpu[parse::system] + cpu[parse::irq] + cpu[parse::softirq]);
        values[14] = std::round(cpu[parse::idle]);
        values[15] = std::round(cpu[parse::iowait]);
        values[16] = std::round(cpu[parse::steal]);
        print(values);
    }

private:
    [[nodiscard]] const char* name(std::size_t column) const {
        if (call_.options.has('a') && column == 4) return "inact";
        if (call_.options.has('a') && column == 5) return "active";
        return headings[column];
    }

    void print(const std::array<double, columns>& values) {
        if (call_.json()) {
            JsonObject object;
            for (std::size_t i = 0; i < columns; ++i) {
                object.number(name(i), static_cast<std::int64_t>(values[i]));
            }
            object.line(call_.out);
            return;
        }
        for (std::size_t i = 0; i < columns; ++i) {
            call_.out.print(i ? " %*.0f" : "%*.0f", widths_[i], std::floor(values[i]));
        }
        if (call_.options.has('t')) {
            call_.out.put(' ');
            call_.out.write(
                parse::format_time("%Y-%m-%d %H:%M:%S", parse::moment(std::time(nullptr))));
        }
        call_.out.put('\n');
    }

    Invocation& call_;
    const std::array<int, columns>& widths_;
    double divisor_;
};

// -s: each counter with its name.
int totals(Invocation& call) {
    const auto now = look(call.target);
    if (!now) {
        call.complain(now.error());
        return 1;
    }
    const auto line = [&](double value, const char* name) {
        call.out.print("%13.0f %s\n", value, name);
    };
    const auto& m = now->machine.memory;
    const auto& cpu = now->machine.cpus[0];
    const std::pair<std::uint64_t, const char*> rows[]{
        {m.total, "K total memory"},
        {m.used, "K used memory"},
        {m.active, "K active memory"},
        {m.inactive, "K inactive memory"},
        {m.free, "K free memory"},
        {m.buffers, "K buffer memory"},
        {m.cached, "K swap cache"},
        {m.swap_total, "K total swap"},
        {m.swap_used, "K used swap"},
        {m.swap_free, "K free swap"},
        {cpu[0], "non-nice user cpu ticks"},
        {cpu[1], "nice user cpu ticks"},
        {cpu[2], "system cpu ticks"},
        {cpu[3], "idle cpu ticks"},
        {cpu[4], "IO-wait cpu ticks"},
        {cpu[5], "IRQ cpu ticks"},
        {cpu[6], "softirq cpu ticks"},
        {cpu[7], "stolen cpu ticks"},
        {cpu[8], "non-nice guest cpu ticks"},
        {cpu[9], "nice guest cpu ticks"},
    };
    for (const auto& [value, name] : rows) line(static_cast<double>(value), name);
    const auto pages = static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1024;
    line(now->counters[2], "K paged in");
    line(now->counters[3], "K paged out");
    line(now->counters[0] / pages, "pages swapped in");
    line(now->counters[1] / pages, "pages swapped out");
    line(now->counters[4], "interrupts");
    line(now->counters[5], "CPU context switches");
    line(static_cast<double>(parse::counter(now->machine.stat, "btime").value_or(0)), "boot time");
    line(static_cast<double>(parse::counter(now->machine.stat, "processes").value_or(0)), "forks");
    return call.status;
}

int run(Invocation& call) {
    if (call.options.has('s')) return totals(call);
    if (call.operands.size() > 2) return call.misused("a delay and a count");
    const auto pause = call.operands.empty() ? std::optional(1.0) : duration(call.operands[0]);
    if (!pause || *pause <= 0) return call.misused("'" + call.operands[0] + "' is no time");
    std::uint64_t rounds = call.operands.empty() ? 1 : UINT64_MAX;
    if (call.operands.size() == 2) {
        const auto count = parse::number<std::uint64_t>(call.operands[1]);
        if (!count || *count == 0) {
            return call.misused("'" + call.operands[1] + "' is no number of times");
        }
        rounds = *count;
    }
    constexpr std::uint64_t page = 20;  // lines to a heading
    Report report(call);
    std::optional<Look> before;
    for (std::uint64_t round = 0; round < rounds; ++round) {
        if (round > 0) pause_for(*pause);
        auto now = look(call.target);
        if (!now) {
            call.complain(now.error());
            return 1;
        }
        const bool titled = call.options.has('n') ? round == 0 : round % page == 0;
        if (titled && !call.json()) report.heading();
        report.line(before ? &*before : nullptr, *now);
        before = *std::move(now);
        if (!call.out.flush()) return 1;
    }
    return call.status;
}

constexpr Option options[]{
    {'a', "active", "", "active and inactive memory instead of buffers and cache"},
    {'n', "one-header", "", "the heading only once"},
    {'s', "stats", "", "all counters, a line each"},
    {'S', "unit", "UNIT", "memory in k (1000), K (1024, the default), m or M"},
    {'t', "timestamp", "", "the time beside each line (UTC)"},
    {'w', "wide", "", "wider columns"},
    json_option,
};

constexpr Command vmstat{
    .name = "vmstat",
    .usage = "[-anstw] [-S UNIT] [-o json] [DELAY [COUNT]]",
    .summary = "show what the machine does: processes, memory, swap, disks, processors",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "The first line is the average since the machine started, each further one of the DELAY\n"
        "seconds before it. Of the machine, not of the target: top and cgroup show that.\n"
        "JSON: one object a line, its fields are the columns.\n"
        "\nExample:\n  vmstat 1 5\n",
};
const Register registered{vmstat};

}  // namespace
}  // namespace limpet::commands
