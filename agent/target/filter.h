// target/filter.h - the seccomp allow-list of every promise.
#pragma once

#include "limpet/grants.h"
#include "limpet/result.h"

#include <array>
#include <cstdint>
#include <span>
#include <vector>

struct sock_filter;

namespace limpet::target {

// Who is held by a filter.
enum class Confined {
    command,     // one command: what its promise needs and nothing else
    shell,       // forks commands and narrows them further; opens files to glob and redirect
    supervisor,  // waits for the shell, forwards signals
    remover,     // the same, and removes what is in a folder afterwards
    signaller,   // signals processes whose directories of procfs it is handed
};

// How the filter lets files be opened. openat2(2) has its flags in memory, where no filter sees
// them: where no read-only clone holds it, it answers ENOSYS, and openat(2) may only read; or write
// too, where Landlock says, which would overlook a truncation by who asks to read.
enum class Opens { any, reading, written_by_landlock };

// What a filter lets through. Arguments count by their lower 32 bits: for these calls that is all
// of them that the kernel looks at.
struct Rules {
    struct ByArgument {
        int call;
        unsigned argument;
        std::uint32_t mask;
        std::vector<std::uint32_t> values;  // one of them, after the mask
        // And of another argument none of these bits, where there are any.
        unsigned other = 0;
        std::uint32_t other_without = 0;
    };

    std::array<std::uint32_t, 16>
        calls{};                          // bit N % 32 of word N / 32: call N, whatever it is given
    std::vector<ByArgument> by_argument;  // of calls that are not in `calls`
    bool without_openat2 = false;         // it answers ENOSYS

    void allow(int number);
    void allow(std::span<const int> numbers);
    void allow_when(int number, unsigned argument, std::vector<std::uint32_t> values);
    void allow_masked(int number, unsigned argument, std::uint32_t mask,
                      std::vector<std::uint32_t> values);
};
Rules rules_of(Confined who, Grant promise, Opens opens);

// The rules as a classic BPF program: EPERM for what they do not name, death for a call of another
// architecture. Kernel: Documentation/userspace-api/seccomp_filter.rst.
std::vector<sock_filter> program_of(const Rules& rules);

// Loads an allow-list for this process (all of its threads) for good: everything else is EPERM, a
// call of another architecture kills. Needs no_new_privs. PROT_EXEC is in no list.
Result<> load_filter(Confined who, Grant promise, Opens opens = Opens::any);

// For a process with a promise to trace: it cannot begin to trace another one any more.
Result<> load_no_more_tracees();

}  // namespace limpet::target
