// free.cpp - memory of the machine, and of the target's cgroup beside it.
#include "commands/command.h"
#include "commands/container/cgroup.h"
#include "commands/json.h"
#include "commands/process/machine.h"
#include "commands/session/duration.h"
#include "parse/number.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace limpet::commands {
namespace {

// A line of the table; KiB. What is not known stays empty.
struct Line {
    const char* label;
    const char* field;
    std::optional<std::uint64_t> total, used, free, shared, buffers, cached, available;
};

// Powers of `base` as free(1) has them: at most three digits, one decimal below ten.
std::string human(std::uint64_t kib, unsigned base) {
    auto value = static_cast<double>(kib) * 1024;
    constexpr std::string_view units = "BKMGTPE";
    std::size_t unit = 0;
    for (; value >= 1000 && unit + 1 < units.size(); ++unit) value /= base;
    char text[32];
    const bool decimal = unit > 0 && value < 9.95;
    const int length = std::snprintf(text, sizeof text, "%.*f%c%s", decimal ? 1 : 0,
                                     decimal ? value : std::floor(value), units[unit],
                                     unit > 0 && base == 1024 ? "i" : "");
    if (unit > 0 && base == 1000 && units[unit] == 'K') text[length - 1] = 'k';
    return text;
}

struct Scale {
    double bytes = 1024;  // of one unit; 0: human
    unsigned base = 1024;
};

Scale scale_of(const Options& options) {
    struct Unit {
        char letter;
        std::string_view name;
        int power;
        unsigned base;
    };
    constexpr Unit units[]{
        {'b', "bytes", 0, 1024}, {'k', "kibi", 1, 1024}, {'m', "mebi", 2, 1024},
        {'g', "gibi", 3, 1024},  {0, "tebi", 4, 1024},   {0, "kilo", 1, 1000},
        {0, "mega", 2, 1000},    {0, "giga", 3, 1000},   {0, "tera", 4, 1000},
    };
    Scale scale{.base = options.has("si") ? 1000U : 1024U};
    scale.bytes = scale.base;
    for (const auto& given : options.all()) {
        if (given.option.letter == 'h') scale.bytes = 0;
        for (const auto& [letter, name, power, base] : units) {
            if (given.option.name != name) continue;
            scale.bytes = 1;
            for (int i = 0; i < power; ++i)
                scale.bytes *= letter && letter != 'b' ? scale.base : base;
        }
    }
    return scale;
}

class Report {
public:
    explicit Report(Invocation& call)
        : call_(call), scale_(scale_of(call.options)), wide_(call.options.has('w')) {}

    Result<> print() {
        const auto machine = TRY(read_machine(call_.target));
        const auto& m = machine.memory;
        if (!call_.json()) {
            call_.out.print("%20s%12s%12s%12s%12s", "total", "used", "free", "shared",
                            wide_ ? "buffers" : "buff/cache");
            if (wide_) call_.out.print("%12s", "cache");
            call_.out.print("%12s\n", "available");
        }
        add({"Mem:", "memory", m.total, m.used, m.free, m.shared, m.buffers, m.cached,
             m.available});
        if (call_.options.has('l')) {
            add({"Low:", "low", m.total, m.total - std::min(m.free, m.total), m.free});
            add({"High:", "high", 0, 0, 0});
        }
        add({"Swap:", "swap", m.swap_total, m.swap_used, m.swap_free});
        if (call_.options.has('t')) {
            add({"Total:", "total", m.total + m.swap_total, m.used + m.swap_used,
                 m.free + m.swap_free});
        }
        add_cgroup();
        return {};
    }

private:
    void add_cgroup() {
        const auto state = cgroup_state(call_.target);
        if (!state.memory.used) return;
        const auto use = *state.memory.used / 1024;
        const auto cache = std::min(state.cache.value_or(0) / 1024, use);
        Line line{.label = "Cgroup:", .field = "cgroup", .used = use - cache, .cached = cache};
        if (state.shared) line.shared = *state.shared / 1024;
        if (const auto limit = state.memory.limit) {
            line.total = *limit / 1024;
            line.free = *line.total - std::min(use, *line.total);
            // What is cached goes before the limit is hit; what is shared memory does not.
            line.available = *line.free + cache - std::min(line.shared.value_or(0), cache);
        }
        where_ = state.memory.where;
        add(line);
    }

    void cell(const std::optional<std::uint64_t>& kib, int width = 12) {
        if (!kib) {
            call_.out.print("%*s", width, "-");
        } else if (scale_.bytes == 0) {
            call_.out.print("%*s", width, human(*kib, scale_.base).c_str());
        } else {
            call_.out.print("%*.0f", width,
                            std::floor(static_cast<double>(*kib) * 1024 / scale_.bytes));
        }
    }

    void add(const Line& line) {
        if (call_.json()) return add_json(line);
        call_.out.print("%-8s", line.label);
        cell(line.total);
        cell(line.used);
        cell(line.free);
        if (line.cached) {
            cell(line.shared);
            if (wide_) {
                cell(line.buffers);
                cell(line.cached);
            } else {
                cell(line.buffers.value_or(0) + *line.cached);
            }
            cell(line.available);
        }
        call_.out.put('\n');
    }

    void add_json(const Line& line) {
        struct Field {
            const char* name;
            std::optional<std::uint64_t> Line::* member;
        };
        constexpr Field fields[]{{"total", &Line::total},        {"used", &Line::used},
                                 {"free", &Line::free},          {"shared", &Line::shared},
                                 {"buffers", &Line::buffers},    {"cache", &Line::cached},
                                 {"available", &Line::available}};
        JsonObject object;
        object.text("of", line.field);
        for (const auto& [name, member] : fields) {
            if (const auto kib = line.*member) object.number(name, *kib * 1024);
        }
        if (!where_.empty()) object.text("where", where_);
        object.line(call_.out);
    }

    Invocation& call_;
    Scale scale_;
    bool wide_;
    std::string where_;
};

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    double pause = 1;
    std::uint64_t rounds = call.options.has('s') ? UINT64_MAX : 1;
    if (const auto value = call.options.value('s')) {
        const auto given = duration(std::string(*value));
        if (!given || *given <= 0) return call.misused("-s takes seconds");
        pause = *given;
    }
    if (const auto value = call.options.value('c')) {
        const auto count = parse::number<std::uint64_t>(*value);
        if (!count || *count == 0) return call.misused("-c takes a number");
        rounds = *count;
    }
    for (std::uint64_t round = 0; round < rounds; ++round) {
        if (round > 0) {
            pause_for(pause);
            if (!call.json()) call.out.put('\n');
        }
        if (const auto done = Report(call).print(); !done) {
            call.complain(done.error());
            return 1;
        }
        if (!call.out.flush()) return 1;
    }
    return call.status;
}

constexpr Option options[]{
    {'b', "bytes", "", "in bytes"},
    {'k', "kibi", "", "in KiB (the default)"},
    {'m', "mebi", "", "in MiB"},
    {'g', "gibi", "", "in GiB"},
    {0, "tebi", "", "in TiB"},
    {0, "kilo", "", "in kB"},
    {0, "mega", "", "in MB"},
    {0, "giga", "", "in GB"},
    {0, "tera", "", "in TB"},
    {0, "si", "", "powers of 1000 instead of 1024"},
    {'h', "human", "", "each in the unit that suits it"},
    {'l', "lohi", "", "low and high memory"},
    {'t', "total", "", "memory and swap together"},
    {'w', "wide", "", "buffers and cache apart"},
    {'s', "seconds", "S", "again every S seconds"},
    {'c', "count", "N", "N times"},
    json_option,
};

constexpr Command free_command{
    .name = "free",
    .usage = "[-bkmghltw] [-s SECONDS] [-c COUNT] [-o json]",
    .summary = "show memory of the machine and of the target's cgroup",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "The line Cgroup has the tightest limit that holds for the target (TOTAL), what it uses\n"
        "beside the page cache, and what is left of the limit.\n"
        "JSON: one object a line; fields: of (memory, swap, cgroup; low, high, total), total, "
        "used,\n"
        "free, shared, buffers, cache, available (bytes; absent where unknown), where (the cgroup\n"
        "that has the limit).\n"
        "\nExamples:\n  free -h\n  free -m -s 5\n",
};
const Register registered{free_command};

}  // namespace
}  // namespace limpet::commands
