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
// The same by procfs and the number, as text and as such, for who opens none of the directories.
Result<> each_process_number(
    const target::Target& target,
    const std::function<void(const target::Directory&, const std::string&, pid_t)>& visit);
Result<> each_thread(const Process& process, const std::function<void(Process&)>& visit);

// A small procfs file in one read; nullopt when the process is gone or does not let us.
std::optional<std::string> read_small(const Process& process, const char* file);
std::optional<std::string> read_small(const Result<Fd>& file);

// Of the files of the same names; nothing, or "?", when the process is gone.
std::optional<parse::Stat> read_stat(const Process& process);
std::string read_comm(const Process& process);

// "'word' is no number": a value of an option or an operand that will not do.
std::unexpected<Error> unfit(std::string_view action, std::string_view word, std::string_view why);

// Where a thread waits in the kernel; empty when it runs, or nobody may know.
std::string read_wchan(const Process& thread);

// "a b" of a cmdline's NUL-separated words.
std::string joined(std::string_view words);
std::vector<std::string> split_words(std::string_view words);

}  // namespace limpet::commands
