// process/signals.h - signals as kill, pkill and fuser take them.
#pragma once

#include "commands/command.h"
#include "commands/process/process.h"
#include "limpet/result.h"
#include "target/signaller.h"

#include <string>
#include <vector>

namespace limpet::commands {

inline Result<> send_signal(const target::Target& target, const Process& process, int signal) {
    return target::send_signal(target, process.at, signal);
}

// What --signal (or -s, where it is that) says; `otherwise` without one.
Result<int> signal_of(const Options& options, int otherwise);
// Takes the first word that is a signal by itself, "-9", "-HUP", "-SIGHUP", out of the words.
std::optional<int> take_signal(std::vector<std::string>& words);
// The names of all, or for each operand its name or number.
int list_signals(Invocation& call);

}  // namespace limpet::commands
