// health.cpp - a traffic light: what is short, worst first to be seen.
#include "commands/container/covered.h"
#include "commands/container/measure.h"
#include "commands/process/process.h"
#include "limpet/limits.h"
#include "parse/mountinfo.h"
#include "parse/number.h"
#include "parse/process_limits.h"

#include <array>

namespace limpet::commands {
namespace {

enum Light : std::uint8_t { unknown, green, yellow, red };
constexpr std::array<std::string_view, 4> words{"unknown", "ok", "warn", "bad"};
constexpr std::array<char, 4> colours{0, 2, 3, 1};

// From where on a check is yellow, and red: percent of the limit, or what is counted as it is.
struct Threshold {
    std::string_view name;
    std::uint64_t yellow, red;
    bool of_limit = true;
};
constexpr Threshold thresholds[]{
    {"memory", 80, 95},         {"oom kills", 1, 1, false}, {"tasks", 80, 95},
    {"throttled", 5, 25},       {"cpu pressure", 20, 60},   {"memory pressure", 10, 40},
    {"io pressure", 20, 60},    {"descriptors", 80, 95},    {"threads", 2000, 20000, false},
    {"zombies", 1, 100, false}, {"blocked", 1, 20, false},  {"disk", 85, 95},
    {"inodes", 85, 95},
};

const Threshold* threshold(std::string_view name) {
    for (const auto& one : thresholds) {
        if (one.name == name) return &one;
    }
    return nullptr;
}

Light judge(const Measure& measure) {
    const auto* bounds = threshold(measure.name);
    if (!bounds) return unknown;
    const auto value = bounds->of_limit ? measure.percent() : measure.used;
    if (!value) return measure.used && bounds->of_limit ? green : unknown;
    const std::uint64_t scale = bounds->of_limit ? 100 : 1;
    return *value >= bounds->red * scale ? red : *value >= bounds->yellow * scale ? yellow : green;
}

std::string process_note(const Process& process, const std::string& comm) {
    std::string note = "process " + std::to_string(process.pid) + ' ';
    note += comm;
    return note;
}

// procfs tells their number as the folder's size since Linux 6.2; before, they are counted.
std::uint64_t descriptors_of(const Process& process) {
    const auto status = process.at.stat("fd", target::Follow::no);
    if (status && status->stx_size > 0) return status->stx_size;
    const auto links = process.at.open_directory("fd");
    if (!links) return 0;
    target::Listing listing(links->fd, links->name);
    std::uint64_t count = 0;
    for (auto entry = listing.next(); entry && *entry; entry = listing.next()) ++count;
    return count;
}

std::optional<std::uint64_t> descriptor_limit(const Process& process) {
    const auto text = process.at.read("limits", limits::small_file);
    if (!text) return std::nullopt;
    for (const auto& limit : parse::process_limits(*text)) {
        if (limit.name == "Max open files") return parse::number<std::uint64_t>(limit.soft);
    }
    return std::nullopt;
}

void add_processes(Invocation& call, std::vector<Measure>& list) {
    Measure descriptors{"descriptors", Unit::count, std::nullopt, std::nullopt};
    Measure threads{"threads", Unit::count, 0, std::nullopt};
    Measure zombies{"zombies", Unit::count, 0, std::nullopt};
    Measure blocked{"blocked", Unit::count, 0, std::nullopt};
    std::uint64_t fullest = 0;
    const auto seen = each_process(call.target, [&](Process& process) {
        const auto text = read_small(process, "stat");
        const auto stat = text ? parse::stat(*text) : refused("stat", "none");
        if (!stat) return;
        if (stat->state == 'Z') {
            if (++*zombies.used == 1) zombies.note = process_note(process, stat->comm);
            return;
        }
        if (stat->state == 'D' && ++*blocked.used == 1) {
            blocked.note = process_note(process, stat->comm);
        }
        if (stat->num_threads > *threads.used) {
            threads.used = stat->num_threads;
            threads.note = process_note(process, stat->comm);
        }
        // So few are no matter, and the limit is a file more to read.
        constexpr std::uint64_t few = 16;
        const auto open = descriptors_of(process);
        if (open < few && descriptors.used) return;
        const auto most = descriptor_limit(process);
        if (!most || *most == 0) return;
        const auto share = open * 10'000 / *most;
        if (descriptors.used && share <= fullest) return;
        fullest = share;
        descriptors.used = open;
        descriptors.limit = most;
        descriptors.note = process_note(process, stat->comm);
    });
    if (!seen) call.complain(seen.error());
    for (auto* measure : {&descriptors, &threads, &zombies, &blocked}) {
        list.push_back(std::move(*measure));
    }
}

// A server far away that hangs would take this command with it.
bool is_local(std::string_view type) {
    constexpr std::array<std::string_view, 7> local{"overlay", "ext4",  "ext3", "xfs",
                                                    "btrfs",   "tmpfs", "zfs"};
    for (const auto known : local) {
        if (type == known) return true;
    }
    return false;
}

void fuller(Measure& worst, std::uint64_t total, std::uint64_t free, const std::string& point) {
    if (total == 0 || free > total) return;
    const Measure measure{worst.name, worst.unit, total - free, total, point};
    const auto before = worst.percent();
    const auto now = measure.percent();
    if (!before || (now && *now > *before)) worst = measure;
}

void add_disks(Invocation& call, std::vector<Measure>& list, std::vector<parse::Mount>& mounts) {
    Measure disk{"disk", Unit::bytes, std::nullopt, std::nullopt};
    Measure inodes{"inodes", Unit::count, std::nullopt, std::nullopt};
    for (const auto& mount : mounts) {
        const auto writable = [](std::string_view options) {
            return options != "ro" && !options.starts_with("ro,");
        };
        if (!is_local(mount.type) || !writable(mount.options) || !writable(mount.super_options)) {
            continue;
        }
        const auto place = target::open(call.target, mount.point, O_PATH);
        const auto size = place ? sys::fstatfs(*place) : failed("statfs", mount.point);
        if (!size) continue;
        const auto block = static_cast<std::uint64_t>(size->f_frsize);
        // As df has it: what is kept for root counts as used.
        const auto kept = size->f_bfree - size->f_bavail;
        fuller(disk, (size->f_blocks - kept) * block, size->f_bavail * block, mount.point);
        fuller(inodes, size->f_files, size->f_ffree, mount.point);
    }
    list.push_back(std::move(disk));
    list.push_back(std::move(inodes));
}

class Lights {
public:
    explicit Lights(Invocation& call)
        : json_(call.json()),
          table_(call, {{"state"},
                        {"check"},
                        {"used", Align::right},
                        {"limit", Align::right},
                        {"percent", Align::right, "%"},
                        {"note"}}) {}
    void show(const Measure& measure, Light light) {
        worst_ = std::max(worst_, light);
        std::vector<Cell> cells{std::string(words[light]), std::string(measure.name),
                                amount(measure.used, measure.unit, json_),
                                amount(measure.limit, measure.unit, json_), Cell{}};
        if (const auto percent = measure.limit ? measure.percent() : std::nullopt) {
            cells.back() = static_cast<double>(*percent) / 100;
        }
        cells.emplace_back(measure.note);
        table_.row(std::move(cells), colours[light]);
    }
    bool finish() {
        const auto worst = worst_;
        show({"all", Unit::count, std::nullopt, std::nullopt}, worst);
        table_.finish();
        return worst != red;
    }

private:
    bool json_;
    Table table_;
    Light worst_ = green;
};

void show(Invocation& call, const CgroupState& now, const CgroupState* before,
          std::uint64_t microseconds) {
    auto list = cgroup_measures(now, before, microseconds);
    add_processes(call, list);
    std::vector<parse::Mount> mounts;
    if (const auto process = open_process(call.target, call.target.inner_pid)) {
        if (const auto text = process->at.read("mountinfo", limits::large_procfs_file)) {
            mounts = parse::mountinfo(*text);
        }
    }
    if (any(call.target.grants & Grant::files)) add_disks(call, list, mounts);
    Lights lights(call);
    for (auto& measure : list) {
        if (!threshold(measure.name)) continue;
        // What the kernel would take back first does not make it short.
        if (measure.name == "memory" && now.working) measure.used = now.working;
        lights.show(measure, judge(measure));
    }
    const auto covered = covered_proc(mounts);
    lights.show({"own /proc", Unit::count, std::nullopt, std::nullopt, covered},
                covered.empty() ? green : yellow);
    if (!lights.finish()) call.status = 1;
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    return each_round(
        call, [&](const CgroupState& now, const CgroupState* before, std::uint64_t microseconds) {
            show(call, now, before, microseconds);
        });
}

constexpr Option options[]{every_option, json_option};

constexpr Command health{
    .name = "health",
    .usage = "[-w SECONDS] [-o json]",
    .summary = "show what the target is short of, as a traffic light",
    .theme = "container",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "ok, warn or bad for: memory (its working set against the tightest limit, from 80% and "
        "95%),\noom kills, tasks (80, 95), throttled (5% and 25% of periods), pressure (of cpu and "
        "io "
        "20 and 60,\nof memory 10 and 40), descriptors (of the process nearest to its limit; 80, "
        "95), threads (of the\nprocess with most; 2000, 20000), zombies (1, 100), blocked (in "
        "uninterruptible sleep; 1, 20),\ndisk and inodes (the fullest writable local file system; "
        "85, 95), own /proc (warn when the target\nhas mounted something over it that fakes "
        "processes; what is shown here is never read there).\nThe last row, all, is the worst. "
        "Exits 1 when anything is bad. With -w, throttling and OOM kills\nare those of the "
        "interval.\n"
        "JSON fields: state (ok, warn, bad, unknown), check, used, limit, percent, note.\n"
        "\nExamples:\n  health\n  health -w 2\n  health -o json | jq 'select(.state != \"ok\")'\n",
};
const Register registered{health};

}  // namespace
}  // namespace limpet::commands
