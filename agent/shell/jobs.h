// shell/jobs.h - children of the shell: pipelines as jobs.
#pragma once

#include <sys/types.h>
#include <termios.h>

#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::shell {

struct Shell;

enum class ProcessState : unsigned char { running, stopped, ended };

struct Process {
    pid_t pid = 0;
    ProcessState state = ProcessState::running;
    int status = 0;    // of waitpid(2)
    std::string name;  // of the command, for its epitaph
};

struct Job {
    int number = 0;   // 0 while it runs in the foreground and was never stopped
    pid_t group = 0;  // 0 without job control
    std::vector<Process> processes;
    std::string text;
    bool background = false;
    bool reported = true;  // its state is known to the user
    bool has_modes = false;
    termios modes{};  // of the terminal when it was stopped
};

struct Jobs {
    std::deque<Job> list;     // a deque: references stay valid while jobs are added
    std::vector<int> recent;  // numbers, the current job last
    bool foreign = false;     // the parent's, only to be shown by `jobs`
    int terminal = -1;        // our own descriptor of it, with job control
    pid_t own_group = 0;
    termios own_modes{};
};

// A new job that children are about to be added to.
Job& add_job(Shell& shell, std::string_view text);
void number_job(Shell& shell, Job& job);
void remove_job(Shell& shell, const Job& job);

// fork(2). In the child: process group, terminal, signals and descriptors as a job's process has
// them, and the state of a subshell. 0 in the child, -1 after it has complained.
pid_t fork_process(Shell& shell, Job& job, bool background, std::string_view name);
// The same for a child that is nobody's job: a command substitution.
pid_t fork_plain(Shell& shell);
// The end of a child: its EXIT trap, and _exit(2).
[[noreturn]] void end_process(Shell& shell);

// Until the job has ended or stopped. The status as $? has it. The job is forgotten when it ended.
int wait_foreground(Shell& shell, Job& job);
// Until it has ended, or a signal with a trap arrived: nullopt, and the number is in `signal`.
std::optional<int> wait_background(Shell& shell, Job& job, int& signal);
// Takes notice of children that changed, without waiting.
void reap(Shell& shell);
// Before a prompt: tells of background jobs that ended or stopped.
void report_jobs(Shell& shell);
int continue_job(Shell& shell, Job& job, bool foreground);

ProcessState state(const Job& job);
int status(const Job& job, bool pipefail);
Job* current_job(Shell& shell, bool previous = false);
// %1 %% %+ %- %text %?text, or a pid of the job.
Job* find_job(Shell& shell, std::string_view name);
Job* find_job_by_pid(Shell& shell, pid_t pid);
std::string job_line(Shell& shell, const Job& job, bool with_pid);
bool has_stopped(const Shell& shell);

// Job control on the terminal: our own group in front. False where there is no terminal for it.
bool start_job_control(Shell& shell);
void stop_job_control(Shell& shell);

}  // namespace limpet::shell
