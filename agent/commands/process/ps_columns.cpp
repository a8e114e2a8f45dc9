// process/ps_columns.cpp - what ps can show of a process, under the names that ps(1) has for it.
#include "commands/process/ps_columns.h"

#include "commands/process/process.h"
#include "parse/calendar.h"
#include "parse/cgroup.h"
#include "parse/counters.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <sys/sysmacros.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>

namespace limpet::commands::ps {
namespace {

std::uint64_t cpu_seconds(const Row& row, const View& view) {
    return (row.stat.utime + row.stat.stime) / view.ticks;
}

std::uint64_t elapsed(const Row& row, const View& view) {
    const auto age =
        view.uptime - static_cast<double>(row.stat.starttime) / static_cast<double>(view.ticks);
    return age > 0 ? static_cast<std::uint64_t>(age) : 0;
}

double cpu_percent(const Row& row, const View& view) {
    const auto age =
        view.uptime - static_cast<double>(row.stat.starttime) / static_cast<double>(view.ticks);
    if (age < 1) return 0;
    const auto used =
        static_cast<double>(row.stat.utime + row.stat.stime) / static_cast<double>(view.ticks);
    // ps(1) cuts to tenths.
    return std::floor(used / age * 1000) / 10;
}

double memory_percent(const Row& row, const View& view) {
    if (view.memory == 0) return 0;
    const auto resident = static_cast<double>(row.stat.rss * view.page);
    return std::floor(resident / static_cast<double>(view.memory) * 1000) / 10;
}

std::uint64_t code_size(const Row& row, const View&) {
    const auto& stat = row.stat;
    const auto bytes = stat.code_end > stat.code_start ? stat.code_end - stat.code_start : 0;
    return std::min(bytes, stat.vsize);
}

template <typename... Arguments>
std::string formatted(const char* format, Arguments... arguments) {
    char text[64];
    std::snprintf(text, sizeof text, format, arguments...);
    return text;
}

// [[dd-]hh:]mm:ss of etime, [dd-]hh:mm:ss of time.
std::string duration(std::uint64_t seconds, bool hours_always) {
    const auto days = seconds / 86400;
    const auto hours = seconds / 3600 % 24;
    std::string text;
    if (days > 0) text = std::to_string(days) + "-";
    if (days > 0 || hours > 0 || hours_always) {
        text += formatted("%02u:", static_cast<unsigned>(hours));
    }
    return text + formatted("%02u:%02u", static_cast<unsigned>(seconds / 60 % 60),
                            static_cast<unsigned>(seconds % 60));
}

std::int64_t started(const Row& row, const View& view) {
    return view.now - static_cast<std::int64_t>(elapsed(row, view));
}

// In UTC: a time zone would have to come from files.
std::string date(std::int64_t time, const char* format) {
    return parse::format_time(format, parse::moment(time));
}

std::string start_text(const Row& row, const View& view) {
    const auto time = started(row, view);
    if (date(time, "%Y") != date(view.now, "%Y")) return date(time, "%Y");
    if (date(time, "%j") != date(view.now, "%j")) return date(time, "%b%d");
    return date(time, "%H:%M");
}

std::string state(const Row& row, const View&) {
    const auto& stat = row.stat;
    std::string text(1, stat.state);
    if (stat.nice < 0) text += '<';
    if (stat.nice > 0) text += 'N';
    if (stat.session == row.pid) text += 's';
    if (stat.num_threads > 1) text += 'l';
    if (stat.tpgid == stat.pgrp && stat.tpgid > 0) text += '+';
    return text;
}

// The kernel's names of devices.txt; "?" without a terminal.
std::string terminal(const Row& row, const View&) {
    const auto device = static_cast<dev_t>(static_cast<unsigned>(row.stat.tty_nr));
    if (device == 0) return "?";
    const auto major = (device >> 8) & 0xFFF;
    const auto minor = (device & 0xFF) | ((device >> 12) & 0xFFF00);
    if (major >= 136 && major <= 143) return "pts/" + std::to_string((major - 136) * 256 + minor);
    if (major == 4 && minor < 64) return "tty" + std::to_string(minor);
    if (major == 4) return "ttyS" + std::to_string(minor - 64);
    if (major == 204 && minor >= 64 && minor < 80) return "ttyAMA" + std::to_string(minor - 64);
    if (major == 229) return "hvc" + std::to_string(minor);
    if (major == 5 && minor == 1) return "console";
    return formatted("%u:%u", static_cast<unsigned>(major), static_cast<unsigned>(minor));
}

// Kernel threads and zombies have no command line: their name in brackets.
std::string command(const Row& row, const View&) {
    auto text = joined(row.arguments);
    if (!row.environment.empty()) text += ' ' + joined(row.environment);
    if (text.empty()) text = "[" + row.stat.comm + "]";
    if (row.stat.state == 'Z') text += " <defunct>";
    return text;
}

std::string indented_command(const Row& row, const View& view) {
    return row.indent + command(row, view);
}

std::string name(const Row& row, const View&) {
    return row.indent + row.stat.comm + (row.stat.state == 'Z' ? " <defunct>" : "");
}

std::string wait_channel(const Row& row, const View&) {
    return row.wchan.empty() || row.wchan == "0" ? "-" : row.wchan;
}

// Of the unified hierarchy, else all as ps(1) puts them: "2:cpu:/a,1:name=systemd:/b".
std::string cgroup_text(const Row& row, const View&) {
    std::string text;
    std::string_view rest = row.cgroup;
    while (!rest.empty()) {
        const auto line = parse::take_line(rest);
        if (!text.empty()) text += ',';
        text += line;
    }
    return text.empty() ? "-" : text;
}

template <std::uint32_t parse::Ids::* Member>
std::uint32_t uid(const Row& row, const View& view) {
    return view.names.inner_uid(row.status.uid.value_or(parse::Ids{}).*Member);
}
template <std::uint32_t parse::Ids::* Member>
std::uint32_t gid(const Row& row, const View& view) {
    return view.names.inner_gid(row.status.gid.value_or(parse::Ids{}).*Member);
}

std::uint32_t effective_uid(const Row& row, const View& view) {
    return view.names.inner_uid(row.user);
}
std::uint32_t effective_gid(const Row& row, const View& view) {
    return view.names.inner_gid(row.group);
}

template <std::optional<std::uint64_t> parse::Status::* Member>
Cell status_of(const Row& row, const View&) {
    return (row.status.*Member).value_or(0);
}
template <std::optional<std::uint64_t> parse::Status::* Member>
Cell mask_of(const Row& row, const View&) {
    return formatted("%016llx", static_cast<unsigned long long>((row.status.*Member).value_or(0)));
}
template <std::size_t Index>
Cell namespace_of(const Row& row, const View&) {
    const std::string& link = row.namespaces[Index];
    std::string_view rest = link;
    parse::take(rest, '[');
    const auto number = parse::number<std::uint64_t>(parse::take(rest, ']'));
    return number ? Cell(*number) : Cell();
}
Cell io_value(const Row& row, std::string_view name) {
    const auto value = parse::counter(row.io, name);
    return value ? Cell(*value) : Cell();
}
Cell number_or_nothing(std::string_view text) {
    const auto value = parse::number<std::int64_t>(parse::trimmed(text.substr(0, text.find('\n'))));
    return value ? Cell(*value) : Cell();
}
// Of sched(7), as ps(1) has them.
Cell scheduling_class(const Row& row, const View&) {
    constexpr std::array<std::string_view, 7> names{"TS", "FF", "RR", "B", "ISO", "IDL", "DLN"};
    const auto policy = row.stat.policy;
    return std::string(policy < names.size() ? names[policy] : "?");
}
Cell supplementary(const Row& row, const View& view, bool named) {
    std::string text;
    for (const auto id : row.status.groups) {
        if (!text.empty()) text += ',';
        const auto inner = view.names.inner_gid(id);
        text += named ? view.names.group(inner) : std::to_string(inner);
    }
    return text.empty() ? Cell() : Cell(text);
}

template <auto Function>
Cell text_of(const Row& row, const View& view) {
    return std::string(Function(row, view));
}
template <auto Function>
Cell number_of(const Row& row, const View& view) {
    return static_cast<std::int64_t>(Function(row, view));
}
template <auto Member>
Cell stat_of(const Row& row, const View&) {
    return static_cast<std::int64_t>(row.stat.*Member);
}
template <std::uint32_t parse::Ids::* Member>
Cell user_of(const Row& row, const View& view) {
    return view.names.user(uid<Member>(row, view));
}
template <std::uint32_t parse::Ids::* Member>
Cell group_of(const Row& row, const View& view) {
    return view.names.group(gid<Member>(row, view));
}

using parse::Ids;
using parse::Stat;
using parse::Status;
constexpr auto right = Align::right;
constexpr auto left = Align::left;

constexpr PsColumn table[]{
    {"pid", "tgid", "PID", right, 0,
     [](const Row& r, const View&) { return Cell(std::int64_t{r.pid}); }, nullptr},
    {"ppid", "", "PPID", right, 0, stat_of<&Stat::ppid>, nullptr},
    {"pgid", "pgrp", "PGID", right, 0, stat_of<&Stat::pgrp>, nullptr},
    {"sid", "sess,session", "SID", right, 0, stat_of<&Stat::session>, nullptr},
    {"tid", "spid,lwp", "TID", right, 0,
     [](const Row& r, const View&) { return Cell(std::int64_t{r.tid}); }, nullptr},
    {"threads", "nlwp,thcount", "NLWP", right, 0, stat_of<&Stat::num_threads>, nullptr},
    {"user", "euser,uname", "USER", left, owner,
     [](const Row& r, const View& v) { return Cell(v.names.user(effective_uid(r, v))); }, nullptr},
    {"uid", "euid", "UID", right, owner, number_of<effective_uid>, nullptr},
    {"ruser", "", "RUSER", left, status, user_of<&Ids::real>, nullptr},
    {"ruid", "", "RUID", right, status, number_of<uid<&Ids::real>>, nullptr},
    {"group", "egroup", "GROUP", left, owner,
     [](const Row& r, const View& v) { return Cell(v.names.group(effective_gid(r, v))); }, nullptr},
    {"gid", "egid", "GID", right, owner, number_of<effective_gid>, nullptr},
    {"rgroup", "", "RGROUP", left, status, group_of<&Ids::real>, nullptr},
    {"rgid", "", "RGID", right, status, number_of<gid<&Ids::real>>, nullptr},
    {"suser", "svuser", "SUSER", left, status, user_of<&Ids::saved>, nullptr},
    {"suid", "svuid", "SUID", right, status, number_of<uid<&Ids::saved>>, nullptr},
    {"fuser", "", "FUSER", left, status, user_of<&Ids::filesystem>, nullptr},
    {"fuid", "", "FUID", right, status, number_of<uid<&Ids::filesystem>>, nullptr},
    {"sgroup", "svgroup", "SGROUP", left, status, group_of<&Ids::saved>, nullptr},
    {"sgid", "svgid", "SGID", right, status, number_of<gid<&Ids::saved>>, nullptr},
    {"fgroup", "", "FGROUP", left, status, group_of<&Ids::filesystem>, nullptr},
    {"fgid", "", "FGID", right, status, number_of<gid<&Ids::filesystem>>, nullptr},
    {"supgid", "", "SUPGID", left, status,
     [](const Row& r, const View& v) { return supplementary(r, v, false); }, nullptr},
    {"supgrp", "", "SUPGRP", left, status,
     [](const Row& r, const View& v) { return supplementary(r, v, true); }, nullptr},
    {"raw_uid", "", "RAWUID", right, owner,
     [](const Row& r, const View&) { return Cell(std::int64_t{r.user}); }, nullptr},
    {"raw_gid", "", "RAWGID", right, owner,
     [](const Row& r, const View&) { return Cell(std::int64_t{r.group}); }, nullptr},
    {"tty", "tt,tname", "TTY", left, 0, text_of<terminal>, nullptr},
    {"stat", "", "STAT", left, 0, text_of<state>, nullptr},
    {"state", "s", "S", left, 0,
     [](const Row& r, const View&) { return Cell(std::string(1, r.stat.state)); }, nullptr},
    {"priority", "", "PRI", right, 0, stat_of<&Stat::priority>, nullptr},
    {"pri", "", "PRI", right, 0,
     [](const Row& r, const View&) { return Cell(39 - r.stat.priority); }, nullptr},
    {"opri", "intpri", "PRI", right, 0,
     [](const Row& r, const View&) { return Cell(60 + r.stat.priority); }, nullptr},
    {"rtprio", "", "RTPRIO", right, 0,
     [](const Row& r, const View&) {
         return r.stat.policy == 1 || r.stat.policy == 2 ? Cell(r.stat.rt_priority) : Cell();
     },
     nullptr},
    {"class", "cls,policy", "CLS", left, 0, scheduling_class, nullptr},
    {"sched", "sch", "SCH", right, 0, stat_of<&Stat::policy>, nullptr},
    {"flags", "f,flag", "F", right, 0,
     [](const Row& r, const View&) { return Cell(std::int64_t{(r.stat.flags >> 6) & 7}); },
     nullptr},
    {"addr", "", "ADDR", left, 0, [](const Row&, const View&) { return Cell(); }, nullptr},
    {"tpgid", "", "TPGID", right, 0, stat_of<&Stat::tpgid>, nullptr},
    {"fname", "", "COMMAND", left, 0,
     [](const Row& r, const View&) { return Cell(r.stat.comm.substr(0, 8)); }, nullptr},
    {"nice", "ni", "NI", right, 0, stat_of<&Stat::nice>, nullptr},
    {"cpu", "psr", "PSR", right, 0, stat_of<&Stat::processor>, nullptr},
    {"rss", "rssize,rsz", "RSS", right, status,
     [](const Row& r, const View&) { return Cell(r.status.vm_rss.value_or(0)); }, nullptr},
    {"quick_rss", "", "RSS", right, 0,
     [](const Row& r, const View& v) { return Cell(r.stat.rss * v.page / 1024); }, nullptr},
    {"vsz", "vsize", "VSZ", right, 0,
     [](const Row& r, const View&) { return Cell(r.stat.vsize / 1024); }, nullptr},
    {"sz", "", "SZ", right, 0,
     [](const Row& r, const View& v) { return Cell(r.stat.vsize / v.page); }, nullptr},
    {"size", "", "SIZE", right, status,
     [](const Row& r, const View&) {
         return Cell(r.status.vm_data.value_or(0) + r.status.vm_stack.value_or(0));
     },
     nullptr},
    {"trs", "tsiz", "TRS", right, 0,
     [](const Row& r, const View& v) { return Cell(code_size(r, v) / 1024); }, nullptr},
    {"drs", "dsiz", "DRS", right, 0,
     [](const Row& r, const View& v) { return Cell((r.stat.vsize - code_size(r, v)) / 1024); },
     nullptr},
    {"swap", "", "SWAP", right, status, status_of<&Status::vm_swap>, nullptr},
    {"pss", "", "PSS", right, rollup, [](const Row& r, const View&) { return Cell(r.pss); },
     nullptr},
    {"uss", "", "USS", right, rollup, [](const Row& r, const View&) { return Cell(r.uss); },
     nullptr},
    {"minflt", "min_flt", "MINFLT", right, 0, stat_of<&Stat::minflt>, nullptr},
    {"majflt", "maj_flt", "MAJFLT", right, 0, stat_of<&Stat::majflt>, nullptr},
    {"pcpu", "%cpu", "%CPU", right, 0,
     [](const Row& r, const View& v) { return Cell(cpu_percent(r, v)); }, nullptr},
    {"c", "", "C", right, 0, number_of<cpu_percent>, nullptr},
    {"pmem", "%mem", "%MEM", right, 0,
     [](const Row& r, const View& v) { return Cell(memory_percent(r, v)); }, nullptr},
    {"time", "cputime", "TIME", right, 0, number_of<cpu_seconds>,
     [](const Row& r, const View& v) { return duration(cpu_seconds(r, v), true); }},
    {"times", "cputimes", "TIME", right, 0, number_of<cpu_seconds>, nullptr},
    {"bsdtime", "", "TIME", right, 0, number_of<cpu_seconds>,
     [](const Row& r, const View& v) {
         const auto seconds = cpu_seconds(r, v);
         return formatted("%llu:%02u", static_cast<unsigned long long>(seconds / 60),
                          static_cast<unsigned>(seconds % 60));
     }},
    {"etime", "", "ELAPSED", right, 0, number_of<elapsed>,
     [](const Row& r, const View& v) { return duration(elapsed(r, v), false); }},
    {"etimes", "", "ELAPSED", right, 0, number_of<elapsed>, nullptr},
    {"start", "stime,start_time,bsdstart", "START", right, 0, number_of<started>, start_text},
    {"lstart", "", "STARTED", left, 0, number_of<started>,
     [](const Row& r, const View& v) { return date(started(r, v), "%a %b %e %H:%M:%S %Y"); }},
    {"pending", "sig,sig_pend", "PENDING", left, status, mask_of<&Status::signals_pending>,
     nullptr},
    {"blocked", "sigmask,sig_block", "BLOCKED", left, status, mask_of<&Status::signals_blocked>,
     nullptr},
    {"ignored", "sigignore,sig_ignore", "IGNORED", left, status, mask_of<&Status::signals_ignored>,
     nullptr},
    {"caught", "sigcatch,sig_catch", "CAUGHT", left, status, mask_of<&Status::signals_caught>,
     nullptr},
    {"cgroupns", "cgns", "CGROUPNS", right, namespaces, namespace_of<0>, nullptr},
    {"ipcns", "", "IPCNS", right, namespaces, namespace_of<1>, nullptr},
    {"mntns", "", "MNTNS", right, namespaces, namespace_of<2>, nullptr},
    {"netns", "", "NETNS", right, namespaces, namespace_of<3>, nullptr},
    {"pidns", "", "PIDNS", right, namespaces, namespace_of<4>, nullptr},
    {"timens", "", "TIMENS", right, namespaces, namespace_of<5>, nullptr},
    {"userns", "", "USERNS", right, namespaces, namespace_of<6>, nullptr},
    {"utsns", "", "UTSNS", right, namespaces, namespace_of<7>, nullptr},
    {"rchars", "", "RCHARS", right, io,
     [](const Row& r, const View&) { return io_value(r, "rchar"); }, nullptr},
    {"wchars", "", "WCHARS", right, io,
     [](const Row& r, const View&) { return io_value(r, "wchar"); }, nullptr},
    {"rops", "", "ROPS", right, io, [](const Row& r, const View&) { return io_value(r, "syscr"); },
     nullptr},
    {"wops", "", "WOPS", right, io, [](const Row& r, const View&) { return io_value(r, "syscw"); },
     nullptr},
    {"rbytes", "", "RBYTES", right, io,
     [](const Row& r, const View&) { return io_value(r, "read_bytes"); }, nullptr},
    {"wbytes", "", "WBYTES", right, io,
     [](const Row& r, const View&) { return io_value(r, "write_bytes"); }, nullptr},
    {"wcbytes", "", "WCBYTES", right, io,
     [](const Row& r, const View&) { return io_value(r, "cancelled_write_bytes"); }, nullptr},
    {"oom", "", "OOM", right, oom,
     [](const Row& r, const View&) { return number_or_nothing(r.score); }, nullptr},
    {"oomadj", "", "OOMADJ", right, oom,
     [](const Row& r, const View&) { return number_or_nothing(r.adjustment); }, nullptr},
    {"exe", "", "EXE", left, program,
     [](const Row& r, const View&) { return r.program.empty() ? Cell() : Cell(r.program); },
     nullptr},
    {"wchan", "nwchan", "WCHAN", left, wchan, text_of<wait_channel>, nullptr},
    {"cgroup", "", "CGROUP", left, cgroup, text_of<cgroup_text>, nullptr},
    {"comm", "ucmd,ucomm", "COMMAND", left, 0,
     [](const Row& r, const View&) { return Cell(r.stat.comm); }, name},
    {"args", "cmd,command", "COMMAND", left, arguments, text_of<command>, indented_command},
    {"argv", "", "ARGV", left, arguments,
     [](const Row& r, const View&) { return Cell(split_words(r.arguments)); }, nullptr},
};

bool among(std::string_view list, std::string_view name) {
    while (!list.empty()) {
        if (parse::take(list, ',') == name) return true;
    }
    return false;
}

}  // namespace

std::span<const PsColumn> columns() { return table; }

const PsColumn* column(std::string_view name) {
    for (const auto& entry : table) {
        if (entry.name == name || among(entry.aliases, name)) return &entry;
    }
    return nullptr;
}

}  // namespace limpet::commands::ps
