// shell/jobbuiltins.cpp - jobs, fg, bg, wait, kill and trap.
#include "commands/run.h"
#include "shell/builtins.h"
#include "shell/shell.h"

#include <signal.h>
#include <sys/wait.h>

#include <charconv>

namespace limpet::shell {
namespace {

std::optional<pid_t> pid_number(std::string_view text) {
    pid_t value = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (code != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

void forget_if_ended(Shell& shell, Job& job) {
    if (state(job) != ProcessState::ended) return;
    std::erase(shell.jobs.recent, job.number);
    job = Job{};
}

int wait_for(Shell& shell, Job& job) {
    int signal = 0;
    const auto status = wait_background(shell, job, signal);
    if (!status) return 128 + signal;
    forget_if_ended(shell, job);
    return *status;
}

// A process of the target: the command of the same name may, this shell may not.
int send_in_target(Shell& shell, const std::string& word, int signal) {
    const auto status = commands::run_child({.command = *commands::find("kill"),
                                             .arguments = {"-" + std::to_string(signal), word},
                                             .target = shell.target,
                                             .directory = shell.directory});
    if (status) return *status;
    shell.complain("kill: " + word + ": " + text(status.error()));
    return commands::not_allowed;
}

int send(Shell& shell, const std::string& word, int signal) {
    if (word.starts_with('%')) {
        auto* job = find_job(shell, word);
        if (!job) {
            shell.complain("kill: " + word + ": no such job");
            return 1;
        }
        const pid_t whom = job->group != 0 ? -job->group : job->processes.back().pid;
        if (::kill(whom, signal) != 0) {
            shell.complain("kill: " + word + ": " + ::strerrordesc_np(errno));
            return 1;
        }
        // Death waits until a stopped process goes on.
        if (state(*job) == ProcessState::stopped && (signal == SIGTERM || signal == SIGHUP)) {
            ::kill(whom, SIGCONT);
            for (auto& process : job->processes) {
                if (process.state == ProcessState::stopped) process.state = ProcessState::running;
            }
        }
        return 0;
    }
    const auto pid = pid_number(word);
    if (!pid) {
        shell.complain("kill: " + word + ": not a process or job");
        return 2;
    }
    const bool own = *pid == shell.pid || find_job_by_pid(shell, *pid) != nullptr;
    if (!shell.here() && !own) {
        if (any(shell.target.grants & Grant::modify)) return send_in_target(shell, word, signal);
        shell.complain("kill: " + word + ": not a process of this shell (needs --allow modify)");
        return commands::not_allowed;
    }
    if (::kill(*pid, signal) == 0) return 0;
    shell.complain("kill: " + word + ": " + ::strerrordesc_np(errno));
    return 1;
}

int no_such_signal(const Shell& shell, const std::string& word) {
    shell.complain("kill: " + word + ": no such signal");
    return 1;
}

int list_signals(Shell& shell, const Words& words, std::size_t at) {
    std::string text;
    if (at == words.size()) {
        for (int signal = 1; signal < 32; ++signal) text += signal_name(signal) + '\n';
        shell.write(text);
        return 0;
    }
    for (; at < words.size(); ++at) {
        auto number = signal_number(words[at]);
        // An exit status of a killed command names its signal too.
        if (!number || *number > 128) {
            const auto value = pid_number(words[at]);
            if (value && *value > 128 && *value < 128 + NSIG) number = *value - 128;
        }
        if (!number) return no_such_signal(shell, words[at]);
        const bool digits = words[at][0] >= '0' && words[at][0] <= '9';
        text += (digits ? signal_name(*number) : std::to_string(*number)) + '\n';
    }
    shell.write(text);
    return 0;
}

}  // namespace

int run_kill(Shell& shell, Words& words) {
    int signal = SIGTERM;
    std::size_t at = 1;
    if (words.size() > 1 && (words[1] == "-l" || words[1] == "-L"))
        return list_signals(shell, words, 2);
    if (words.size() > 2 && words[1] == "-s") {
        const auto number = signal_number(words[2]);
        if (!number) return no_such_signal(shell, words[2]);
        signal = *number;
        at = 3;
    } else if (words.size() > 1 && words[1].size() > 1 && words[1][0] == '-' && words[1] != "--") {
        const auto number = signal_number(std::string_view(words[1]).substr(1));
        if (!number) return no_such_signal(shell, words[1]);
        signal = *number;
        at = 2;
    }
    if (at < words.size() && words[at] == "--") ++at;
    if (at == words.size()) return misuse(shell, words, "a process or job is missing");
    // A child that has ended is no process any more.
    reap(shell);
    int status = 0;
    for (; at < words.size(); ++at) {
        if (const int one = send(shell, words[at], signal); one != 0) status = one;
    }
    return status;
}

int run_wait(Shell& shell, Words& words) {
    if (words.size() > 1 && words[1] == "--") words.erase(words.begin() + 1);
    if (shell.jobs.foreign) shell.jobs.list.clear();
    if (words.size() == 1) {
        for (std::size_t i = 0; i < shell.jobs.list.size(); ++i) {
            auto& job = shell.jobs.list[i];
            if (state(job) == ProcessState::stopped) continue;
            const int status = wait_for(shell, job);
            if (const int signal = pending_trap(shell); signal != 0) return 128 + signal;
            (void)status;
        }
        return 0;
    }
    int status = 0;
    for (std::size_t i = 1; i < words.size(); ++i) {
        auto* job = find_job(shell, words[i]);
        if (!job) {
            if (words[i][0] != '%' && !pid_number(words[i])) {
                return misuse(shell, words, words[i] + ": not a process or job");
            }
            status = commands::not_found;
            continue;
        }
        status = wait_for(shell, *job);
    }
    return status;
}

int run_jobs(Shell& shell, Words& words) {
    bool pids = false;
    bool only_pids = false;
    std::size_t at = 1;
    for (; at < words.size() && words[at][0] == '-'; ++at) {
        if (words[at] == "--") {
            ++at;
            break;
        }
        for (const char letter : words[at].substr(1)) {
            if (letter != 'l' && letter != 'p') {
                return misuse(shell, words, "there is no option -" + std::string(1, letter));
            }
            (letter == 'l' ? pids : only_pids) = true;
        }
    }
    if (!shell.jobs.foreign) reap(shell);
    const auto show = [&](Job& job) {
        shell.write(only_pids ? std::to_string(job.processes.front().pid) + '\n'
                              : job_line(shell, job, pids));
        job.reported = true;
        forget_if_ended(shell, job);
    };
    if (at < words.size()) {
        for (; at < words.size(); ++at) {
            auto* job = find_job(shell, words[at]);
            if (!job) {
                shell.complain("jobs: " + words[at] + ": no such job");
                return 1;
            }
            show(*job);
        }
        return 0;
    }
    for (auto& job : shell.jobs.list) {
        if (job.number != 0 && !job.processes.empty()) show(job);
    }
    return 0;
}

int run_fg(Shell& shell, Words& words) {
    if (!shell.on(opt_monitor)) return misuse(shell, words, "there is no job control here");
    auto* job = words.size() > 1 ? find_job(shell, words[1]) : current_job(shell);
    if (!job) {
        shell.complain("fg: " +
                       (words.size() > 1 ? words[1] + ": no such job" : "there is no job"));
        return 1;
    }
    shell.write(job->text + '\n');
    return continue_job(shell, *job, true);
}

int run_bg(Shell& shell, Words& words) {
    if (!shell.on(opt_monitor)) return misuse(shell, words, "there is no job control here");
    if (words.size() == 1) words.emplace_back("%%");
    for (std::size_t i = 1; i < words.size(); ++i) {
        auto* job = find_job(shell, words[i]);
        if (!job) {
            shell.complain("bg: " + words[i] + ": no such job");
            return 1;
        }
        shell.write("[" + std::to_string(job->number) + "] " + job->text + " &\n");
        continue_job(shell, *job, false);
    }
    return 0;
}

int run_trap(Shell& shell, Words& words) {
    std::size_t at = 1;
    bool lists = false;
    for (; at < words.size() && (words[at] == "--" || words[at] == "-p"); ++at) {
        lists = lists || words[at] == "-p";
        if (words[at] == "--") {
            ++at;
            break;
        }
    }
    if (at == words.size() || lists) {
        const auto& actions =
            shell.traps.has_inherited ? shell.traps.inherited : shell.traps.actions;
        for (int signal = 0; signal < NSIG; ++signal) {
            const auto& action = actions[static_cast<std::size_t>(signal)];
            if (action) {
                // Always quoted, as POSIX shows it.
                shell.write("trap -- " + always_quote(*action) + " " + signal_name(signal) + "\n");
            }
        }
        return 0;
    }
    if (words[at].size() > 1 && words[at][0] == '-' && words[at - 1] != "--") {
        return misuse(shell, words, "there is no option " + words[at]);
    }
    std::optional<std::string> action = words[at];
    // A number first: reset. So is one word alone.
    const bool number =
        !words[at].empty() && words[at].find_first_not_of("0123456789") == std::string::npos;
    if (words[at] == "-" || number || at + 1 == words.size()) {
        if (words[at] == "-") ++at;
        action.reset();
    } else {
        ++at;
    }
    int status = 0;
    for (; at < words.size(); ++at) {
        const auto signal = signal_number(words[at]);
        if (!signal) {
            shell.complain("trap: " + words[at] + ": no such signal");
            status = 1;
            continue;
        }
        set_trap(shell, *signal, action);
    }
    return status;
}

}  // namespace limpet::shell
