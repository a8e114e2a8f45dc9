// ps.cpp - list processes; the option forms of ps(1), POSIX and BSD.
#include "commands/command.h"
#include "commands/process/process.h"
#include "commands/process/ps_request.h"
#include "commands/process/tree.h"
#include "commands/utf8.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/maps.h"
#include "parse/number.h"
#include "sys/file.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>

namespace limpet::commands {
namespace {

using ps::Request;
using ps::Row;
using ps::View;

unsigned needs(const Request& request) {
    unsigned bits = 0;
    for (const auto& chosen : request.columns) bits |= chosen.column->needs;
    for (const auto& [column, descending] : request.order) bits |= column->needs;
    if (!request.users.empty()) bits |= ps::owner;
    if (!request.real_users.empty() || !request.groups.empty()) bits |= ps::status;
    if (request.environment) bits |= ps::environment;
    return bits;
}

bool selected(const Request& request, ProcessNames& names, const Row& row) {
    const auto& stat = row.stat;
    if (request.running_only && stat.state != 'R' && stat.state != 'D') return false;
    if (request.no_leaders && stat.session == row.pid) return false;
    if (!request.selects) return true;
    const auto has = [](const auto& list, const auto& value) {
        return std::ranges::find(list, value) != list.end();
    };
    const auto& status = row.status;
    const bool chosen =
        has(request.pids, row.pid) || has(request.parents, stat.ppid) ||
        has(request.sessions, stat.session) || has(request.terminals, stat.tty_nr) ||
        has(request.names, stat.comm) ||
        (!request.users.empty() && has(request.users, names.inner_uid(row.user))) ||
        (status.uid && has(request.real_users, names.inner_uid(status.uid->real))) ||
        (status.gid && has(request.groups, names.inner_gid(status.gid->real)));
    return chosen != request.negated;
}

void read_rollup(const Process& process, Row& row) {
    const auto text = read_small(process, "smaps_rollup").value_or("");
    parse::MemoryUse use;
    for (std::string_view rest = text; !rest.empty();) {
        static_cast<void>(parse::memory_use(parse::take_line(rest), use));
    }
    row.pss = use.pss;
    row.uss = use.private_clean + use.private_dirty;
}

// One process or thread; nothing when it vanished in between.
std::optional<Row> read_row(const Process& process, pid_t leader, unsigned bits) {
    const auto text = read_small(process, "stat");
    if (!text) return std::nullopt;
    auto stat = parse::stat(*text);
    if (!stat) return std::nullopt;
    Row row{.pid = leader, .tid = process.pid, .stat = *std::move(stat)};
    if (bits & ps::status) {
        const auto status = read_small(process, "status");
        if (!status) return std::nullopt;
        row.status = parse::status(*status);
    }
    if (bits & ps::owner) {
        // The kernel gives the directory itself, and only that, the effective ids whether the
        // process may be dumped or not (task_dump_owner): status, which is slow, need not be read.
        const auto own = sys::statx(process.at.fd, "", 0);
        if (!own) return std::nullopt;
        row.user = own->stx_uid;
        row.group = own->stx_gid;
    }
    // Those below may be forbidden while the rest is not: then they are unknown, not absent.
    if (bits & ps::arguments) row.arguments = read_small(process, "cmdline").value_or("");
    if (bits & ps::environment) row.environment = read_small(process, "environ").value_or("");
    if (bits & ps::io) row.io = read_small(process, "io").value_or("");
    if (bits & ps::program) row.program = process.at.readlink("exe").value_or("");
    if (bits & ps::oom) {
        row.score = read_small(process, "oom_score").value_or("");
        row.adjustment = read_small(process, "oom_score_adj").value_or("");
    }
    if (bits & ps::rollup) read_rollup(process, row);
    for (std::size_t i = 0; (bits & ps::namespaces) && i < row.namespaces.size(); ++i) {
        row.namespaces[i] = process.at.readlink(ps::namespace_names[i]).value_or("");
    }
    if (bits & ps::wchan) row.wchan = read_small(process, "wchan").value_or("");
    if (bits & ps::cgroup) row.cgroup = read_small(process, "cgroup").value_or("");
    return row;
}

// The same for those that want little, without the process's directory, whose opening would be a
// third of the work. A stat that was opened first and can be read last was the same process's all
// the while.
std::optional<Row> read_row_quickly(const target::Directory& procfs, const std::string& number,
                                    pid_t pid, unsigned bits) {
    const auto file = procfs.open(number + "/stat", O_RDONLY | O_NONBLOCK);
    if (!file) return std::nullopt;
    Row row{.pid = pid, .tid = pid};
    if (bits & ps::arguments) {
        const auto words = procfs.open(number + "/cmdline", O_RDONLY | O_NONBLOCK);
        row.arguments = read_small(words).value_or("");
    }
    if (bits & ps::owner) {
        const auto own = procfs.stat(number, target::Follow::no);
        if (!own) return std::nullopt;
        row.user = own->stx_uid;
        row.group = own->stx_gid;
    }
    const auto text = read_small(file);
    if (!text) return std::nullopt;
    auto stat = parse::stat(*text);
    if (!stat) return std::nullopt;
    row.stat = *std::move(stat);
    return row;
}

Result<> each_row(Invocation& call, const Request& request, ProcessNames& names,
                  const std::function<void(Row&)>& found) {
    const auto bits = needs(request);
    const auto consider = [&](std::optional<Row> row) {
        if (row && selected(request, names, *row)) found(*row);
    };
    const auto add = [&](const Process& process, pid_t leader) {
        consider(read_row(process, leader, bits));
    };
    const auto visit = [&](Process& process) {
        if (!request.threads) {
            add(process, process.pid);
            return;
        }
        const auto done = each_thread(process, [&](Process& thread) { add(thread, process.pid); });
        // Only a process that is going has no tasks.
        static_cast<void>(done);
    };
    const bool only_pids = request.selects && !request.negated && request.parents.empty() &&
                           request.users.empty() && request.names.empty() &&
                           request.sessions.empty() && request.terminals.empty() &&
                           request.real_users.empty() && request.groups.empty();
    if (!only_pids && !request.threads && (bits & ~(ps::arguments | ps::owner)) == 0) {
        return each_process_number(call.target,
                                   [&](const auto& procfs, const auto& name, pid_t pid) {
                                       consider(read_row_quickly(procfs, name, pid, bits));
                                   });
    }
    if (!only_pids) return each_process(call.target, visit);
    auto pids = request.pids;
    std::ranges::sort(pids);
    const auto [from, to] = std::ranges::unique(pids);
    pids.erase(from, to);
    for (const auto pid : pids) {
        auto process = open_process(call.target, pid);
        if (process) visit(*process);
    }
    return {};
}

void sort_rows(std::vector<Row>& rows, const Request& request, const View& view) {
    if (request.order.empty()) return;
    std::ranges::stable_sort(rows, [&](const Row& a, const Row& b) {
        for (const auto& [column, descending] : request.order) {
            const auto left = column->value(a, view);
            const auto right = column->value(b, view);
            if (left == right) continue;
            return descending ? right < left : left < right;
        }
        return false;
    });
}

// Parents before their children, each command behind a drawn branch.
void draw_forest(std::vector<Row>& rows) {
    std::vector<TreeNode> nodes;
    nodes.reserve(rows.size());
    for (const auto& row : rows) nodes.push_back({row.pid, row.stat.ppid});
    std::vector<Row> ordered;
    ordered.reserve(rows.size());
    for (const auto& place : tree_order(nodes)) {
        auto& row = rows[place.index];
        for (std::size_t depth = 0; depth + 1 < place.last.size(); ++depth) {
            row.indent += depth == 0 || place.last[depth] ? "    " : " |  ";
        }
        if (!place.last.empty()) row.indent += " \\_ ";
        ordered.push_back(std::move(row));
    }
    rows = std::move(ordered);
}

View make_view(const target::Target& target, ProcessNames& names) {
    View view{.names = names};
    view.ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
    view.page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    view.uptime = static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
    view.now = ::time(nullptr);
    if (const auto text = target.procfs.read("meminfo", limits::small_file)) {
        std::string_view rest = *text;
        auto line = parse::take_line(rest);
        parse::take(line, ':');
        view.memory = parse::number<std::uint64_t>(parse::take_word(line)).value_or(0) * 1024;
    }
    return view;
}

// Columns of the terminal; 0 when lines are not to be cut.
std::size_t line_width(const Invocation& call, const Request& request) {
    winsize size{};
    if (request.width) return *request.width;
    if (request.wide || call.json() || !call.out.terminal()) return 0;
    if (::ioctl(call.out.fd().get(), TIOCGWINSZ, &size) != 0) return 0;
    return size.ws_col;
}

int run(Invocation& call) {
    ProcessNames names(call.target);
    auto request = ps::read_request(call, names);
    if (!request) return call.misused(text(request.error()));
    const auto view = make_view(call.target, names);
    const bool json = call.json();
    std::vector<Column> columns;
    bool titled = false;
    for (const auto& [column, heading] : request->columns) {
        titled = titled || !heading.empty();
        // An empty heading would mean the field's name.
        columns.push_back({column->name, column->align,
                           heading.empty() ? std::string_view(" ") : std::string_view(heading)});
    }
    Table table(call, std::move(columns), request->heading && titled);
    table.cut(line_width(call, *request));
    const auto print = [&](const Row& row) {
        std::vector<Cell> cells;
        cells.reserve(request->columns.size());
        for (const auto& [column, heading] : request->columns) {
            if (json || !column->shown) {
                cells.push_back(column->value(row, view));
            } else {
                cells.emplace_back(column->shown(row, view));
            }
        }
        table.row(std::move(cells));
    };
    // Rows stand in memory only where their order needs all of them.
    std::vector<Row> rows;
    bool any = false;
    const bool at_once = request->order.empty() && !request->forest;
    const auto done = each_row(call, *request, names, [&](Row& row) {
        any = true;
        at_once ? print(row) : rows.push_back(std::move(row));
    });
    if (!done) {
        call.complain(done.error());
        return 1;
    }
    sort_rows(rows, *request, view);
    if (request->forest) draw_forest(rows);
    for (const auto& row : rows) print(row);
    table.finish();
    // As ps(1): a selection without a match is a failure.
    return request->selects && !any ? 1 : call.status;
}

constexpr Option options[]{
    {'e', "", "", "all processes (the default, with or without a selection of terminals)"},
    {'A', "", "", "the same"},
    {'a', "", "", "the same"},
    {'x', "", "", "the same"},
    {'f', "full", "", "UID PID PPID C STIME TTY TIME CMD"},
    {'T', "", "", "a line for every thread"},
    {'L', "", "", "the same"},
    {'d', "", "", "all but session leaders"},
    {'N', "deselect", "", "those that are not selected"},
    {'F', "", "", "-f with SZ, RSS and PSR"},
    {'l', "", "", "F S UID PID PPID C PRI NI ADDR SZ WCHAN TTY TIME CMD"},
    {'j', "", "", "PID PGID SID TTY TIME CMD"},
    {'y', "", "", "with -l: no F, and RSS for ADDR"},
    {'H', "", "", "as --forest"},
    {0, "forest", "", "parents before their children, drawn as a tree"},
    {'p', "pid", "PIDS", "these processes"},
    {'q', "quick-pid", "PIDS", "the same"},
    {0, "ppid", "PIDS", "children of these"},
    {'s', "sid", "SIDS", "of these sessions"},
    {'g', "", "SIDS", "the same"},
    {'t', "tty", "TTYS", "of these terminals"},
    {'u', "user", "USERS", "processes of these effective users"},
    {'U', "User", "USERS", "of these real users"},
    {'G', "Group", "GROUPS", "of these real groups"},
    {'C', "", "NAMES", "processes of these names (comm)"},
    {'o', "format", "COLUMNS", "these columns, NAME=TITLE for another title; or json"},
    {0, "sort", "KEYS", "by these columns, -KEY for descending"},
    {'w', "", "", "do not cut lines to the terminal's width"},
    {0, "cols", "N", "cut lines to N columns"},
    {0, "columns", "N", "the same"},
    {0, "width", "N", "the same"},
    {0, "no-headers", "", "no line of titles"},
    {0, "noheaders", "", "the same"},
    {'c', "", "", "accepted, as m, V and M"},
    {'m', "", "", ""},
    {'M', "", "", ""},
};

constexpr Command ps_command{
    .name = "ps",
    .usage = "[aux|-ef] [-T] [--forest] [-p PIDS] [-u USERS] [-o COLUMNS|json] [--sort KEYS]",
    .summary = "list processes",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Without a selection it lists all processes of the target. BSD clusters work: a x u l j s "
        "v\n"
        "f w h r e H o k p U t, as in 'ps aux', 'ps axf', 'ps axo pid,comm'.\n"
        "Columns: pid ppid pgid sid tid threads user uid ruser ruid group gid rgroup rgid tty\n"
        "stat state priority nice cpu rss quick_rss vsz minflt majflt pcpu c pmem time times\n"
        "bsdtime etime etimes start lstart wchan cgroup comm args argv, pri opri rtprio class "
        "sched\n"
        "flags addr tpgid fname suser suid fuser fuid sgroup sgid fgroup fgid supgid supgrp "
        "raw_uid\n"
        "raw_gid (as the node has them) sz size trs drs swap pss uss pending blocked ignored "
        "caught\n"
        "cgroupns ipcns mntns netns pidns timens userns utsns rchars wchars rops "
        "wops\n"
        "rbytes wbytes wcbytes oom oomadj exe, and the other names that\n"
        "ps(1) has for them. quick_rss, the RSS of the list without options, is a count that the\n"
        "kernel has at hand and that some hundred KiB may be missing from; rss is exact.\n"
        "User names are the target's own; times of day are UTC.\n"
        "JSON: a field per column under the first name above. Without COLUMNS: pid ppid uid user\n"
        "stat threads nice rss vsz (KiB) pcpu pmem (percent) time etime (seconds) tty comm args\n"
        "argv (a list). start and lstart are seconds since 1970.\n"
        "\nExamples:\n  ps aux\n  ps -o pid,rss,args --sort=-rss\n",
};
const Register registered{ps_command};

}  // namespace
}  // namespace limpet::commands
