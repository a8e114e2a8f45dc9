// target/filter.h - the seccomp allow-list of every promise.
#pragma once

#include "limpet/grants.h"
#include "limpet/result.h"

namespace limpet::target {

// Who is held by a filter.
enum class Confined {
    command,     // one command: what its promise needs and nothing else
    shell,       // forks commands and narrows them further; opens files to glob and redirect
    supervisor,  // waits for the shell, forwards signals
    remover,     // the same, and removes what is in a folder afterwards
};

// How the filter lets files be opened. openat2(2) has its flags in memory, where no filter sees
// them: where no read-only clone holds it, it answers ENOSYS, and openat(2) may only read; or write
// too, where Landlock says, which would overlook a truncation by who asks to read.
enum class Opens { any, reading, written_by_landlock };

// Loads an allow-list for this process (all of its threads) for good: everything else is EPERM, a
// call of another architecture kills. Needs no_new_privs. PROT_EXEC is in no list.
Result<> load_filter(Confined who, Grant promise, Opens opens = Opens::any);

}  // namespace limpet::target
