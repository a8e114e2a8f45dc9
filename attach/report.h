// report.h - the one place where an error of the client becomes text, and a status.
#pragma once

#include "attach/session.h"
#include "limpet/result.h"

#include <string_view>

namespace limpet::attach {

// Of the client itself; design.md section 2.
inline constexpr int misuse = 2;
inline constexpr int timed_out = 124;
inline constexpr int failure = 125;
inline constexpr int not_allowed = 126;

// Writes all of it, or as much as the descriptor takes before it fails.
Result<> print(int fd, std::string_view text);

// "limpet: exec web: open /x: Permission denied", and the status that goes with it.
int report(std::string_view what, const Error& error);

// The status of an ended session.
int status_of(const Ending& ending);
// The same, with one line where the status alone does not say why.
int conclude(std::string_view what, const Result<Ending>& ending, std::uint32_t timeout_ms = 0);

}  // namespace limpet::attach
