// container/cgroup.cpp - limits and use of the target's cgroup, cgroups(7).
#include "commands/container/cgroup.h"

#include "limpet/limits.h"
#include "parse/cgroup.h"
#include "parse/counters.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <algorithm>
#include <functional>
#include <vector>

namespace limpet::commands {
namespace {

// One controller's directory of the target below the node's /sys/fs/cgroup.
struct Place {
    const target::Directory* root = nullptr;
    std::string mount;  // "memory", or empty in v2
    std::string path;   // "/docker/…"
    bool unified = false;

    [[nodiscard]] std::optional<std::string> read(const std::string& at,
                                                  const std::string& file) const {
        auto text = root->read(mount + at + "/" + file, limits::small_file);
        if (!text) return std::nullopt;
        while (text->ends_with('\n')) text->pop_back();
        return *std::move(text);
    }
    [[nodiscard]] std::optional<std::uint64_t> number(const std::string& file) const {
        const auto text = read(path, file);
        return text ? parse::number<std::uint64_t>(*text) : std::nullopt;
    }
};

std::optional<Place> controller_place(const target::Target& target, std::string_view controller) {
    const bool unified = target.cgroups.stat("cgroup.controllers", target::Follow::no).has_value();
    for (const auto& line : parse::cgroup(target.cgroup)) {
        // Seen from another cgroup namespace it is not below our root: "/../x" would be clamped to
        // a stranger's.
        if (line.path.starts_with("/..")) continue;
        if (unified) {
            if (line.hierarchy == 0) return Place{&target.cgroups, "", line.path, true};
            continue;
        }
        if (std::ranges::find(line.controllers, controller) == line.controllers.end()) continue;
        std::string all;
        for (const auto& name : line.controllers) all += (all.empty() ? "" : ",") + name;
        for (const auto& mount : {all, std::string(controller)}) {
            if (target.cgroups.stat(mount, target::Follow::yes)) {
                return Place{&target.cgroups, mount, line.path, false};
            }
        }
    }
    return std::nullopt;
}

using Reader = std::function<std::optional<std::uint64_t>(const Place&, const std::string& at)>;

// From the target's cgroup up to the root: the smallest limit of all counts.
CgroupLimit tightest(const Place& place, const Reader& read) {
    CgroupLimit result;
    std::string at = place.path;
    for (;;) {
        if (const auto limit = read(place, at);
            limit && (!result.limit || *limit < *result.limit)) {
            result.limit = limit;
            result.where = at.empty() ? "/" : at;
        }
        if (at.empty() || at == "/") return result;
        at.resize(at.rfind('/') == at.npos ? 0 : at.rfind('/'));
    }
}

Reader plain(std::string file, std::uint64_t infinity) {
    return [file = std::move(file), infinity](const Place& place, const std::string& at) {
        const auto text = place.read(at, file);
        const auto value = text ? parse::number<std::uint64_t>(*text) : std::nullopt;
        return value && *value < infinity ? value : std::nullopt;
    };
}

std::optional<std::uint64_t> thousandths(std::string_view quota, std::string_view period) {
    const auto q = parse::number<std::uint64_t>(quota);
    const auto p = parse::number<std::uint64_t>(period);
    if (!q || !p || *p == 0 || *q > UINT64_MAX / 1000) return std::nullopt;
    return *q * 1000 / *p;
}

// "max 100000" or "50000 100000"; in v1 two files, -1 for none.
std::optional<std::uint64_t> cpu_limit(const Place& place, const std::string& at) {
    if (place.unified) {
        const auto text = place.read(at, "cpu.max");
        if (!text) return std::nullopt;
        std::string_view rest = *text;
        const auto quota = parse::take_word(rest);
        return thousandths(quota, parse::take_word(rest));
    }
    return thousandths(place.read(at, "cpu.cfs_quota_us").value_or(""),
                       place.read(at, "cpu.cfs_period_us").value_or(""));
}

// "name value" lines: memory.events, cpu.stat, memory.oom_control.
std::optional<std::uint64_t> entry(const Place& place, const std::string& file,
                                   std::string_view name) {
    const auto text = place.read(place.path, file);
    return text ? parse::counter(*text, name) : std::nullopt;
}

// v1 writes the largest multiple of a page for "none".
constexpr std::uint64_t v1_infinity = 0x7000'0000'0000'0000;

void read_memory(const Place& place, CgroupState& state) {
    state.path = place.path;
    state.memory = tightest(place, place.unified ? plain("memory.max", UINT64_MAX)
                                                 : plain("memory.limit_in_bytes", v1_infinity));
    state.memory.used = place.number(place.unified ? "memory.current" : "memory.usage_in_bytes");
    state.oom_kills =
        entry(place, place.unified ? "memory.events" : "memory.oom_control", "oom_kill");
    state.cache = entry(place, "memory.stat", place.unified ? "file" : "total_cache");
    state.shared = entry(place, "memory.stat", place.unified ? "shmem" : "total_shmem");
}

void read_details(const Place& place, CgroupState& state) {
    if (place.unified) {
        state.high = tightest(place, plain("memory.high", UINT64_MAX));
        state.high.used = state.memory.used;
        state.swap = tightest(place, plain("memory.swap.max", UINT64_MAX));
        state.swap.used = place.number("memory.swap.current");
        state.peak = place.number("memory.peak");
    } else {
        state.swap = tightest(place, plain("memory.memsw.limit_in_bytes", v1_infinity));
        state.swap.used = place.number("memory.memsw.usage_in_bytes");
        state.peak = place.number("memory.max_usage_in_bytes");
    }
    // As the kubelet counts it before it evicts.
    const auto idle =
        entry(place, "memory.stat", place.unified ? "inactive_file" : "total_inactive_file");
    if (state.memory.used && idle) {
        state.working = *state.memory.used - std::min(*idle, *state.memory.used);
    }
}

// The rest of "some avg10=1.50 avg60=…" behind that name, as hundredths.
std::optional<std::uint64_t> average(std::string_view line, std::string_view name) {
    const auto at = line.find(name);
    if (at == line.npos) return std::nullopt;
    auto value = line.substr(at + name.size());
    const auto whole = parse::number<std::uint64_t>(parse::take(value, '.'));
    const auto part = parse::number<std::uint64_t>(parse::take_word(value));
    if (!whole || !part || *whole > 100 || *part > 99) return std::nullopt;
    return *whole * 100 + *part;
}

CgroupPressure pressure(const target::Target& target, const std::string& folder,
                        const char* resource) {
    CgroupPressure result;
    std::optional<std::string> text;
    if (!folder.empty()) {
        if (auto own =
                target.cgroups.read(folder + '/' + resource + ".pressure", limits::small_file)) {
            text = *std::move(own);
        }
    }
    if (!text) {
        auto all = target.procfs.read(std::string("pressure/") + resource, limits::small_file);
        if (!all) return result;
        text = *std::move(all);
        result.machine = true;
    }
    std::string_view rest = *text;
    const auto some = parse::take_line(rest);
    result.some10 = average(some, "avg10=");
    result.some60 = average(some, "avg60=");
    result.full10 = average(parse::take_line(rest), "avg10=");
    return result;
}

// The target's folder in the tree of v2, which v1 may have beside its own.
std::string unified_folder(const target::Target& target) {
    const bool whole = target.cgroups.stat("cgroup.controllers", target::Follow::no).has_value();
    for (const auto& line : parse::cgroup(target.cgroup)) {
        if (line.hierarchy == 0 && !line.path.starts_with("/..")) {
            return (whole ? "." : "unified") + line.path;
        }
    }
    return {};
}

}  // namespace

CgroupState cgroup_state(const target::Target& target) {
    CgroupState state;
    if (!target.cgroups.fd) return state;
    const bool unified = target.cgroups.stat("cgroup.controllers", target::Follow::no).has_value();
    const bool both = target.cgroups.stat("unified", target::Follow::no).has_value();
    const auto memory = controller_place(target, "memory");
    const auto pids = controller_place(target, "pids");
    const auto cpu = controller_place(target, "cpu");
    const auto cpuset = controller_place(target, "cpuset");
    if (memory || pids || cpu) state.version = unified ? "v2" : both ? "hybrid" : "v1";
    if (memory) read_memory(*memory, state);
    if (pids) {
        state.pids = tightest(*pids, plain("pids.max", UINT64_MAX));
        state.pids.used = pids->number("pids.current");
    }
    if (cpu) {
        state.cpu = tightest(*cpu, cpu_limit);
        state.periods = entry(*cpu, "cpu.stat", "nr_periods");
        state.throttled_periods = entry(*cpu, "cpu.stat", "nr_throttled");
        if (cpu->unified) {
            state.cpu_time = entry(*cpu, "cpu.stat", "usage_usec");
        } else if (const auto account = controller_place(target, "cpuacct")) {
            state.cpu_time = account->number("cpuacct.usage");
            if (state.cpu_time) *state.cpu_time /= 1000;
        }
    }
    if (cpuset) {
        const auto list = cpuset->read(
            cpuset->path, cpuset->unified ? "cpuset.cpus.effective" : "cpuset.effective_cpus");
        state.cpus = list.value_or("");
    }
    return state;
}

CgroupState cgroup_details(const target::Target& target) {
    auto state = cgroup_state(target);
    if (const auto memory = controller_place(target, "memory")) read_details(*memory, state);
    if (const auto cpu = controller_place(target, "cpu")) {
        if (cpu->unified) {
            state.throttled_for = entry(*cpu, "cpu.stat", "throttled_usec");
            state.cpu_used = entry(*cpu, "cpu.stat", "usage_usec");
        } else if (const auto time = entry(*cpu, "cpu.stat", "throttled_time")) {
            state.throttled_for = *time / 1000;
        }
    }
    if (!state.cpu_used) {
        const auto cpu = controller_place(target, "cpuacct");
        const auto used = cpu ? cpu->number("cpuacct.usage") : std::nullopt;
        if (used) state.cpu_used = *used / 1000;
    }
    const auto folder = target.cgroups.fd ? unified_folder(target) : std::string{};
    state.cpu_pressure = pressure(target, folder, "cpu");
    state.memory_pressure = pressure(target, folder, "memory");
    state.io_pressure = pressure(target, folder, "io");
    return state;
}

}  // namespace limpet::commands
