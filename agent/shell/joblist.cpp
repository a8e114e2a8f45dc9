// shell/joblist.cpp - jobs by their names, and how they are shown.
#include "commands/run.h"
#include "shell/jobs.h"
#include "shell/shell.h"

#include <sys/wait.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace limpet::shell {
namespace {

std::string state_text(const Job& job) {
    const auto current = state(job);
    if (current == ProcessState::running) return "Running";
    const int wait_status = job.processes.back().status;
    if (current == ProcessState::stopped) return "Stopped";
    if (WIFSIGNALED(wait_status)) {
        const char* description = ::sigdescr_np(WTERMSIG(wait_status));
        return description ? description : "Signal";
    }
    const int code = WEXITSTATUS(wait_status);
    return code == 0 ? "Done" : "Done(" + std::to_string(code) + ")";
}

Job* by_number(Shell& shell, int number) {
    for (auto& job : shell.jobs.list) {
        if (job.number == number && number != 0) return &job;
    }
    return nullptr;
}

}  // namespace

Job* current_job(Shell& shell, bool previous) {
    const auto& recent = shell.jobs.recent;
    // A stopped job is current before any running one, XCU 3.204.
    std::vector<int> order;
    for (const int number : recent) {
        const auto* job = by_number(shell, number);
        if (job && state(*job) != ProcessState::stopped) order.push_back(number);
    }
    for (const int number : recent) {
        const auto* job = by_number(shell, number);
        if (job && state(*job) == ProcessState::stopped) order.push_back(number);
    }
    const std::size_t back = previous ? 2 : 1;
    return order.size() < back ? nullptr : by_number(shell, order[order.size() - back]);
}

Job* find_job_by_pid(Shell& shell, pid_t pid) {
    for (auto& job : shell.jobs.list) {
        for (const auto& process : job.processes) {
            if (process.pid == pid) return &job;
        }
    }
    return nullptr;
}

Job* find_job(Shell& shell, std::string_view name) {
    if (!name.starts_with('%')) {
        pid_t pid = 0;
        const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), pid);
        if (code != std::errc{} || end != name.data() + name.size()) return nullptr;
        return find_job_by_pid(shell, pid);
    }
    name.remove_prefix(1);
    if (name.empty() || name == "%" || name == "+") return current_job(shell);
    if (name == "-") return current_job(shell, true);
    int number = 0;
    const auto [end, code] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (code == std::errc{} && end == name.data() + name.size()) return by_number(shell, number);
    Job* found = nullptr;
    for (auto& job : shell.jobs.list) {
        if (job.number == 0) continue;
        const bool fits =
            name.starts_with('?') ? job.text.contains(name.substr(1)) : job.text.starts_with(name);
        if (!fits) continue;
        if (found) return nullptr;  // it could be either
        found = &job;
    }
    return found;
}

// "[1]+  Stopped  sleep 100"
std::string job_line(Shell& shell, const Job& job, bool with_pid) {
    const char* mark = &job == current_job(shell)         ? "+"
                       : &job == current_job(shell, true) ? "-"
                                                          : " ";
    std::string line = "[" + std::to_string(job.number) + "]" + mark + "  ";
    if (with_pid) line += std::to_string(job.processes.front().pid) + " ";
    auto text = state_text(job);
    text.resize(std::max<std::size_t>(text.size() + 1, 24), ' ');
    return line + text + job.text + '\n';
}

}  // namespace limpet::shell
