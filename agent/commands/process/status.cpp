// status.cpp - what the kernel says of a process, decoded.
#include "commands/json.h"
#include "commands/process/names.h"
#include "commands/process/process.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/capability.h"
#include "parse/status.h"

#include <cstring>

namespace limpet::commands {
namespace {

using parse::Status;

struct Bytes {
    std::string_view field;
    std::string_view label;
    std::optional<std::uint64_t> Status::*member;
};
constexpr Bytes sizes[]{
    {"vm_size", "virtual", &Status::vm_size},      {"vm_peak", "virtual peak", &Status::vm_peak},
    {"rss", "resident", &Status::vm_rss},          {"rss_peak", "resident peak", &Status::vm_hwm},
    {"rss_anonymous", "anonymous", &Status::rss_anon}, {"rss_file", "files", &Status::rss_file},
    {"rss_shared", "shared memory", &Status::rss_shmem}, {"swap", "swapped", &Status::vm_swap},
    {"locked", "locked", &Status::vm_locked},      {"data", "data", &Status::vm_data},
    {"stack", "stack", &Status::vm_stack},
};

struct Set {
    std::string_view field;
    std::string_view label;
    std::optional<std::uint64_t> Status::*member;
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

std::string list_text(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words) text += (text.empty() ? "" : " ") + word;
    return text.empty() ? "none" : text;
}

void line(Invocation& call, std::string_view label, std::string_view value) {
    std::string text(label);
    text.resize(std::max<std::size_t>(text.size() + 2, 20), ' ');
    call.out.write(text);
    call.out.write(visible(value));
    call.out.put('\n');
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
    line(call, "process", std::to_string(process.pid) + " " + stat.comm);
    line(call, "state", status.state);
    line(call, "parent", std::to_string(stat.ppid));
    if (status.tracer.value_or(0) != 0) {
        line(call, "traced by", std::to_string(*status.tracer));
    }
    line(call, "threads", std::to_string(stat.num_threads));
    if (status.uid) {
        line(call, "user", ids_text(*status.uid, [&](auto id) { return names.user(id); },
                                    [&](auto id) { return names.inner_uid(id); }));
    }
    if (status.gid) {
        line(call, "group", ids_text(*status.gid, [&](auto id) { return names.group(id); },
                                     [&](auto id) { return names.inner_gid(id); }));
    }
    std::vector<std::string> groups;
    for (const auto id : status.groups) {
        const auto inner = names.inner_gid(id);
        groups.push_back(id_text(names.group(inner), inner));
    }
    line(call, "further groups", list_text(groups));
    if (status.umask) {
        char umask[8];
        std::snprintf(umask, sizeof umask, "%04o", *status.umask);
        line(call, "umask", umask);
    }
    for (const auto& [field, label, member] : sizes) {
        if (status.*member) line(call, label, human_size(*(status.*member) * 1024));
    }
    for (const auto& [field, label, member] : capability_sets) {
        if (!(status.*member)) continue;
        line(call, "cap " + std::string(label),
             list_text(parse::capability_names(*(status.*member))));
    }
    if (status.no_new_privs) line(call, "no_new_privs", *status.no_new_privs ? "yes" : "no");
    if (status.seccomp) {
        auto text = std::string(seccomp_name(*status.seccomp));
        if (status.seccomp_filters.value_or(0) > 0) {
            text += " (" + std::to_string(*status.seccomp_filters) + ")";
        }
        line(call, "seccomp", text);
    }
    for (const auto& [field, label, member] : signal_sets) {
        if ((status.*member).value_or(0) == 0) continue;
        line(call, "signals " + std::string(label), list_text(signal_names(*(status.*member))));
    }
    if (!status.cpus_allowed.empty()) line(call, "cpus allowed", status.cpus_allowed);
    if (status.voluntary_switches && status.involuntary_switches) {
        line(call, "context switches",
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
    const auto ids = [&](std::string_view field, const std::optional<parse::Ids>& value,
                         auto inner) {
        if (!value) return;
        JsonObject nested;
        nested.number("effective", inner(value->effective)).number("real", inner(value->real));
        nested.number("saved", inner(value->saved));
        nested.number("filesystem", inner(value->filesystem));
        object.raw(field, nested.take());
    };
    ids("uid", status.uid, [&](std::uint32_t id) { return names.inner_uid(id); });
    ids("gid", status.gid, [&](std::uint32_t id) { return names.inner_gid(id); });
    std::string groups;
    for (const auto id : status.groups) {
        groups += (groups.empty() ? "" : ",") + std::to_string(names.inner_gid(id));
    }
    object.raw("groups", "[" + groups + "]");
    for (const auto& [field, label, member] : sizes) {
        if (status.*member) object.number(field, *(status.*member));
    }
    for (const auto& [field, label, member] : capability_sets) {
        if (status.*member) object.texts(field, parse::capability_names(*(status.*member)));
    }
    if (status.no_new_privs) object.boolean("no_new_privs", *status.no_new_privs != 0);
    if (status.seccomp) object.text("seccomp", seccomp_name(*status.seccomp));
    for (const auto& [field, label, member] : signal_sets) {
        if (status.*member) object.texts(field, signal_names(*(status.*member)));
    }
    object.text("cpus_allowed", status.cpus_allowed);
    object.number("voluntary_switches", status.voluntary_switches.value_or(0));
    object.number("involuntary_switches", status.involuntary_switches.value_or(0));
    call.out.write(object.take() + '\n');
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
    .options = options,
    .help = "Without PID, of the target's main process. Ids are those inside its user namespace.\n"
            "JSON fields: pid, name, state, ppid, tracer (0: none), threads, uid and gid (objects:\n"
            "effective, real, saved, filesystem), groups, vm_size, vm_peak, rss, rss_peak,\n"
            "rss_anonymous, rss_file, rss_shared, swap, locked, data, stack (KiB; absent without\n"
            "memory), cap_effective, cap_permitted, cap_inheritable, cap_bounding, cap_ambient,\n"
            "no_new_privs, seccomp (off, strict, filter), signals_pending, signals_shared_pending,\n"
            "signals_blocked, signals_ignored, signals_caught, cpus_allowed, voluntary_switches,\n"
            "involuntary_switches.\n",
};
const Register registered{status};

}  // namespace
}  // namespace limpet::commands
