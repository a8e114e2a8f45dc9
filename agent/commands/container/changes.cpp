// changes.cpp - what has changed in the target's files since it started.
#include "commands/process/process.h"
#include "commands/table.h"
#include "commands/walk.h"
#include "limpet/limits.h"
#include "parse/number.h"

#include <sys/stat.h>
#include <unistd.h>

#include <ctime>

namespace limpet::commands {
namespace {

constexpr std::int64_t second = 1'000'000'000;

std::int64_t nanoseconds(clockid_t clock) {
    timespec time{};
    ::clock_gettime(clock, &time);
    return time.tv_sec * second + time.tv_nsec;
}

std::int64_t nanoseconds(const statx_timestamp& time) {
    return time.tv_sec * second + time.tv_nsec;
}

// When the main process was made, as files have their times.
Result<std::int64_t> started(const target::Target& target) {
    const bool here = target.mode == target::Mode::here;
    const auto process = TRY(open_process(target, here ? 1 : target.inner_pid));
    const auto stat = TRY(parse::stat(TRY(process.at.read("stat", limits::small_file))));
    const auto boot = nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_BOOTTIME);
    const auto ticks = ::sysconf(_SC_CLK_TCK);
    return boot + static_cast<std::int64_t>(stat.starttime) * (second / ticks);
}

std::string_view kind(std::uint32_t mode) {
    switch (mode & S_IFMT) {
        case S_IFREG: return "file";
        case S_IFDIR: return "directory";
        case S_IFLNK: return "link";
        case S_IFIFO: return "fifo";
        case S_IFSOCK: return "socket";
        default: return "device";
    }
}

// "12s", "5m", "3h", "2d".
std::string age(std::int64_t nanoseconds) {
    const auto seconds = std::max<std::int64_t>(nanoseconds / second, 0);
    if (seconds < 120) return std::to_string(seconds) + 's';
    if (seconds < 7200) return std::to_string(seconds / 60) + 'm';
    if (seconds < 172'800) return std::to_string(seconds / 3600) + 'h';
    return std::to_string(seconds / 86'400) + 'd';
}

int run(Invocation& call) {
    const bool json = call.json();
    const auto now = nanoseconds(CLOCK_REALTIME);
    auto since = started(call.target);
    if (const auto word = call.options.value('m')) {
        const auto minutes = parse::number<std::uint32_t>(*word);
        if (!minutes) return call.misused("-m takes minutes");
        since = now - *minutes * 60 * second;
    }
    if (!since) {
        call.complain(since.error());
        return 1;
    }
    auto places = call.operands;
    if (places.empty()) places.emplace_back("/");
    Table table(
        call,
        {{"change"}, {"kind"}, {"size", Align::right}, {"time", Align::right, "AGE"}, {"path"}});
    Walk walk;
    walk.one_filesystem = !call.options.has('A');
    std::uint64_t device = 0;
    walk.before = [&](Visit& visit) {
        const auto status = visit.status();
        const auto its =
            status ? std::uint64_t{status->stx_dev_major} << 32 | status->stx_dev_minor : 0;
        if (visit.depth() == 0) device = its;
        // What another file system shows at its mount point is not of this one.
        if (walk.one_filesystem && its != device) return Next::descend;
        if (!status || nanoseconds(status->stx_ctime) < *since) return Next::descend;
        const bool content = nanoseconds(status->stx_mtime) >= *since;
        std::vector<Cell> cells{std::string(content ? "content" : "metadata"),
                                std::string(kind(status->stx_mode))};
        if (json) {
            cells.emplace_back(status->stx_size);
            cells.emplace_back(std::int64_t{status->stx_ctime.tv_sec});
        } else {
            cells.emplace_back(S_ISREG(status->stx_mode) ? Cell(human_size(status->stx_size))
                                                         : Cell());
            cells.emplace_back(age(now - nanoseconds(status->stx_ctime)));
        }
        cells.emplace_back(visit.path());
        table.row(std::move(cells));
        return Next::descend;
    };
    for (const auto& place : places) walk.run(call, call.path(place));
    table.finish();
    return call.status;
}

constexpr Option options[]{
    {'A', "all", "", "also below other mounts: volumes, tmpfs"},
    {'m', "minutes", "N", "in the last N minutes, instead of since the target started"},
    json_option,
};

constexpr Command changes{
    .name = "changes",
    .usage = "[-A] [-m N] [-o json] [PATH...]",
    .summary = "list what has changed in the target's files since it started",
    .theme = "container",
    .promise = Promise::files | Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "By the times that the kernel sets (ctime) and nobody can set back; what was removed shows "
        "as a\nchange of the directory where it was. Of a restarted container, since the restart.\n"
        "JSON fields: change (content: its bytes or entries; metadata: owner, mode, name or links "
        "only, or\nput there with an older time), kind (file, directory, link, fifo, socket, "
        "device), size, time\n(of the change, seconds since 1970), path.\n"
        "\nExamples:\n  changes\n  changes -m 10 /var /tmp\n",
};
const Register registered{changes};

}  // namespace
}  // namespace limpet::commands
