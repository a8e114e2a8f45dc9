// target/confine.h - give up everything that a promise does not need, for good.
#pragma once

#include "limpet/grants.h"
#include "limpet/result.h"
#include "target/target.h"

namespace limpet::target {

// The calling process (single-threaded, forked for one command) keeps what `promise` needs:
// network joins the target's network namespace; capabilities, Landlock and seccomp are narrowed in
// that order, each irrevocably. Mode here keeps the caller's own rights: it guards nothing that the
// caller could not do anyway.
Result<> confine(Grant promise, const Target& target);

}  // namespace limpet::target
