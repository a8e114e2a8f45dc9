// changes.cpp - what has changed in the target's files: since the image, or since it started.
#include "commands/compared.h"
#include "commands/process/process.h"
#include "commands/spoken.h"
#include "commands/table.h"
#include "commands/text/diff_files.h"
#include "commands/walk.h"
#include "limpet/limits.h"
#include "parse/number.h"

#include <sys/stat.h>
#include <unistd.h>

#include <ctime>
#include <optional>

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

// A path, and all below it.
bool is_below(std::string_view path, std::string_view place) {
    while (place.ends_with('/')) place.remove_suffix(1);
    return path.starts_with(place) && (path.size() == place.size() || path[place.size()] == '/');
}

class Report {
public:
    explicit Report(Invocation& call)
        : call_(call),
          by_(call.target.written.fd ? "layers" : "times"),
          short_(call.options.has("short") || call.options.has("content")),
          table_(call, columns(call.json())) {}

    void by_times(std::int64_t since) {
        by_ = "times";
        Walk walk;
        walk.one_filesystem = !call_.options.has('A');
        std::uint64_t device = 0;
        walk.before = [&](Visit& visit) {
            const auto status = visit.status();
            const auto its =
                status ? std::uint64_t{status->stx_dev_major} << 32 | status->stx_dev_minor : 0;
            if (visit.depth() == 0) device = its;
            // What another file system shows at its mount point is not of this one.
            if (walk.one_filesystem && its != device) return Next::descend;
            if (!status || nanoseconds(status->stx_ctime) < since) return Next::descend;
            const bool content = nanoseconds(status->stx_mtime) >= since;
            tell('C', content ? "content" : "metadata", *status, visit.path());
            return Next::descend;
        };
        for (const auto& place : places()) walk.run(call_, place);
        finish();
    }

    void by_layers() {
        const auto wanted = places();
        for (const auto& place : wanted) {
            const auto there = call_.target.plain.stat(place, target::Follow::no);
            if (there || call_.target.image.stat(place, target::Follow::no)) continue;
            call_.complain(there.error());
        }
        Comparison comparison(call_, true, [&](const Difference& one) {
            const auto inside = [&](const auto& place) { return is_below(one.path, place); };
            if (std::ranges::none_of(wanted, inside)) return;
            const auto* word = one.what == 'A' ? "added" : one.what == 'D' ? "deleted" : "changed";
            tell(one.what, word, one.now ? *one.now : *one.before, one.path);
            if (call_.options.has("content")) content(one);
        });
        const auto& target = call_.target;
        const auto written = target.written.open_directory(".");
        const auto image = target.image.open_directory(".");
        const auto plain = target.plain.open_directory(".");
        if (written && image && plain) comparison.folder(*written, *image, *plain, "");
        finish();
    }

private:
    static std::vector<Column> columns(bool json) {
        std::vector<Column> all{
            {"change"}, {"kind"}, {"size", Align::right}, {"time", Align::right, "AGE"}, {"path"}};
        if (json) all.push_back({"by"});
        return all;
    }
    void finish() {
        if (!short_ || call_.json()) table_.finish();
    }
    std::vector<std::string> places() {
        std::vector<std::string> found;
        for (const auto& operand : call_.operands) found.push_back(call_.path(operand));
        if (found.empty()) found.emplace_back("/");
        return found;
    }

    void tell(char letter, const char* change, const struct statx& status,
              const std::string& path) {
        const bool json = call_.json();
        if (short_ && !json) {
            call_.out.put(letter);
            call_.out.put(' ');
            return speak_line(call_.out, path);
        }
        Cells cells;
        cells.text(change).text(kind(status.stx_mode));
        const auto& time = status.stx_ctime;
        if (letter == 'D') {
            cells.nothing().nothing();
        } else if (json) {
            cells.count(status.stx_size).number(time.tv_sec);
        } else {
            S_ISREG(status.stx_mode) ? cells.text(human_size(status.stx_size)) : cells.nothing();
            cells.text(age(now_ - nanoseconds(time)));
        }
        cells.text(path);
        if (json) cells.text(by_);
        table_.row(std::move(cells));
    }

    // The lines that differ, when both are files, or the one that there is.
    void content(const Difference& one) {
        diff::Sides sides;
        bool files = true;
        const auto take = [&](diff::Side& side, const std::optional<struct statx>& status,
                              const target::Directory* folder, const char* prefix) {
            side.name = status ? prefix + one.path : std::string("/dev/null");
            if (!status) return;
            side.status = status;
            files = files && S_ISREG(status->stx_mode);
            if (!files) return;
            auto file = folder->open_regular(one.name);
            files = file.has_value();
            if (!file) return call_.complain(file.error());
            side.input.emplace(*std::move(file), one.path);
        };
        take(sides[0], one.before, one.was, "a");
        take(sides[1], one.now, one.is, "b");
        if (!files) return;
        diff::Style style{.form = diff::Form::unified};
        (void)diff::files(call_, style, sides, false);
    }

    Invocation& call_;
    const char* by_;
    bool short_;
    std::int64_t now_ = nanoseconds(CLOCK_REALTIME);
    Table table_;
};

int run(Invocation& call) {
    if (call.json() && call.options.has("content")) {
        return call.misused("--content is for people, and for patch: not with -o json");
    }
    Report report(call);
    const auto minutes = call.options.value('m');
    const bool times = minutes || call.options.has("times") || call.options.has('A');
    const bool listed = call.options.has("short") || call.options.has("content");
    const bool says = listed && !call.options.has('q');
    const auto say = [&](const std::string& what) {
        if (says) call.error.write("changes: " + what + '\n');
        call.error.flush();
    };
    if (!times && call.target.written.fd) {
        say("since the image, by the layers");
        report.by_layers();
        return call.status;
    }
    if (call.options.has("content")) {
        call.complain("there is nothing to compare with: " + call.target.written.missing);
        return 1;
    }
    auto since = started(call.target);
    if (minutes) {
        const auto number = parse::number<std::uint32_t>(*minutes);
        if (!number) return call.misused("-m takes minutes");
        since = nanoseconds(CLOCK_REALTIME) - *number * 60 * second;
    }
    if (!since) {
        call.complain(since.error());
        return 1;
    }
    const auto& why = call.target.written.missing;
    say("since the start, by the times of files" + (times || why.empty() ? "" : "; " + why));
    report.by_times(*since);
    return call.status;
}

constexpr Option options[]{
    {'A', "all", "", "also below other mounts: volumes, tmpfs; by times"},
    {'m', "minutes", "N", "in the last N minutes; by times"},
    {0, "times", "", "since the target started, by times, though there are layers"},
    {0, "short", "", "lines of A, C or D and the path, as docker diff has them"},
    {'q', "quiet", "", "do not say by what, which those two do on standard error"},
    {0, "content", "", "the same, and the lines that differ, as diff -u has them"},
    json_option,
};

constexpr Command changes{
    .name = "changes",
    .usage = "[-A] [-m N] [--times] [--short | --content] [-o json] [PATH...]",
    .summary = "list what has changed in the target's files since its image, or its start",
    .theme = "container",
    .promise = Promise::files | Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Where the root is an overlay whose layers the node shows, its own layer is compared with "
        "those\nof the image: what was added, changed and deleted since the container was made. A "
        "file has\nchanged when its owner, mode, size, time or bytes have; a folder when its owner "
        "or mode have, or\nsomething below it.\n"
        "Elsewhere by the times that the kernel sets (ctime) and nobody can set back; what was "
        "removed\nshows as a change of the directory where it was. Of a restarted container, since "
        "the restart.\n"
        "JSON fields: change (by layers: added, changed, deleted; by times: content, its bytes or\n"
        "entries; metadata: owner, mode, name or links only, or put there with an older time), "
        "kind\n(file, directory, link, fifo, socket, device), size, time (of the change, seconds "
        "since 1970),\npath, by (layers or times).\n"
        "\nExamples:\n  changes\n  changes --content /etc\n  changes -m 10 /var /tmp\n",
    .without_process = true,
    .apart = true,
};
const Register registered{changes};

}  // namespace
}  // namespace limpet::commands
