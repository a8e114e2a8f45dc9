// filter_test.cpp - our BPF programs decide as libseccomp's do, for every call and argument.
#include "target/filter.h"

#include <catch2/catch.hpp>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

using namespace limpet;
using target::Confined;
using target::Opens;
using target::Rules;

namespace {

// What the kernel does with a program (net/core/filter.c), for the operations that the two use.
std::uint32_t decide(const std::vector<sock_filter>& program, const seccomp_data& data) {
    std::uint32_t a = 0;
    for (std::size_t at = 0; at < program.size(); ++at) {
        const auto& step = program[at];
        switch (step.code) {
            case BPF_LD | BPF_W | BPF_ABS:
                if (step.k > sizeof data - sizeof a) FAIL("reads past its data");
                std::memcpy(&a, reinterpret_cast<const char*>(&data) + step.k, sizeof a);
                break;
            case BPF_ALU | BPF_AND | BPF_K: a &= step.k; break;
            case BPF_JMP | BPF_JA: at += step.k; break;
            case BPF_JMP | BPF_JEQ | BPF_K: at += a == step.k ? step.jt : step.jf; break;
            case BPF_JMP | BPF_JGE | BPF_K: at += a >= step.k ? step.jt : step.jf; break;
            case BPF_JMP | BPF_JGT | BPF_K: at += a > step.k ? step.jt : step.jf; break;
            case BPF_RET | BPF_K: return step.k;
            default: FAIL("operation " << step.code << " is not known here");
        }
    }
    FAIL("ran past the end");
    return 0;
}

std::vector<sock_filter> of_libseccomp(const Rules& rules) {
    // What the kernel here has does not matter, nor is there one that loads it under an emulator.
    REQUIRE(seccomp_api_set(3) == 0);
    const std::unique_ptr<void, decltype(&seccomp_release)> context(
        seccomp_init(SCMP_ACT_ERRNO(EPERM)), seccomp_release);
    REQUIRE(seccomp_attr_set(context.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) == 0);
    for (int call = 0; call < static_cast<int>(rules.calls.size() * 32); ++call) {
        if ((rules.calls[call / 32] >> call % 32 & 1) == 0) continue;
        REQUIRE(seccomp_rule_add(context.get(), SCMP_ACT_ALLOW, call, 0) == 0);
    }
    for (const auto& rule : rules.by_argument) {
        for (const auto value : rule.values) {
            const scmp_arg_cmp conditions[]{
                {rule.argument, SCMP_CMP_MASKED_EQ, rule.mask, value},
                {rule.other, SCMP_CMP_MASKED_EQ, rule.other_without, 0}};
            REQUIRE(seccomp_rule_add_array(context.get(), SCMP_ACT_ALLOW, rule.call,
                                           rule.other_without != 0 ? 2 : 1, conditions) == 0);
        }
    }
    if (rules.without_openat2) {
        REQUIRE(seccomp_rule_add(context.get(), SCMP_ACT_ERRNO(ENOSYS), SYS_openat2, 0) == 0);
    }
    const int fd = ::memfd_create("bpf", 0);
    REQUIRE(seccomp_export_bpf(context.get(), fd) == 0);
    std::vector<sock_filter> program(::lseek(fd, 0, SEEK_END) / sizeof(sock_filter));
    const auto bytes = program.size() * sizeof(sock_filter);
    REQUIRE(::pread(fd, program.data(), bytes, 0) == static_cast<ssize_t>(bytes));
    ::close(fd);
    return program;
}

// Every value of a rule, its neighbours, and with bits above the lower half.
std::vector<std::uint64_t> arguments_for(const Rules& rules, int call) {
    std::vector<std::uint64_t> all{0, 1, 0xffffffff, ~0ULL};
    for (const auto& rule : rules.by_argument) {
        if (rule.call != call) continue;
        for (const std::uint64_t value : rule.values) {
            for (const std::uint64_t near :
                 {value, value + 1, value - 1, value | rule.mask, value | ~std::uint64_t{rule.mask},
                  value | std::uint64_t{1} << 32}) {
                all.push_back(near);
            }
        }
    }
    return all;
}

void compare(const Rules& rules) {
    const auto ours = target::program_of(rules);
    const auto theirs = of_libseccomp(rules);
    REQUIRE(ours.size() <= BPF_MAXINSNS);
    seccomp_data data{};
    // AUDIT_ARCH_X86_64, of i386 and of aarch64.
    const auto same = [&] { return decide(ours, data) == decide(theirs, data); };
    for (data.nr = -2; data.nr < 640; ++data.nr) {
        for (const std::uint32_t arch : {0xc000003eU, 0x40000003U, 0xc00000b7U}) {
            data.arch = arch;
            for (const auto argument : arguments_for(rules, data.nr)) {
                std::fill(std::begin(data.args), std::end(data.args), argument);
                if (!same()) FAIL("call " << data.nr << " of " << arch << " with " << argument);
                // What a second argument forbids, and its neighbours.
                for (const auto& rule : rules.by_argument) {
                    if (rule.call != data.nr || rule.other_without == 0) continue;
                    for (const std::uint32_t other :
                         {0U, 1U, rule.other_without, 1U << 20, 1U << 21}) {
                        data.args[rule.other] = other;
                        if (!same())
                            FAIL("call " << data.nr << " with " << argument << ", " << other);
                    }
                }
            }
        }
    }
    data.arch = seccomp_arch_native();
    for (int number = 0; number < 640; ++number) {
        data.nr = 0x40000000 | number;
        if (!same()) FAIL("x32's call " << number);
    }
}

}  // namespace

TEST_CASE("a filter decides as libseccomp's of the same rules", "[filter]") {
    for (const auto who : {Confined::command, Confined::shell, Confined::supervisor,
                           Confined::remover, Confined::signaller}) {
        for (const auto opens : {Opens::any, Opens::reading, Opens::written_by_landlock}) {
            for (std::uint32_t grants = 0; grants < 128; ++grants) {
                // A shell's filter is the same whatever it was granted, but for tracing.
                if (who == Confined::shell && grants % 16 != 0 && grants != 8) continue;
                if (grants >= 32) continue;
                compare(target::rules_of(who, static_cast<Grant>(grants), opens));
            }
        }
    }
}

// The filters of a sanitized build let its runtime work, too.
#ifndef LIMPET_SANITIZE
TEST_CASE("the signaller names processes by descriptors alone", "[filter]") {
    const auto rules = target::rules_of(Confined::signaller, Grant::none, Opens::reading);
    const auto answer = [&](int call) {
        seccomp_data data{};
        data.nr = call;
        data.arch = seccomp_arch_native();
        return decide(target::program_of(rules), data);
    };
    CHECK(answer(SYS_pidfd_send_signal) == SECCOMP_RET_ALLOW);
    CHECK(answer(SYS_recvmsg) == SECCOMP_RET_ALLOW);
    for (const int call :
         {SYS_kill, SYS_tgkill, SYS_pidfd_open, SYS_openat, SYS_openat2, SYS_sendmsg, SYS_socket,
          SYS_ptrace, SYS_execve, SYS_clone, SYS_capset, SYS_setuid}) {
        CHECK(answer(call) == (SECCOMP_RET_ERRNO | EPERM));
    }
}

TEST_CASE("a filter passes what its promise names and refuses the rest", "[filter]") {
    const auto answer = [](Grant promise, int call, std::uint64_t first = 0) {
        seccomp_data data{};
        data.nr = call;
        data.arch = seccomp_arch_native();
        data.args[0] = first;
        return decide(target::program_of(target::rules_of(Confined::command, promise, Opens::any)),
                      data);
    };
    CHECK(answer(Grant::none, SYS_read) == SECCOMP_RET_ALLOW);
    CHECK(answer(Grant::none, SYS_openat2) == (SECCOMP_RET_ERRNO | EPERM));
    CHECK(answer(Grant::files, SYS_openat2) == SECCOMP_RET_ALLOW);
    CHECK(answer(Grant::files, SYS_socket, AF_INET) == (SECCOMP_RET_ERRNO | EPERM));
    CHECK(answer(Grant::network, SYS_socket, AF_INET) == SECCOMP_RET_ALLOW);
    CHECK(answer(Grant::network, SYS_socket, AF_VSOCK) == (SECCOMP_RET_ERRNO | EPERM));
    CHECK(answer(Grant::files, SYS_unlinkat) == (SECCOMP_RET_ERRNO | EPERM));
    CHECK(answer(Grant::modify, SYS_unlinkat) == SECCOMP_RET_ALLOW);
    CHECK(answer(Grant::processes, SYS_ptrace, PTRACE_SEIZE) == (SECCOMP_RET_ERRNO | EPERM));
    CHECK(answer(Grant::trace, SYS_ptrace, PTRACE_SEIZE) == SECCOMP_RET_ALLOW);
    CHECK(answer(Grant::trace, SYS_ptrace, PTRACE_POKEDATA) == (SECCOMP_RET_ERRNO | EPERM));
    CHECK(answer(Grant::trace, SYS_process_vm_writev) == (SECCOMP_RET_ERRNO | EPERM));
    CHECK(answer(Grant::processes, SYS_syslog, 3) == SECCOMP_RET_ALLOW);
    CHECK(answer(Grant::processes, SYS_syslog, 5) == (SECCOMP_RET_ERRNO | EPERM));
    CHECK(answer(Grant::files, SYS_syslog, 3) == (SECCOMP_RET_ERRNO | EPERM));
    // Who may have somebody signalled may signal nobody.
    constexpr auto signals = Grant::processes | Grant::signal;
    CHECK(answer(signals, SYS_sendmsg) == SECCOMP_RET_ALLOW);
    CHECK(answer(Grant::processes, SYS_sendmsg) == (SECCOMP_RET_ERRNO | EPERM));
    for (const int call : {SYS_pidfd_send_signal, SYS_setpriority, SYS_tgkill, SYS_socket}) {
        CHECK(answer(signals, call) == (SECCOMP_RET_ERRNO | EPERM));
    }
    for (const int never : {SYS_execve, SYS_execveat, SYS_open_by_handle_at, SYS_io_uring_setup,
                            SYS_bpf, SYS_unshare, SYS_clone3}) {
        CHECK(answer(static_cast<Grant>(~0U), never) == (SECCOMP_RET_ERRNO | EPERM));
    }
}
#endif
