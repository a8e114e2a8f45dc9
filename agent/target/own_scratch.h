// target/own_scratch.h - what $LIMPET_SCRATCH is: memory that is mounted nowhere, or, beside a
// target where nothing can be mounted, a private folder of the agent's own image.
#pragma once

#include "limpet/fd.h"
#include "limpet/result.h"
#include "target/directory.h"

#include <string>

namespace limpet::target {

// Bounded; who does not hold the descriptor cannot reach it. Needs CAP_SYS_ADMIN.
Result<Fd> memory_scratch();

// Locked by its descriptors: one that nobody locks was left by a session that was killed.
struct OwnScratch {
    Fd parent;
    std::string name;
    Fd folder;
};

// In /tmp, mode 0700. Removes what killed sessions of the same user have left there.
Result<OwnScratch> make_own_scratch();

// Removes what is in a folder, down to 256 folders deep; links are removed, never followed, and
// what is mounted there is left alone.
void empty(BorrowedFd folder);

// With all that is in it; links are removed, never followed. What the caller may not remove stays.
void remove_own_scratch(const OwnScratch& scratch);

}  // namespace limpet::target
