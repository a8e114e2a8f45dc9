// df.cpp - room on the file systems of the target.
#include "commands/block_size.h"
#include "commands/command.h"
#include "commands/file/mount_table.h"
#include "commands/file/resolved.h"
#include "commands/table.h"
#include "sys/file.h"
#include "target/deadline.h"

#include <fcntl.h>

#include <set>

namespace limpet::commands {
namespace {

struct Room {
    std::uint64_t size, used, available;
};

// Per cent as df has them: of what a user may use, rounded up.
std::string percent(const Room& room) {
    auto used = room.used, usable = room.used + room.available;
    if (usable == 0) return "-";
    // A hundred times an exabyte would not fit.
    while (usable > UINT64_MAX / 128) {
        used >>= 8;
        usable >>= 8;
    }
    return std::to_string((used * 100 + usable - 1) / usable) + "%";
}

Room room_of(const struct statfs& status, bool inodes) {
    if (inodes) {
        return {status.f_files, status.f_files - status.f_ffree, status.f_ffree};
    }
    const auto unit =
        static_cast<std::uint64_t>(status.f_frsize ? status.f_frsize : status.f_bsize);
    return {status.f_blocks * unit, (status.f_blocks - status.f_bfree) * unit,
            status.f_bavail * unit};
}

class Report {
public:
    Report(Invocation& call, const BlockSize& unit)
        : call_(call), inodes_(call.options.has('i')), unit_(unit), table_(call, columns()) {}

    void mount(const parse::Mount& mount, bool asked) {
        const auto place = target::open(call_.target, mount.point, O_PATH | O_DIRECTORY);
        // A file may be mounted as well: /etc/hosts of a container is.
        const auto file =
            place ? failed("open", "") : target::open(call_.target, mount.point, O_PATH);
        if (!place && !file) {
            // Of the many that cannot be reached on a low rung the root speaks for all.
            const bool closed = !call_.target.root.fd && mount.point == "/";
            if (asked || closed) call_.complain(place.error());
            return;
        }
        target::deadline::enter();
        const auto status = sys::fstatfs(place ? *place : *file);
        if (!status) {
            call_.complain(Error{status.error().code, "statfs", mount.point, {}});
            return;
        }
        if (status->f_blocks == 0 && !asked && !call_.options.has('a')) return;
        const auto room = room_of(*status, inodes_);
        total_.size += room.size;
        total_.used += room.used;
        total_.available += room.available;
        row(mount, room);
    }
    void finish() {
        if (call_.options.has("total")) {
            parse::Mount all;
            all.source = "total";
            all.type = all.point = "-";
            row(all, total_);
        }
        table_.finish();
    }

private:
    std::vector<Column> columns() const {
        const bool inodes = call_.options.has('i');
        std::vector<Column> columns{{"filesystem"}};
        if (call_.options.has('T') || call_.json()) columns.push_back({"type"});
        // -P: word for word as POSIX has it, for scripts that look at it.
        const bool posix = call_.options.has('P') && !inodes && !unit_.human;
        if (posix) columns[0].heading = "Filesystem";
        columns.push_back({inodes ? "inodes" : "size", Align::right, size_heading_});
        columns.push_back({"used", Align::right, posix ? "Used" : ""});
        columns.push_back({inodes ? "free" : "available", Align::right, posix ? "Available" : ""});
        columns.push_back({"percent", Align::right, posix ? "Capacity" : "USE%"});
        columns.push_back({"target", Align::left, posix ? "Mounted on" : "MOUNTED ON"});
        return columns;
    }
    std::string heading() const {
        const bool posix = call_.options.has('P');
        if (inodes_) return "INODES";
        if (unit_.human) return "SIZE";
        const auto unit = unit_.unit;
        if (posix) return std::to_string(unit) + "-blocks";
        if (unit % (1024 * 1024) == 0) return std::to_string(unit / (1024 * 1024)) + "M-BLOCKS";
        if (unit % 1024 == 0) return std::to_string(unit / 1024) + "K-BLOCKS";
        return std::to_string(unit) + "B-BLOCKS";
    }
    Cell amount(std::uint64_t value) const {
        if (call_.json()) return value;
        if (inodes_ && !unit_.human) return std::to_string(value);
        return unit_.show(value);
    }
    void row(const parse::Mount& mount, const Room& room) {
        std::vector<Cell> cells{mount.source};
        if (call_.options.has('T') || call_.json()) cells.emplace_back(mount.type);
        cells.push_back(amount(room.size));
        cells.push_back(amount(room.used));
        cells.push_back(amount(room.available));
        cells.emplace_back(percent(room));
        cells.emplace_back(mount.point);
        table_.row(std::move(cells));
    }
    Invocation& call_;
    bool inodes_;
    BlockSize unit_;
    std::string size_heading_ = heading();
    Room total_{};
    Table table_;
};

int run(Invocation& call) {
    const auto mounts = mount_table(call);
    if (!mounts) {
        call.complain(mounts.error());
        return 1;
    }
    const auto types = type_filter(call.options);
    BlockSize unit;
    TypeFilter without{.types = {}, .negated = true};
    for (const auto& [option, value] : call.options.all()) {
        if (option.letter == 'k') unit = {};
        if (option.letter == 'm') unit = {.unit = 1024 * 1024};
        if (option.letter == 'h') unit = {.human = true};
        if (option.letter == 'H') unit = {.human = true, .si = true};
        if (option.letter == 'x') without.types.push_back(value);
        if (option.letter != 'B') continue;
        const auto size = block_size(value);
        if (!size) return call.misused("-B: '" + value + "' is no size");
        unit = *size;
    }
    Report report(call, unit);
    for (const auto& operand : call.operands) {
        const auto path = resolved(call, call.path(operand), Missing::refused);
        if (!path) {
            call.complain(path.error());
        } else if (const auto* mount = mount_of(*mounts, *path)) {
            report.mount(*mount, true);
        }
    }
    std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
    for (const auto& mount : *mounts) {
        if (!call.operands.empty()) break;
        if (!types.takes(mount.type) || !without.takes(mount.type)) continue;
        // One line for each file system: the others are binds of it.
        if (!seen.emplace(mount.major, mount.minor).second && !call.options.has('a')) continue;
        report.mount(mount, false);
    }
    report.finish();
    return call.status;
}

constexpr Option options[]{
    {'h', "human-readable", "", "as 1.5K, 23M"},
    {'T', "print-type", "", "with the type of file system"},
    {'i', "inodes", "", "inodes in place of bytes"},
    {'a', "all", "", "also those without blocks, and binds"},
    {'k', "", "", "in KiB (default)"},
    {'m', "", "", "in MiB"},
    {'B', "block-size", "SIZE", "in units of SIZE: 1K, M, 512"},
    {'H', "si", "", "as -h with powers of 1000"},
    {'P', "portability", "", "with the headings of POSIX"},
    {'l', "local", "", "makes no difference: a server that hangs holds nothing up"},
    {'t', "type", "LIST", "only these types"},
    {'x', "exclude-type", "TYPE", "not that type; may be given several times"},
    {0, "total", "", "and the sum of all"},
    json_option,
};

constexpr Command df{
    .name = "df",
    .usage = "[-hTiakmP] [-B SIZE] [-t LIST] [-x TYPE] [PATH...]",
    .summary = "show the room on file systems",
    .theme = "files",
    .promise = Promise::files | Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "JSON fields: filesystem, type, size, used, available (bytes; with -i inodes, used, "
        "free),\n"
        "percent, target (where it is mounted).\n\nExample:\n  df -hT\n",
};
const Register registered{df};

}  // namespace
}  // namespace limpet::commands
