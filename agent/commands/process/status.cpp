// status.cpp - what the kernel says of a process, decoded.
#include "parse/status.h"
#include "commands/fields.h"
#include "commands/json.h"
#include "commands/process/names.h"
#include "commands/process/process.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/capability.h"

#include <cstring>

namespace limpet::commands {
namespace {

using parse::Status;

struct Bytes {
    std::string_view name;   // in JSON
    std::string_view label;  // for people
    std::optional<std::uint64_t> Status::* member;
};
constexpr Bytes sizes[]{
    {"vm_size", "virtual", &Status::vm_size},
    {"vm_peak", "virtual peak", &Status::vm_peak},
    {"rss", "resident", &Status::vm_rss},
    {"rss_peak", "resident peak", &Status::vm_hwm},
    {"rss_anonymous", "anonymous", &Status::rss_anon},
    {"rss_file", "files", &Status::rss_file},
    {"rss_shared", "shared memory", &Status::rss_shmem},
    {"swap", "swapped", &Status::vm_swap},
    {"locked", "locked", &Status::vm_locked},
    {"data", "data", &Status::vm_data},
    {"stack", "stack", &Status::vm_stack},
};

struct Set {
    std::string_view name;   // in JSON
    std::string_view label;  // for people
    std::optional<std::uint64_t> Status::* member;
};
constexpr Set capability_sets[]{
    {"cap_effective", "effective", &Status::cap_effective},
    {"cap_permitted", "permitted", &Status::cap_permitted},
    {"cap_inheritable", "inheritable", &Status::cap_inheritable},
    {"cap_bounding", "bounding", &Status::cap_bounding},
    {"cap_ambient", "ambient", &Status::cap_ambient},
};
constexpr Set signal_sets[]{
    {"signals_pending", "pending", &Status::signals_pending},
    {"signals_shared_pending", "pending (process)", &Status::signals_shared_pending},
    {"signals_blocked", "blocked", &Status::signals_blocked},
    {"signals_ignored", "ignored", &Status::signals_ignored},
    {"signals_caught", "caught", &Status::signals_caught},
};

// sigabbrev_np(3), not strsignal(3), which asks the locale.
std::vector<std::string> signal_names(std::uint64_t set) {
    std::vector<std::string> names;
    for (int number = 1; number <= 64; ++number) {
        if (((set >> (number - 1)) & 1) == 0) continue;
        const char* name = ::sigabbrev_np(number);
        names.push_back(name ? name : std::to_string(number));
    }
    return names;
}

std::string_view seccomp_name(unsigned mode) {
    return mode == 0 ? "off" : mode == 1 ? "strict" : mode == 2 ? "filter" : "unknown";
}

std::string id_text(const std::string& name, std::uint32_t id) {
    const auto number = std::to_string(id);
    return name == number ? number : name + " (" + number + ")";
}

template <typename Name, typename Inner>
std::string ids_text(const parse::Ids& ids, Name name, Inner inner) {
    const auto one = [&](std::uint32_t id) { return id_text(name(inner(id)), inner(id)); };
    auto text = one(ids.effective);
    if (ids.real == ids.effective && ids.saved == ids.effective &&
        ids.filesystem == ids.effective) {
        return text;
    }
    return text + ", real " + one(ids.real) + ", saved " + one(ids.saved) + ", filesystem " +
           one(ids.filesystem);
}

void print_people(Invocation& call, const Process& process, const parse::Stat& stat,
                  const Status& status, ProcessNames& names) {
    field(call, "process", std::to_string(process.pid) + " " + stat.comm);
    field(call, "state", status.state);
    if (status.ns_pid.size() > 1) {
        std::string pids;
        for (const auto pid : status.ns_pid) pids += std::to_string(pid) + ' ';
        field(call, "pids inwards", pids + "(each in a pid namespace below)");
    }
    field(call, "parent", std::to_string(stat.ppid));
    if (status.tracer.value_or(0) != 0) {
        field(call, "traced by", std::to_string(*status.tracer));
    }
    field(call, "threads", std::to_string(stat.num_threads));
    if (status.uid) {
        field(call, "user",
              ids_text(
                  *status.uid, [&](auto id) { return names.user(id); },
                  [&](auto id) { return names.inner_uid(id); }));
    }
    if (status.gid) {
        field(call, "group",
              ids_text(
                  *status.gid, [&](auto id) { return names.group(id); },
                  [&](auto id) { return names.inner_gid(id); }));
    }
    if (status.uid && status.gid &&
        (names.inner_uid(status.uid->effective) != status.uid->effective ||
         names.inner_gid(status.gid->effective) != status.gid->effective)) {
        field(call, "on the node",
              "user " + std::to_string(status.uid->effective) + ", group " +
                  std::to_string(status.gid->effective));
    }
    std::vector<std::string> groups;
    for (const auto id : status.groups) {
        const auto inner = names.inner_gid(id);
        groups.push_back(id_text(names.group(inner), inner));
    }
    field(call, "further groups", words_or_none(groups));
    if (status.umask) {
        char umask[8];
        std::snprintf(umask, sizeof umask, "%04o", *status.umask);
        field(call, "umask", umask);
    }
    for (const auto& [name, label, member] : sizes) {
        if (status.*member) field(call, label, human_size(*(status.*member) * 1024));
    }
    for (const auto& [name, label, member] : capability_sets) {
        if (!(status.*member)) continue;
        field(call, "cap " + std::string(label),
              words_or_none(parse::capability_names(*(status.*member))));
    }
    if (status.no_new_privs) field(call, "no_new_privs", *status.no_new_privs ? "yes" : "no");
    if (status.seccomp) {
        auto text = std::string(seccomp_name(*status.seccomp));
        if (status.seccomp_filters.value_or(0) > 0) {
            text += " (" + std::to_string(*status.seccomp_filters) + ")";
        }
        field(call, "seccomp", text);
    }
    for (const auto& [name, label, member] : signal_sets) {
        if ((status.*member).value_or(0) == 0) continue;
        field(call, "signals " + std::string(label),
              words_or_none(signal_names(*(status.*member))));
    }
    if (!status.cpus_allowed.empty()) field(call, "cpus allowed", status.cpus_allowed);
    if (status.voluntary_switches && status.involuntary_switches) {
        field(call, "context switches",
              std::to_string(*status.voluntary_switches) + " voluntary, " +
                  std::to_string(*status.involuntary_switches) + " not");
    }
}

void print_json(Invocation& call, const Process& process, const parse::Stat& stat,
                const Status& status, ProcessNames& names) {
    JsonObject object;
    object.number("pid", process.pid).text("name", stat.comm);
    object.text("state", std::string_view(&stat.state, 1)).number("ppid", stat.ppid);
    object.number("tracer", status.tracer.value_or(0)).number("threads", stat.num_threads);
    const auto ids = [&](std::string_view name, const std::optional<parse::Ids>& value,
                         auto inner) {
        if (!value) return;
        JsonObject nested;
        nested.number("effective", inner(value->effective)).number("real", inner(value->real));
        nested.number("saved", inner(value->saved));
        nested.number("filesystem", inner(value->filesystem));
        object.raw(name, nested.take());
    };
    ids("uid", status.uid, [&](std::uint32_t id) { return names.inner_uid(id); });
    ids("gid", status.gid, [&](std::uint32_t id) { return names.inner_gid(id); });
    if (status.uid && status.gid) {
        object.number("raw_uid", status.uid->effective).number("raw_gid", status.gid->effective);
    }
    std::string pids;
    for (const auto pid : status.ns_pid) pids += (pids.empty() ? "" : ",") + std::to_string(pid);
    object.raw("ns_pids", "[" + pids + "]");
    std::string groups;
    for (const auto id : status.groups) {
        groups += (groups.empty() ? "" : ",") + std::to_string(names.inner_gid(id));
    }
    object.raw("groups", "[" + groups + "]");
    for (const auto& [name, label, member] : sizes) {
        if (status.*member) object.number(name, *(status.*member));
    }
    for (const auto& [name, label, member] : capability_sets) {
        if (status.*member) object.texts(name, parse::capability_names(*(status.*member)));
    }
    if (status.no_new_privs) object.boolean("no_new_privs", *status.no_new_privs != 0);
    if (status.seccomp) object.text("seccomp", seccomp_name(*status.seccomp));
    for (const auto& [name, label, member] : signal_sets) {
        if (status.*member) object.texts(name, signal_names(*(status.*member)));
    }
    object.text("cpus_allowed", status.cpus_allowed);
    object.number("voluntary_switches", status.voluntary_switches.value_or(0));
    object.number("involuntary_switches", status.involuntary_switches.value_or(0));
    object.line(call.out);
}

int run(Invocation& call) {
    ProcessNames names(call.target);
    bool first = true;
    for (const auto& process : operand_processes(call)) {
        const auto text = process.at.read("status", limits::small_file);
        const auto stat_text = process.at.read("stat", limits::small_file);
        if (!text || !stat_text) {
            call.complain(text ? stat_text.error() : text.error());
            continue;
        }
        const auto stat = parse::stat(*stat_text);
        if (!stat) {
            call.complain(stat.error());
            continue;
        }
        if (call.json()) {
            print_json(call, process, *stat, parse::status(*text), names);
            continue;
        }
        if (!first) call.out.put('\n');
        first = false;
        print_people(call, process, *stat, parse::status(*text), names);
    }
    return call.status;
}

constexpr Option options[]{json_option};

constexpr Command status{
    .name = "status",
    .usage = "[-o json] [PID...]",
    .summary = "show identity, capabilities, memory and signals of processes",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Without PID, of the target's main process. Ids are those inside its user namespace.\n"
        "JSON fields: pid, name, state, ppid, tracer (0: none), threads, uid and gid (objects:\n"
        "effective, real, saved, filesystem), raw_uid and raw_gid (as the node has them), ns_pids\n"
        "(from the target's pid namespace inwards), groups, vm_size, vm_peak, rss, rss_peak,\n"
        "rss_anonymous, rss_file, rss_shared, swap, locked, data, stack (KiB; absent without\n"
        "memory), cap_effective, cap_permitted, cap_inheritable, cap_bounding, cap_ambient,\n"
        "no_new_privs, seccomp (off, strict, filter), signals_pending, signals_shared_pending,\n"
        "signals_blocked, signals_ignored, signals_caught, cpus_allowed, voluntary_switches,\n"
        "involuntary_switches.\n"
        "\nExample:\n  status 1\n",
};
const Register registered{status};

}  // namespace
}  // namespace limpet::commands
