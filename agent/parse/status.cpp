// parse/status.cpp - /proc/PID/status, proc_pid_status(5).
#include "parse/status.h"

#include "parse/lines.h"
#include "parse/number.h"

namespace limpet::parse {
namespace {

struct Number {
    std::string_view name;
    std::optional<std::uint64_t> Status::* member;
    int base = 10;
};
constexpr std::array numbers{
    Number{"Threads", &Status::threads},
    Number{"VmPeak", &Status::vm_peak},
    Number{"VmSize", &Status::vm_size},
    Number{"VmLck", &Status::vm_locked},
    Number{"VmHWM", &Status::vm_hwm},
    Number{"VmRSS", &Status::vm_rss},
    Number{"RssAnon", &Status::rss_anon},
    Number{"RssFile", &Status::rss_file},
    Number{"RssShmem", &Status::rss_shmem},
    Number{"VmData", &Status::vm_data},
    Number{"VmStk", &Status::vm_stack},
    Number{"VmExe", &Status::vm_exe},
    Number{"VmLib", &Status::vm_lib},
    Number{"VmPTE", &Status::vm_pte},
    Number{"VmSwap", &Status::vm_swap},
    Number{"SigPnd", &Status::signals_pending, 16},
    Number{"ShdPnd", &Status::signals_shared_pending, 16},
    Number{"SigBlk", &Status::signals_blocked, 16},
    Number{"SigIgn", &Status::signals_ignored, 16},
    Number{"SigCgt", &Status::signals_caught, 16},
    Number{"CapInh", &Status::cap_inheritable, 16},
    Number{"CapPrm", &Status::cap_permitted, 16},
    Number{"CapEff", &Status::cap_effective, 16},
    Number{"CapBnd", &Status::cap_bounding, 16},
    Number{"CapAmb", &Status::cap_ambient, 16},
    Number{"voluntary_ctxt_switches", &Status::voluntary_switches},
    Number{"nonvoluntary_ctxt_switches", &Status::involuntary_switches},
};

struct Small {
    std::string_view name;
    std::optional<unsigned> Status::* member;
    int base = 10;
};
constexpr std::array small_numbers{
    Small{"Umask", &Status::umask, 8},
    Small{"NoNewPrivs", &Status::no_new_privs},
    Small{"Seccomp", &Status::seccomp},
    Small{"Seccomp_filters", &Status::seccomp_filters},
};

struct Pid {
    std::string_view name;
    std::optional<pid_t> Status::* member;
};
constexpr std::array pids{
    Pid{"Tgid", &Status::tgid},
    Pid{"Pid", &Status::pid},
    Pid{"PPid", &Status::ppid},
    Pid{"TracerPid", &Status::tracer},
};

std::optional<Ids> ids(std::string_view text) {
    std::array<std::uint32_t, 4> values{};
    for (auto& value : values) {
        const auto parsed = number<std::uint32_t>(take_word(text));
        if (!parsed) return std::nullopt;
        value = *parsed;
    }
    return Ids{values[0], values[1], values[2], values[3]};
}

template <typename Integer>
std::vector<Integer> list(std::string_view text) {
    std::vector<Integer> values;
    for (auto word = take_word(text); !word.empty(); word = take_word(text)) {
        if (const auto value = number<Integer>(word)) values.push_back(*value);
    }
    return values;
}

template <typename Table, typename Integer>
bool assign(const Table& table, Status& status, std::string_view name, std::string_view value) {
    for (const auto& row : table) {
        if (row.name != name) continue;
        int base = 10;
        if constexpr (requires { row.base; }) base = row.base;
        status.*row.member = number<Integer>(take_word(value), base);
        return true;
    }
    return false;
}

}  // namespace

Status status(std::string_view text) {
    Status result;
    while (!text.empty()) {
        auto value = take_line(text);
        const auto name = take(value, ':');
        value = trimmed(value);
        if (assign<decltype(numbers), std::uint64_t>(numbers, result, name, value)) continue;
        if (assign<decltype(pids), pid_t>(pids, result, name, value)) continue;
        if (assign<decltype(small_numbers), unsigned>(small_numbers, result, name, value)) continue;
        if (name == "Name") {
            result.name = value;
        } else if (name == "State") {
            result.state = value;
        } else if (name == "Uid") {
            result.uid = ids(value);
        } else if (name == "Gid") {
            result.gid = ids(value);
        } else if (name == "Groups") {
            result.groups = list<std::uint32_t>(value);
        } else if (name == "NSpid") {
            result.ns_pid = list<pid_t>(value);
        } else if (name == "Cpus_allowed_list") {
            result.cpus_allowed = value;
        } else if (name == "Mems_allowed_list") {
            result.memory_nodes_allowed = value;
        }
    }
    return result;
}

}  // namespace limpet::parse
