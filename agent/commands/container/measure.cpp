// container/measure.cpp - what a target uses of what it may use.
#include "commands/container/measure.h"

#include "commands/session/duration.h"

#include <ctime>

namespace limpet::commands {
namespace {

struct Scale {
    std::uint64_t one;  // so many are 1
    std::string_view name;
};
constexpr Scale scales[]{{1, ""}, {1, ""}, {1000, " cores"}, {100, "%"}, {1000, " s"}};

std::uint64_t microseconds_now() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000 +
           static_cast<std::uint64_t>(time.tv_nsec) / 1000;
}

// What has come since; a counter that went back began anew.
std::optional<std::uint64_t> since(const std::optional<std::uint64_t>& now,
                                   const std::optional<std::uint64_t>* before) {
    if (!now || !before || !*before || **before > *now) return now;
    return *now - **before;
}

void add_note(std::string& note, std::string_view label, const std::string& value) {
    if (!note.empty()) note += ", ";
    note += label;
    note += value;
}

// Whose limit it is, when it is not the target's own.
Measure limited(std::string_view name, Unit unit, const CgroupLimit& limit,
                const std::string& own) {
    Measure measure{name, unit, limit.used, limit.limit};
    if (limit.limit && limit.where != own) add_note(measure.note, "limit of ", limit.where);
    return measure;
}

Measure pressure(std::string_view name, const CgroupPressure& state) {
    Measure measure{name, Unit::percent, state.some10, std::nullopt};
    if (state.machine) add_note(measure.note, "the whole machine's", "");
    const auto more = [&](std::string_view label, const std::optional<std::uint64_t>& value) {
        if (value)
            add_note(measure.note, label,
                     std::get<std::string>(amount(value, Unit::percent, false)));
    };
    more("over 60 s ", state.some60);
    more("all waited ", state.full10);
    return measure;
}

}  // namespace

std::optional<std::uint64_t> Measure::percent() const {
    if (unit == Unit::percent && !limit) return used;
    if (!used || !limit || *limit == 0 || *used > UINT64_MAX / 10'000) return std::nullopt;
    return *used * 10'000 / *limit;
}

Cell amount(const std::optional<std::uint64_t>& value, Unit unit, bool json) {
    if (!value) return {};
    const auto& [one, name] = scales[static_cast<std::size_t>(unit)];
    if (json) {
        if (one == 1) return *value;
        return static_cast<double>(*value) / static_cast<double>(one);
    }
    if (unit == Unit::bytes) return human_size(*value);
    std::string text = std::to_string(*value / one);
    if (one > 1) {
        const auto rest = std::to_string(*value % one * 100 / one);
        text += rest.size() < 2 ? ".0" : ".";
        text += rest;
    }
    text += name;
    return text;
}

std::vector<Measure> cgroup_measures(const CgroupState& now, const CgroupState* before,
                                     std::uint64_t microseconds) {
    std::vector<Measure> list;
    auto memory = limited("memory", Unit::bytes, now.memory, now.path);
    if (now.working) add_note(memory.note, "working set ", human_size(*now.working));
    if (now.peak) add_note(memory.note, "peak ", human_size(*now.peak));
    list.push_back(std::move(memory));
    if (now.high.limit) {
        list.push_back(limited("memory high", Unit::bytes, now.high, now.path));
    }
    if (now.swap.used || now.swap.limit) {
        list.push_back(
            limited(now.version == "v2" ? "swap" : "memory+swap", Unit::bytes, now.swap, now.path));
    }
    list.push_back({"oom kills", Unit::count,
                    since(now.oom_kills, before ? &before->oom_kills : nullptr), std::nullopt});
    list.push_back(limited("tasks", Unit::count, now.pids, now.path));
    auto cpu = limited("cpu", Unit::cores, now.cpu, now.path);
    if (before && before->cpu_used && now.cpu_used && microseconds > 0) {
        cpu.used = *since(now.cpu_used, &before->cpu_used) * 1000 / microseconds;
    }
    if (!now.cpus.empty()) add_note(cpu.note, "may run on ", now.cpus);
    if (now.cpu_used) {
        add_note(cpu.note, "used so far ",
                 std::get<std::string>(amount(*now.cpu_used / 1000, Unit::seconds, false)));
    }
    list.push_back(std::move(cpu));
    Measure throttled{"throttled", Unit::percent, std::nullopt, std::nullopt};
    const auto periods = since(now.periods, before ? &before->periods : nullptr);
    const auto hit = since(now.throttled_periods, before ? &before->throttled_periods : nullptr);
    if (periods && hit) {
        throttled.used = *periods == 0 ? 0 : *hit * 10'000 / *periods;
        throttled.note = std::to_string(*hit) + " of " + std::to_string(*periods) + " periods";
    }
    const auto lost = since(now.throttled_for, before ? &before->throttled_for : nullptr);
    if (lost && *lost > 0) {
        add_note(throttled.note, "for ",
                 std::get<std::string>(amount(*lost / 1000, Unit::seconds, false)));
    }
    list.push_back(std::move(throttled));
    list.push_back(pressure("cpu pressure", now.cpu_pressure));
    list.push_back(pressure("memory pressure", now.memory_pressure));
    list.push_back(pressure("io pressure", now.io_pressure));
    return list;
}

int each_round(
    Invocation& call,
    const std::function<void(const CgroupState&, const CgroupState*, std::uint64_t)>& show) {
    std::optional<double> pause;
    if (const auto word = call.options.value('w')) {
        pause = duration(std::string(*word));
        if (!pause || *pause < 0.01) return call.misused("-w takes seconds");
    }
    auto time = microseconds_now();
    auto state = cgroup_details(call.target);
    show(state, nullptr, 0);
    const bool terminal = call.out.terminal();
    while (pause && call.out.flush()) {
        auto left = as_timespec(*pause);
        while (::nanosleep(&left, &left) != 0 && errno == EINTR) {
        }
        const auto now = microseconds_now();
        auto next = cgroup_details(call.target);
        if (terminal) {
            call.out.write("\x1b[H\x1b[J");
        } else if (!call.json()) {
            call.out.put('\n');
        }
        show(next, &state, now - time);
        state = std::move(next);
        time = now;
    }
    return call.status;
}

}  // namespace limpet::commands
