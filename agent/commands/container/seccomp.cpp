// seccomp.cpp - whether and how system calls of processes are filtered.
#include "commands/collect.h"
#include "commands/process/process.h"
#include "commands/table.h"
#include "parse/bpf.h"
#include "parse/number.h"
#include "parse/status.h"
#include "parse/syscalls.h"
#include "target/trace.h"

#include <linux/audit.h>
#include <linux/seccomp.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

#include <array>
#include <csignal>

namespace limpet::commands {
namespace {

#if defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#endif

// Glibc's ptrace(2) takes an enumeration that does not know every request.
long trace(unsigned request, pid_t pid, unsigned long address, void* data) {
    return ::ptrace(static_cast<__ptrace_request>(request), pid, address, data);
}

// The filters that lie over one another. The kernel hands them to who is under none itself and has
// CAP_SYS_ADMIN, of a process that it has stopped: for that moment it waits.
Result<std::vector<parse::BpfProgram>> filters_of(pid_t pid) {
    if (trace(PTRACE_SEIZE, pid, 0, nullptr) != 0) return failed("attach", std::to_string(pid));
    trace(PTRACE_INTERRUPT, pid, 0, nullptr);
    int status = 0;
    while (::waitpid(pid, &status, __WALL) < 0) {
        if (errno != EINTR) return failed("wait for", std::to_string(pid));
    }
    if (!WIFSTOPPED(status)) return refused("attach", "it has ended");
    std::vector<parse::BpfProgram> filters;
    Result<> problem;
    constexpr unsigned long most = 64;
    for (unsigned long index = 0; index < most; ++index) {
        const auto count = trace(PTRACE_SECCOMP_GET_FILTER, pid, index, nullptr);
        if (count <= 0) {
            // ENOENT: that was the last one. EINVAL: there is none.
            if (count < 0 && errno != ENOENT && errno != EINVAL)
                problem = failed("read the filters", "");
            break;
        }
        auto& filter = filters.emplace_back(static_cast<std::size_t>(count));
        if (trace(PTRACE_SECCOMP_GET_FILTER, pid, index, filter.data()) != count ||
            !parse::bpf_valid(filter)) {
            problem = failed("read the filters", "");
            break;
        }
    }
    trace(PTRACE_DETACH, pid, 0, nullptr);
    if (!problem) return std::unexpected(problem.error());
    return filters;
}

// What all of them together answer: the strictest, which is the least as a signed number.
std::uint32_t answer(const std::vector<parse::BpfProgram>& filters, int number,
                     std::uint64_t argument) {
    seccomp_data data{};
    data.nr = number;
    data.arch = architecture;
    for (auto& one : data.args) one = argument;
    const std::span bytes(reinterpret_cast<const std::uint8_t*>(&data), sizeof data);
    std::uint32_t strictest = SECCOMP_RET_ALLOW;
    for (const auto& filter : filters) {
        const auto one = parse::bpf_run(filter, bytes, sizeof data, parse::BpfInput::native);
        const auto rank = [](std::uint32_t value) {
            return static_cast<std::int32_t>(value & SECCOMP_RET_ACTION_FULL);
        };
        if (rank(one) < rank(strictest)) strictest = one;
    }
    return strictest;
}

std::string action_text(std::uint32_t answer) {
    switch (answer & SECCOMP_RET_ACTION_FULL) {
        case SECCOMP_RET_ALLOW: return "allow";
        case SECCOMP_RET_LOG: return "log";
        case SECCOMP_RET_TRACE: return "trace";
        case SECCOMP_RET_USER_NOTIF: return "notify";
        case SECCOMP_RET_TRAP: return "trap";
        case SECCOMP_RET_ERRNO: {
            const char* name = ::strerrorname_np(static_cast<int>(answer & SECCOMP_RET_DATA));
            return name ? name : "errno";
        }
        default: return "kill";
    }
}

using Filters = Result<std::vector<parse::BpfProgram>>;
// By process; a process runs one command, for which they wait here.
std::vector<std::pair<pid_t, Filters>>& collected() {
    static std::vector<std::pair<pid_t, Filters>> filters;
    return filters;
}

int show_denied(Invocation& call) {
    Table table(call, {{"pid", Align::right}, {"syscall"}, {"number", Align::right}, {"action"}});
    for (const auto& process : operand_processes(call)) {
        const auto known =
            std::ranges::find(collected(), process.pid, &std::pair<pid_t, Filters>::first);
        const bool asked = known != collected().end();
        Filters filters = asked ? known->second : failed("read the filters", "", EPERM);
        if (!filters) {
            const auto code = filters.error().code;
            if (code == EPERM || code == EACCES) {
                filters.error().hint() =
                    "the kernel hands them only to who has CAP_SYS_ADMIN and is under no filter "
                    "itself, as a shell's commands are: limpet exec --allow trace TARGET -- "
                    "seccomp -d PID";
            }
            call.complain(filters.error());
            continue;
        }
        const auto& names = parse::syscalls();
        for (std::size_t number = 0; number < names.size() && !filters->empty(); ++number) {
            if (names[number].name.empty()) continue;
            // Arguments that no filter is likely to let pass, and those that it is.
            const auto with = [&](std::uint64_t argument) {
                return action_text(answer(*filters, static_cast<int>(number), argument));
            };
            auto text = with(0);
            if (const auto other = with(UINT64_MAX); other != text) {
                text += " or ";
                text += other;
                text += ", by its arguments";
            }
            if (text == "allow") continue;
            table.row({std::int64_t{process.pid}, std::string(names[number].name),
                       std::uint64_t{number}, std::move(text)});
        }
    }
    table.finish();
    return call.status;
}

void add(Table& table, const Process& process) {
    const auto text = read_small(process, "status");
    if (!text) return;
    const auto status = parse::status(*text);
    const auto mode = status.seccomp;
    std::vector<Cell> cells{std::int64_t{process.pid}, status.name, Cell{}, Cell{}, Cell{}};
    if (mode) {
        cells[2] = std::string(*mode == 0 ? "off" : *mode == 1 ? "strict" : "filter");
    }
    if (status.seccomp_filters) cells[3] = std::uint64_t{*status.seccomp_filters};
    if (status.no_new_privs) cells[4] = *status.no_new_privs != 0;
    table.row(std::move(cells), mode == 0U ? char{3} : char{0});
}

int run(Invocation& call) {
    if (call.options.has('d')) return show_denied(call);
    Table table(
        call,
        {{"pid", Align::right}, {"name"}, {"mode"}, {"filters", Align::right}, {"no_new_privs"}});
    if (call.options.has('a')) {
        const auto seen = each_process(call.target, [&](Process& process) { add(table, process); });
        if (!seen) call.complain(seen.error());
    } else {
        for (const auto& process : operand_processes(call)) add(table, process);
    }
    table.finish();
    return call.status;
}

bool wants_denied(std::span<const std::string> arguments) {
    return std::ranges::any_of(arguments, [](const std::string& word) {
        return word == "--denied" || (word.size() > 1 && word[0] == '-' && word[1] != '-' &&
                                      !word.starts_with("-o") && word.find('d') != word.npos);
    });
}

Command::Asks asks(std::span<const std::string> arguments) {
    return {.more = wants_denied(arguments) ? Promise::trace : Promise::none};
}

constexpr Option options[]{
    {'a', "all", "", "every process"},
    {'d', "denied", "", "which system calls are refused; needs --allow trace, outside of a shell"},
    json_option,
};

constexpr Command seccomp{
    .name = "seccomp",
    .usage = "[-a|-d] [-o json] [PID...]",
    .summary = "show whether system calls of processes are filtered",
    .theme = "container",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Without PID, of the target's main process.\n"
        "JSON fields: pid, name, mode (off, strict, filter), filters (how many lie over one "
        "another; null\nbefore Linux 5.9), no_new_privs. With -d: pid, syscall, number, action "
        "(the error's "
        "name, kill,\ntrap, log, trace, notify; of a call whose arguments decide, both). Each "
        "process is stopped for a\nmoment then. In a target that needs --allow trace, and a "
        "session of this one command, because the\nkernel tells filters to nobody who is under one "
        "himself, as a shell's commands are.\n"
        "\nExample:\n  seccomp -a\n",
    .asks = asks,
};
const Register registered{seccomp};

}  // namespace

void collect_filters(const target::Target& target, std::span<const std::string> arguments) {
    if (!wants_denied(arguments)) return;
    for (const auto pid : named_processes(target, arguments)) {
        const auto outer = target::outer_id(target, pid);
        collected().emplace_back(pid, outer ? filters_of(*outer) : std::unexpected(outer.error()));
    }
}

std::vector<pid_t> named_processes(const target::Target& target,
                                   std::span<const std::string> arguments) {
    std::vector<pid_t> pids;
    for (const auto& word : arguments) {
        if (const auto pid = parse::number<pid_t>(word)) pids.push_back(*pid);
    }
    if (pids.empty()) pids.push_back(target.inner_pid);
    return pids;
}

}  // namespace limpet::commands
