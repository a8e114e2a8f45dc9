// process/process.h - the target's processes through its procfs.
#pragma once

#include "commands/command.h"
#include "parse/stat.h"

#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace limpet::commands {

// One /proc/PID (or /proc/PID/task/TID) held by its directory descriptor: when the process goes and
// its number is reused, reading through it fails with ESRCH instead of telling of another.
struct Process {
    pid_t pid = 0;
    target::Directory at;
};

Result<Process> open_process(const target::Target& target, pid_t pid);
// The main process, or in mode here ourselves, without operands; else every operand, complaining of
// those that are no process.
std::vector<Process> operand_processes(Invocation& call);

// Calls `visit` with every process of the target in ascending order of the kernel's listing. Those
// that vanish meanwhile, or that hidepid hides, are skipped without a word.
Result<> each_process(const target::Target& target, const std::function<void(Process&)>& visit);
Result<> each_thread(const Process& process, const std::function<void(Process&)>& visit);

// A small procfs file in one read; nullopt when the process is gone or does not let us.
std::optional<std::string> read_small(const Process& process, const char* file);

// "a b" of a cmdline's NUL-separated words.
std::string joined(std::string_view words);
std::vector<std::string> split_words(std::string_view words);

}  // namespace limpet::commands
