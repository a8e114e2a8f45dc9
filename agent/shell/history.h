// shell/history.h - what was typed: kept for this session, and handed to the operator's side.
#pragma once

#include <string>
#include <string_view>

namespace limpet::shell {

struct Shell;

// Of earlier sessions: entries ended by NUL.
void take_history(Shell& shell, std::string_view entries);
// Keeps what was typed; `continued`: it goes on where the last entry ended. A line that begins with
// a blank is not kept.
void keep_line(Shell& shell, std::string_view line, bool continued);
// The last entry is complete: tells the operator's side, once.
void publish_line(Shell& shell);

}  // namespace limpet::shell
