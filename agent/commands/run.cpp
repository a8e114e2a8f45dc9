// commands/run.cpp - a command as a process.
#include "commands/run.h"

#include "commands/collect.h"
#include "limpet/limits.h"
#include "target/confine.h"
#include "target/deadline.h"
#include "target/sidecar.h"

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <new>

namespace limpet::commands {
namespace {

// Each command bounds what it holds; where there is less memory than that, it says so.
std::string_view running;
void out_of_memory() {
    constexpr std::string_view words = ": out of memory\n";
    const iovec line[]{{.iov_base = const_cast<char*>(running.data()), .iov_len = running.size()},
                       {.iov_base = const_cast<char*>(words.data()), .iov_len = words.size()}};
    [[maybe_unused]] const auto said = ::writev(2, line, 2);
    ::_exit(1);
}

int invoke(const Call& call, BorrowedFd in, BorrowedFd out, BorrowedFd error) {
    Invocation invocation{.command = call.command,
                          .target = call.target,
                          .directory = call.directory,
                          .environment = call.environment,
                          .aside = call.aside,
                          .in = Input(in),
                          .out = Output(out),
                          .error = Output(error)};
    if (call.command.raw) {
        invocation.operands = call.arguments;
    } else {
        const bool asks_help = call.arguments.size() == 1 && call.arguments[0] == "--help";
        if (asks_help) {
            invocation.out.write(help_text(call.command));
            invocation.out.flush();
            return 0;
        }
        auto parsed =
            parse_options(call.command, call.arguments, invocation.options, invocation.operands);
        if (!parsed) return invocation.misused(text(parsed.error()));
    }
    running = call.command.name;
    std::set_new_handler(out_of_memory);
    int status = call.command.run(invocation);
    invocation.out.flush();
    if (const auto& failure = invocation.out.failure()) {
        invocation.complain(*failure);
        if (status == 0) status = 1;
    }
    return status;
}

// What is asked for with more rights than a command keeps, in a session that has the grant.
struct Collecting {
    std::string_view command;
    Grant grant;
    std::uint64_t capabilities;
    Collect* collect;
};
constexpr std::uint64_t bit(unsigned capability) { return std::uint64_t{1} << capability; }
constexpr Collecting collecting[]{
    {"nft", Grant::modify, bit(CAP_NET_ADMIN), collect_netfilter},
    {"iptables", Grant::modify, bit(CAP_NET_ADMIN), collect_netfilter},
    {"ip6tables", Grant::modify, bit(CAP_NET_ADMIN), collect_netfilter},
    {"dmesg", Grant::trace, bit(CAP_SYSLOG), collect_kernel_log},
    {"stack", Grant::trace, bit(CAP_SYS_ADMIN) | bit(CAP_SYS_PTRACE), collect_kernel_stacks},
    {"seccomp", Grant::trace, bit(CAP_SYS_ADMIN) | bit(CAP_SYS_PTRACE), collect_filters},
};

Result<> confine(const Call& call, Promise promise) {
    const auto* found = std::ranges::find(collecting, call.command.name, &Collecting::command);
    const bool collects = found != std::end(collecting) && any(call.target.grants & found->grant);
    if (!collects) return target::confine(promise, call.target);
    return target::confine(promise, call.target, found->capabilities,
                           [&] { found->collect(call.target, call.arguments); });
}

bool is_stopped(const target::Target& target) {
    return target.mode == target::Mode::node && target.pid == 0;
}

// One line for people who do not know which flag they are missing.
std::string missing_grant(const Call& call, Grant missing) {
    std::string line(call.command.name);
    if (call.target.mode == target::Mode::none) return line + ": needs a target\n";
    if (is_stopped(call.target) && any(missing & (Grant::processes | Grant::network))) {
        return line + ": the container does not run: it has no processes and no network\n";
    }
    line += ": not allowed: this session may not use " + grant_list(missing);
    line += " (needs --allow " + grant_list(missing);
    const bool files = any(call.command.promise & Promise::files);
    if (missing == Promise::modify && files) line += " or --scratch";
    return line + ")\n";
}

bool is_below(std::string_view directory, std::string_view path) {
    return path.starts_with(directory) &&
           (path.size() == directory.size() || path[directory.size()] == '/');
}

// Whether a path below `directory` is spoken of: among the words, or because one is in there.
bool speaks_of(const Call& call, std::string_view directory) {
    for (const std::string_view word : call.arguments) {
        // --files-from=/proc/1/environ, and dd's of=FILE, too.
        const auto equals = word.find('=');
        const auto path =
            target::join_path(call.directory, equals == word.npos ? word : word.substr(equals + 1));
        if (is_below(directory, path)) return true;
    }
    return is_below(directory, call.directory);
}

// By its options, which nobody has parsed yet: what parses them is confined already.
bool asks_with(const Call& call, std::string_view options) {
    const auto& command = call.command;
    const auto listed = [&](std::string_view word) {
        for (auto rest = options; !rest.empty();) {
            const auto end = std::min(rest.find(' '), rest.size());
            if (rest.substr(0, end) == word) return true;
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
        return false;
    };
    if (command.raw) return std::ranges::any_of(call.arguments, listed);
    Options given;
    std::vector<std::string> operands;
    if (!parse_options(command, call.arguments, given, operands)) return false;
    return std::ranges::any_of(given.all(),
                               [&](const auto& one) { return listed(one.option.name); });
}

bool asks_to_write(const Call& call) {
    const auto& command = call.command;
    if (command.asks) return command.asks(call.arguments).writes;
    if (!command.writes || *command.writes_with == 0) return command.writes;
    return asks_with(call, command.writes_with);
}

bool asks_to_signal(const Call& call) {
    const auto& command = call.command;
    if (!command.signals || *command.signals_with == 0) return command.signals;
    return asks_with(call, command.signals_with);
}

// A path below /proc is a look at processes, whichever command takes it: cat /proc/1/environ.
Promise needs(const Call& call) {
    auto promise = call.command.promise;
    if (asks_to_signal(call)) promise = promise | Promise::signal;
    if (call.command.without_process && is_stopped(call.target)) return promise & Promise::files;
    if (call.command.asks) {
        const auto asked = call.command.asks(call.arguments);
        promise = promise | asked.more | (asked.welcome & call.target.grants);
        // Signals go with the grant to modify.
        if (any(call.target.grants & Grant::modify)) {
            promise = promise | (asked.welcome & Promise::signal);
        }
    }
    const auto mode = call.target.mode;
    const bool apart = mode == target::Mode::node || mode == target::Mode::sidecar;
    if (!any(promise & Promise::files) || !apart) return promise;
    // Where a program writes, nobody knows before it runs.
    const bool may = target::may_write(call.target) || speaks_of(call, target::scratch_path) ||
                     (call.command.asks && call.target.scratch.fd);
    if (may && asks_to_write(call)) promise = promise | Promise::modify;
    return speaks_of(call, "/proc") ? promise | Promise::processes : promise;
}

// What the session lacks. Files are changed in the scratch directory whatever the grants, and in
// the copy-on-write view without the grant to modify: neither is the target.
Promise lacks(const Call& call, Promise promise) {
    const auto& target = call.target;
    auto missing = promise & ~(target.grants | Promise::signal | Promise::sockets);
    if (any(promise & Promise::signal) && !any(target.grants & Grant::modify)) {
        return missing | Promise::modify;
    }
    if (!any(promise & Promise::files)) return missing;
    const bool own = target.scratch.fd && (call.command.writes || call.command.asks ||
                                           speaks_of(call, target::scratch_path));
    if (own || target::may_write(target)) missing = missing & ~Promise::modify;
    return missing;
}

// Beside the target: what this rung of the ladder cannot give at all. What is closed in part says
// so where it is met.
std::string out_of_sight(const Call& call, Promise promise) {
    const auto& target = call.target;
    const std::string name(call.command.name);
    if (target.other_network && any(promise & Promise::network)) {
        return name + ": the target's network namespace is not ours (" +
               target::other_network_hint + ")";
    }
    const bool processes_alone =
        any(promise & Promise::processes) && !any(promise & Promise::network);
    if (target.rung == 'F' && processes_alone) {
        return name + ": rung F: no process of the target is in sight here (" +
               std::string(target::fact(target, "lift")) + ")";
    }
    return {};
}

}  // namespace

bool runs_commands(const Call& call) {
    const auto& command = call.command;
    if (command.asks) return command.asks(call.arguments).commands;
    if (!command.runs_commands || *command.runs_commands_with == 0) return command.runs_commands;
    return asks_with(call, command.runs_commands_with);
}

int run_confined(const Call& call) {
    const auto promise = needs(call);
    if (const auto missing = lacks(call, promise); any(missing)) {
        Output(BorrowedFd(2)).write(missing_grant(call, missing));
        return not_allowed;
    }
    const bool alone = !runs_commands(call);
    const auto mode = call.target.mode;
    if (mode == target::Mode::sidecar) {
        if (const auto reason = out_of_sight(call, promise); !reason.empty()) {
            Output(BorrowedFd(2)).write(reason + '\n');
            return not_allowed;
        }
    }
    const bool apart = mode == target::Mode::node || mode == target::Mode::sidecar;
    if (apart) target::deadline::enable();
    const auto confined = alone ? confine(call, promise) : Result<>{};
    if (!confined) {
        Output(BorrowedFd(2))
            .write(std::string(call.command.name) + ": " + text(confined.error()) + '\n');
        return 125;
    }
    return invoke(call, BorrowedFd(0), BorrowedFd(1), BorrowedFd(2));
}

int run_builtin(const Call& call, BorrowedFd in, BorrowedFd out, BorrowedFd error) {
    return invoke(call, in, out, error);
}

Result<pid_t> start(const Call& call, const Ends& ends) {
    const pid_t parent = ::getpid();
    // Others take as long as they take.
    target::deadline::leave();
    const pid_t child = ::fork();
    if (child < 0) return failed("fork", call.command.name);
    if (child > 0) return child;
    target::deadline::disable();
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(128 + SIGKILL);
    if (ends.in != 0) ::dup2(ends.in, 0);
    if (ends.out != 1) ::dup2(ends.out, 1);
    for (const int fd : ends.close) ::close(fd);
    // _exit: what the parent had buffered is the parent's to write.
    ::_exit(run_confined(call));
}

// waitpid(2), but a child that hangs where not even SIGKILL reaches it counts as killed by its
// deadline. SIGCHLD is blocked meanwhile so that sigtimedwait(2) gets it.
Result<int> wait_for(pid_t child, std::string_view name) {
    if (!target::deadline::shared()) {
        int status = 0;
        while (::waitpid(child, &status, 0) < 0) {
            if (errno != EINTR) return failed("wait", name);
        }
        return status;
    }
    sigset_t ended, before;
    ::sigemptyset(&ended);
    ::sigaddset(&ended, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &ended, &before);
    Result<int> result = 0;
    for (;;) {
        const pid_t got = ::waitpid(child, &*result, WNOHANG);
        if (got == child) break;
        if (got < 0 && errno != EINTR) {
            result = failed("wait", name);
            break;
        }
        if (target::deadline::overdue(child)) {
            result = SIGALRM;
            break;
        }
        constexpr timespec look_again{.tv_sec = 1, .tv_nsec = 0};
        ::sigtimedwait(&ended, nullptr, &look_again);
    }
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    return result;
}

Result<int> run_child(const Call& call) {
    const pid_t child = TRY(start(call));
    const int status = TRY(wait_for(child, call.command.name));
    if (const auto line = epitaph(call.command.name, status); !line.empty()) {
        Output(BorrowedFd(2)).write(line + '\n');
        return 1;
    }
    return shell_status(status);
}

int shell_status(int wait_status) {
    if (WIFSIGNALED(wait_status)) return 128 + WTERMSIG(wait_status);
    if (WIFSTOPPED(wait_status)) return 128 + WSTOPSIG(wait_status);
    return WEXITSTATUS(wait_status);
}

std::string epitaph(std::string_view name, int wait_status) {
    if (!WIFSIGNALED(wait_status) || WTERMSIG(wait_status) != SIGALRM) return {};
    return std::string(name) + ": the target's file system did not answer for " +
           std::to_string(limits::file_deadline) +
           " s (a FUSE or network mount that hangs?); given up, what was printed is partial";
}

}  // namespace limpet::commands
