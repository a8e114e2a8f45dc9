// target/confine.h - give up everything that is not needed, for good.
#pragma once

#include "limpet/grants.h"
#include "limpet/result.h"
#include "target/target.h"

#include <cstdint>
#include <functional>

namespace limpet::target {

// The process that will run the shell or one command of a session: its root becomes an empty
// read-only file system, it gets a uid of its own, no new privileges, only the capabilities that
// the session's promises can need (most of them not effective), its own resource limits.
// `forks`: it runs other commands (a shell), so it also gets the shell's filter.
Result<> confine_session(const Target& target, bool forks);

// The calling process (single-threaded, forked for one command) keeps what `promise` needs:
// network joins the target's network namespace; then capabilities, Landlock and seccomp are
// narrowed, each irrevocably. Mode here keeps the caller's own rights: it guards nothing that the
// caller could not do anyway.
// `collect` is called in that namespace with those of `capabilities` that the session has, before
// the narrowing: what it brings is read afterwards.
Result<> confine(Grant promise, const Target& target, std::uint64_t capabilities = 0,
                 const std::function<void()>& collect = {});

// What is left of the session's first process: it waits for the other and forwards signals, and may
// have a folder to empty afterwards.
Result<> confine_supervisor(bool removes_scratch = false);

// The session's signaller, signaller.h.
Result<> confine_signaller();

}  // namespace limpet::target
