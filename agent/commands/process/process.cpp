// process/process.cpp - the target's processes through its procfs.
#include "commands/process/process.h"

#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/number.h"
#include "sys/file.h"

#include <unistd.h>

namespace limpet::commands {
namespace {

using VisitNumber = std::function<void(const target::Directory&, const std::string&, pid_t)>;

Result<> each_number(const target::Directory& directory, const VisitNumber& visit) {
    auto open = TRY(directory.open_directory("."));
    // A number and the name of a file below it lead nowhere else, and a resolution that need not
    // prove it is quicker.
    open.resolve = RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    target::Listing listing(open.fd, directory.name);
    for (;;) {
        const auto entry = TRY(listing.next());
        if (!entry) return {};
        const auto pid = parse::number<pid_t>(entry->name);
        if (pid) visit(open, std::string(entry->name), *pid);
    }
}

Result<> each_directory(const target::Directory& directory,
                        const std::function<void(Process&)>& visit) {
    return each_number(directory, [&](const auto&, const std::string& name, pid_t pid) {
        auto at = directory.child(name);
        if (!at) return;
        Process process{pid, *std::move(at)};
        visit(process);
    });
}

}  // namespace

Result<Process> open_process(const target::Target& target, pid_t pid) {
    auto at = target.procfs.child(std::to_string(pid));
    if (!at && at.error().code == ENOENT) {
        return refused("process " + std::to_string(pid), "there is none in the target");
    }
    if (!at) return std::unexpected(at.error());
    return Process{pid, *std::move(at)};
}

std::vector<Process> operand_processes(Invocation& call) {
    std::vector<Process> processes;
    if (call.operands.empty()) {
        auto process = open_process(call.target, call.target.inner_pid);
        if (process) {
            processes.push_back(*std::move(process));
        } else {
            call.complain(process.error());
        }
    }
    for (const auto& operand : call.operands) {
        const auto pid = parse::number<pid_t>(operand);
        if (!pid || *pid <= 0) {
            call.complain("'" + operand + "' is not a process id");
            continue;
        }
        auto process = open_process(call.target, *pid);
        if (process) {
            processes.push_back(*std::move(process));
        } else {
            call.complain(process.error());
        }
    }
    return processes;
}

Result<> each_process(const target::Target& target, const std::function<void(Process&)>& visit) {
    return each_directory(target.procfs, visit);
}

Result<> each_process_number(const target::Target& target, const VisitNumber& visit) {
    return each_number(target.procfs, visit);
}

Result<> each_thread(const Process& process, const std::function<void(Process&)>& visit) {
    const auto tasks = TRY(process.at.child("task"));
    return each_directory(tasks, visit);
}

std::optional<std::string> read_small(const Process& process, const char* file) {
    return read_small(process.at.open(file, O_RDONLY | O_NONBLOCK));
}

std::optional<std::string> read_small(const Result<Fd>& fd) {
    if (!fd) return std::nullopt;
    // procfs gives a file of one record whole when the buffer holds it: no second read for the end.
    char buffer[8192];
    const auto got = sys::read(*fd, buffer, sizeof buffer);
    if (!got) return std::nullopt;
    std::string text(buffer, *got);
    if (*got < sizeof buffer) return text;
    auto rest = sys::read_all(*fd, limits::small_file, "");
    return rest ? std::optional(text + *rest) : std::nullopt;
}

std::optional<parse::Stat> read_stat(const Process& process) {
    const auto text = read_small(process, "stat");
    if (!text) return std::nullopt;
    auto stat = parse::stat(*text);
    return stat ? std::optional(*std::move(stat)) : std::nullopt;
}

std::string read_comm(const Process& process) {
    auto comm = read_small(process, "comm").value_or("?");
    if (comm.ends_with('\n')) comm.pop_back();
    return comm;
}

std::string read_wchan(const Process& thread) {
    auto wchan = read_small(thread, "wchan").value_or("");
    if (wchan == "0") wchan.clear();
    return wchan;
}

std::unexpected<Error> unfit(std::string_view action, std::string_view word, std::string_view why) {
    std::string reason = "'";
    reason += word;
    reason += "' ";
    reason += why;
    return refused(action, reason);
}

std::vector<std::string> split_words(std::string_view words) {
    std::vector<std::string> list;
    // A process that rewrote its title leaves any number of NULs behind it.
    while (words.ends_with('\0')) words.remove_suffix(1);
    while (!words.empty()) list.emplace_back(parse::take(words, '\0'));
    return list;
}

std::string joined(std::string_view words) {
    while (words.ends_with('\0')) words.remove_suffix(1);
    std::string text(words);
    for (char& byte : text) {
        if (byte == '\0') byte = ' ';
    }
    return text;
}

}  // namespace limpet::commands
