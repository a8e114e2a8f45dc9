// target/filter_program.cpp - rules as a BPF program, and loading it.
//
// Not by libseccomp: it builds every filter anew through a table of all calls of all architectures,
// which costs each command of a session time and the agent 120 KB. The tests give the same rules to
// it, and both must decide the same.
#include "target/filter.h"

#include "sys/process.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <utility>

namespace limpet::target {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_X86_64;
#elif defined(__aarch64__)
constexpr std::uint32_t architecture = AUDIT_ARCH_AARCH64;
#else
#error "which AUDIT_ARCH_ is this?"
#endif

constexpr std::uint16_t load_word = BPF_LD | BPF_W | BPF_ABS;
constexpr std::uint16_t if_equal = BPF_JMP | BPF_JEQ | BPF_K;
constexpr std::uint16_t if_at_least = BPF_JMP | BPF_JGE | BPF_K;

class Program {
public:
    std::vector<sock_filter> code;

    void add(std::uint16_t operation, std::uint32_t value, std::size_t when_true = 0,
             std::size_t when_false = 0) {
        code.push_back({operation, static_cast<std::uint8_t>(when_true),
                        static_cast<std::uint8_t>(when_false), value});
    }
    void answer(std::uint32_t action) { add(BPF_RET | BPF_K, action); }
    void load(std::size_t offset) { add(load_word, static_cast<std::uint32_t>(offset)); }
};

void add_by_argument(Program& program, const Rules::ByArgument& rule) {
    const auto count = rule.values.size();
    const std::size_t more = rule.other_without != 0 ? 3 : 0;
    program.load(offsetof(seccomp_data, nr));
    program.add(if_equal, static_cast<std::uint32_t>(rule.call), 0, count + 3 + more);
    // Little-endian: the lower half of an argument comes first.
    program.load(offsetof(seccomp_data, args) + rule.argument * sizeof(std::uint64_t));
    program.add(BPF_ALU | BPF_AND | BPF_K, rule.mask);
    for (std::size_t i = 0; i < count; ++i) {
        const auto left = count - i - 1;
        program.add(if_equal, rule.values[i], left, left == 0 ? 1 + more : 0);
    }
    if (more != 0) {
        program.load(offsetof(seccomp_data, args) + rule.other * sizeof(std::uint64_t));
        program.add(BPF_ALU | BPF_AND | BPF_K, rule.other_without);
        program.add(if_equal, 0, 0, 1);
    }
    program.answer(SECCOMP_RET_ALLOW);
}

bool allows(const Rules& rules, std::uint32_t call) {
    return call / 32 < rules.calls.size() && (rules.calls[call / 32] >> call % 32 & 1) != 0;
}

// Ascending runs of numbers. Comparisons alone: of such a program the kernel finds out once which
// calls always pass, and asks it no more for those (seccomp_cache_prepare, 5.11).
void add_runs(Program& program, const Rules& rules) {
    program.load(offsetof(seccomp_data, nr));
    const auto end = static_cast<std::uint32_t>(rules.calls.size() * 32);
    for (std::uint32_t call = 0; call < end; ++call) {
        if (!allows(rules, call)) continue;
        const auto first = call;
        while (allows(rules, call)) ++call;
        program.add(if_at_least, first, 1, 0);
        program.answer(SECCOMP_RET_ERRNO | EPERM);
        program.add(if_at_least, call, 1, 0);
        program.answer(SECCOMP_RET_ALLOW);
    }
    program.answer(SECCOMP_RET_ERRNO | EPERM);
}

}  // namespace

std::vector<sock_filter> program_of(const Rules& rules) {
    Program program;
    program.load(offsetof(seccomp_data, arch));
    program.add(if_equal, architecture, 1, 0);
    program.answer(SECCOMP_RET_KILL_PROCESS);
    program.load(offsetof(seccomp_data, nr));
#ifdef __x86_64__
    // The x32 calls; -1 is no call, but what a tracer leaves to skip one.
    constexpr std::uint32_t x32 = 0x40000000;
    program.add(if_at_least, x32, 0, 2);
    program.add(if_equal, 0xffffffff, 1, 0);
    program.answer(SECCOMP_RET_KILL_PROCESS);
#endif
    if (rules.without_openat2) {
        program.add(if_equal, SYS_openat2, 0, 1);
        program.answer(SECCOMP_RET_ERRNO | ENOSYS);
    }
    for (const auto& rule : rules.by_argument) add_by_argument(program, rule);
    add_runs(program, rules);
    return std::move(program.code);
}

namespace {

Result<> load(std::vector<sock_filter> code) {
    const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
    // Of all threads or of none; a number above 0 is the thread that could not follow.
    const auto result =
        ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (result == 0) return {};
    return failed("seccomp", "load the filter", result < 0 ? errno : ESRCH);
}

}  // namespace

Result<> load_filter(Confined who, Grant promise, Opens opens) {
    return load(program_of(rules_of(who, promise, opens)));
}

Result<> load_no_more_tracees() {
    Program program;
    program.load(offsetof(seccomp_data, nr));
    program.add(if_equal, SYS_ptrace, 0, 3);
    program.load(offsetof(seccomp_data, args));
    program.add(if_equal, PTRACE_SEIZE, 0, 1);
    program.answer(SECCOMP_RET_ERRNO | EPERM);
    program.answer(SECCOMP_RET_ALLOW);
    return load(std::move(program.code));
}

}  // namespace limpet::target
