// session.cpp - the process that opens one target and runs one argv near it.
//
//   serve ──fd 3: open──▶ session ──fork──▶ shell or command, confined
//                            │ waits, forwards signals, watches serve and the target
//
// The session holds every privilege only until the target is open; then it forks the process that
// works, drops all but CAP_KILL and the right to wait, and lets go of the target's descriptors.
#include "session.h"

#include "commands/command.h"
#include "commands/run.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "limpet/message.h"
#include "runtimes/container.h"
#include "runtimes/filesystem.h"
#include "sys/file.h"
#include "sys/landlock.h"
#include "sys/process.h"
#include "target/confine.h"
#include "target/deadline.h"
#include "target/doctor.h"
#include "target/enter.h"
#include "target/own_scratch.h"
#include "target/pod.h"
#include "target/sidecar.h"
#include "target/signaller.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <optional>
#include <string>

namespace limpet::session {
namespace {

constexpr int link_to_serve = 3;
constexpr int limpet_failed = 125;
constexpr int look_again = 1000;  // milliseconds, for a child that hangs beyond its deadline

// Those that serve sends on, and those of a terminal's line discipline.
constexpr std::array forwarded{SIGHUP,  SIGINT,  SIGQUIT, SIGTERM,
                               SIGUSR1, SIGUSR2, SIGCONT, SIGTSTP};

// One line, whatever a container's name holds. On a pty in raw mode a newline alone does not go
// back to the first column.
void say(const std::string& text) {
    const auto line = commands::visible(text);
    const bool terminal = ::isatty(2) == 1;
    (void)sys::write_all(BorrowedFd(2),
                         (terminal ? "\r" : "") + ("limpet: " + line) + (terminal ? "\r\n" : "\n"));
}

// When memory runs short the debugger goes before the application does.
void volunteer_for_oom() {
    if (auto file = sys::openat(BorrowedFd(AT_FDCWD), "/proc/self/oom_score_adj", O_WRONLY)) {
        (void)sys::write_all(*file, "1000");
    }
}

// A session of its own, so that the terminal's signals and hang-up are this tree's alone.
Result<> take_terminal(bool tty) {
    if (::setsid() < 0 && errno != EPERM) return failed("setsid", "");
    if (tty && ::ioctl(0, TIOCSCTTY, 0) != 0) return failed("TIOCSCTTY", "the session's pty");
    return {};
}

// "" and "pod" are the target that this container was started beside.
Result<target::Target> open_beside(const Open& open, const Place& place) {
    const bool obvious = open.target.empty() || open.target == "pod";
    return target::open_sidecar({.container = obvious ? place.container : open.target,
                                 .grants = open.grants,
                                 .exposed = place.exposed});
}

// What is run alone and does not look at it does without.
bool wants_apart(const Open& open) {
    const auto* command = commands::find(open.arguments.empty() ? "sh" : open.arguments.front());
    return command && (command->apart || command->name == "sh");
}

bool is_doctor(const Open& open) {
    return !open.arguments.empty() && open.arguments.front() == "doctor";
}

Result<target::Target> open_target(const Open& open, const Place& place) {
    if (place.beside) return open_beside(open, place);
    if (open.target.empty()) {
        auto none = target::open_none(Grant::none);
        if (none && is_doctor(open)) target::examine_machine(*none);
        return none;
    }
    const auto node = runtimes::this_node();
    const auto container = TRY(runtimes::find(open.target, node));
    target::Wanted wanted{.pid = container.pid,
                          .start_time = container.start_time,
                          .name = open.target,
                          .grants = open.grants,
                          .apart = wants_apart(open)};
    const auto fact = [&](const char* name, std::string value) {
        if (!value.empty()) wanted.facts.emplace_back(name, std::move(value));
    };
    fact("runtime", container.runtime);
    fact("id", container.id);
    fact("name", container.name);
    fact("image", container.image);
    fact("pod", container.pod);
    fact("state", container.state);
    fact("started", container.started);
    const auto& start = container.start;
    for (const auto& word : start.arguments) wanted.facts.emplace_back("argument", word);
    for (const auto& entry : start.environment) fact("environment", entry);
    fact("directory", start.directory);
    fact("user", start.user);
    fact("groups", start.groups);
    const bool examines = container.pid > 0 && is_doctor(open);
    if (container.pid > 0 && !wanted.apart && !examines) return target::open_node(wanted);
    auto files = runtimes::filesystem(container, node);
    if (files) {
        wanted.layers = {std::move(files->base), std::move(files->layers), files->user};
    } else {
        wanted.without_layers = text(files.error());
    }
    if (examines) return target::examine(wanted);
    if (container.pid > 0) return target::open_node(wanted);
    if (!files) return std::unexpected(files.error());
    fact("entrypoint", container.entrypoint);
    fact("ended", container.ended);
    return target::open_stopped(wanted, *wanted.layers);
}

// A target that cannot be opened is an answer, too.
Result<target::Target> without_target(const Error& error) {
    auto none = TRY(target::open_none(Grant::none));
    target::find_out(none, "target", target::State::fails, text(error), target::lift_of(error));
    return none;
}

// The session of a container that does not run is another thing than its operator may expect.
void tell_stopped(const target::Target& target) {
    std::string state = "not running";
    for (const auto& [name, value] : target.facts) {
        if (name == "state") state = value;
    }
    say(target.name + " is " + state +
        ": these are its files, read-only, without its volumes; it has no processes");
}

// The link's other direction, which serve sends on as the stream `aside`. Non-blocking: a client
// that does not take it must not hold up a prompt.
int way_back(int link) {
    const int flags = ::fcntl(link, F_GETFL);
    if (flags < 0 || ::fcntl(link, F_SETFL, flags | O_NONBLOCK) != 0) return -1;
    constexpr int out_of_the_way = 64;
    return ::fcntl(link, F_DUPFD_CLOEXEC, out_of_the_way);
}

// Never returns: the process that works.
[[noreturn]] void work(Open open, const target::Target& target, const sigset_t& mask, pid_t parent,
                       int link) {
    const int aside = open.aside && link >= 0 ? way_back(link) : -1;
    if (link >= 0) ::close(link);
    ::setpgid(0, 0);
    // In the foreground from the start; SIGTTOU is blocked here still.
    if (open.tty) ::tcsetpgrp(0, ::getpid());
    for (int signal = 1; signal < NSIG; ++signal) ::signal(signal, SIG_DFL);
    ::sigprocmask(SIG_SETMASK, &mask, nullptr);

    std::string name = "sh";
    if (!open.arguments.empty()) {
        name = open.arguments.front();
        open.arguments.erase(open.arguments.begin());
    }
    const auto* command = commands::find(name);
    if (!command) {
        say("there is no command '" + name + "' (limpet exec " +
            (open.target.empty() ? "TARGET" : open.target) + " -- help lists them)");
        ::_exit(commands::not_found);
    }
    if (target.scratch.fd) {
        open.environment.push_back("LIMPET_SCRATCH=" + std::string(target::scratch_path));
    }
    if (target.mode == target::Mode::sidecar && open.arguments.empty() && ::isatty(2) == 1 &&
        command->name == "sh") {
        for (const auto& line : target::greeting(target)) say(line);
    }
    const commands::Call call{.command = *command,
                              .arguments = std::move(open.arguments),
                              .target = target,
                              .environment = std::move(open.environment),
                              .aside = {std::move(open.given), aside}};
    if (auto confined = target::confine_session(target, commands::runs_commands(call)); !confined) {
        say(text(confined.error()));
        ::_exit(limpet_failed);
    }
    // Not before: a change of uid clears it, prctl(2).
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(128 + SIGKILL);
    ::_exit(commands::run_confined(call));
}

// The target's end of life, told once.
void mourn(const std::string& name, pid_t pid, bool ends) {
    say("the target " + name + " (pid " + std::to_string(pid) + ") has exited" +
        (ends ? "" : "; its files stay readable until this session ends"));
}

// Dies as the child died, so that serve sees what happened.
int finish(const std::string& name, int status) {
    if (const auto line = commands::epitaph(name, status); !line.empty()) {
        say(line);
        return 1;
    }
    if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
    const int signal = WTERMSIG(status);
    ::signal(signal, SIG_DFL);
    sigset_t only;
    ::sigemptyset(&only);
    ::sigaddset(&only, signal);
    ::sigprocmask(SIG_UNBLOCK, &only, nullptr);
    ::kill(::getpid(), signal);
    return 128 + signal;
}

// Where no mount can be made and Landlock can hold the writers to it. Without one the session goes
// on.
std::optional<target::OwnScratch> add_scratch(target::Target& target) {
    constexpr int moves_files = 2;  // the ABI
    if (target.mode != target::Mode::sidecar || target.scratch.fd) return std::nullopt;
    if (sys::landlock_abi() < moves_files) {
        target.facts.emplace_back("scratch", "none: the kernel has no Landlock to hold it to");
        return std::nullopt;
    }
    auto made = target::make_own_scratch();
    if (!made) {
        target.facts.emplace_back("scratch", "none: " + text(made.error()));
        return std::nullopt;
    }
    if (auto folder = sys::dup(made->folder)) {
        target.scratch = {*std::move(folder), std::string(target::scratch_path)};
    }
    return *std::move(made);
}

struct Supervised {
    pid_t child;
    std::string command;
    std::string target;
    pid_t target_pid;
    int link;    // to serve; -1 without one
    Fd pidfd;    // of the target; invalid when there is none
    Fd signals;  // signalfd
    pid_t signaller = 0;
    std::optional<target::OwnScratch> scratch;
};

// The child's wait status once it has ended; a child that stopped is continued: nobody here could.
bool ended(Supervised& run, int& status) {
    int how = 0;
    for (pid_t pid = 0; (pid = ::waitpid(-1, &how, WNOHANG | WUNTRACED)) > 0;) {
        if (pid == run.signaller && !WIFSTOPPED(how)) run.signaller = 0;
        if (pid != run.child) continue;  // or an orphan that has become ours
        status = how;
        if (!WIFSTOPPED(status)) return true;
        ::kill(-run.child, SIGCONT);
    }
    // Not even SIGKILL reaches it: that is told as the death by deadline which it should have been.
    if (target::deadline::overdue(run.child)) {
        status = SIGALRM;
        return true;
    }
    return false;
}

int supervise(Supervised run) {
    // POLLHUP comes unasked, once serve has closed its end; POLLRDHUP would come at once and stay,
    // because serve says no more after the open.
    std::array<pollfd, 3> waiting{pollfd{run.signals.get(), POLLIN, 0}, pollfd{run.link, 0, 0},
                                  pollfd{run.pidfd.get(), POLLIN, 0}};
    int status = 0;
    bool bereft = false;
    while (!ended(run, status)) {
        if (::poll(waiting.data(), waiting.size(), look_again) < 0 && errno != EINTR) {
            return limpet_failed;
        }
        if (waiting[0].revents & POLLIN) {
            signalfd_siginfo signal{};
            if (::read(run.signals.get(), &signal, sizeof signal) == sizeof signal &&
                signal.ssi_signo != SIGCHLD) {
                ::kill(-run.child, static_cast<int>(signal.ssi_signo));
            }
        }
        if (waiting[1].revents & (POLLHUP | POLLERR)) {
            // serve is gone and nobody reads any more: no use in asking first.
            ::kill(-run.child, SIGKILL);
            ::kill(run.child, SIGKILL);
            waiting[1].fd = -1;
        }
        if (waiting[2].revents != 0) {
            const auto* command = commands::find(run.command);
            bereft = command && command->ends_with_target;
            mourn(run.target, run.target_pid, bereft);
            if (bereft) ::kill(-run.child, SIGKILL);
            waiting[2].fd = -1;
        }
    }
    // Beside a target it would be the target's first process that has to wait for it.
    if (run.signaller > 0) {
        ::kill(run.signaller, SIGKILL);
        ::waitpid(run.signaller, nullptr, 0);
    }
    if (run.scratch) target::remove_own_scratch(*run.scratch);
    if (bereft) return limpet_failed;
    return finish(run.command, status);
}

Result<Open> receive_open() {
    auto payload = TRY(sys::read_all(BorrowedFd(link_to_serve), limits::open_payload, "the open"));
    return decode_open(payload);
}

Result<Supervised> start(const Open& open, const Place& place) {
    if (!place.direct) TRY(take_terminal(open.tty));
    volunteer_for_oom();
    auto opened = open_target(open, place);
    if (!opened && is_doctor(open)) opened = without_target(opened.error());
    auto target = TRY(std::move(opened));
    if (const auto why = target::fact(target, "no view"); !why.empty()) {
        say("there is no copy-on-write view, only $LIMPET_SCRATCH can be written to: " +
            std::string(why));
    }
    auto scratch = add_scratch(target);
    // Orphans would go to the target's first process, which may never look after them.
    if (place.beside) ::prctl(PR_SET_CHILD_SUBREAPER, 1);
    if (!place.beside && !open.target.empty() && target.pid == 0) tell_stopped(target);

    sigset_t blocked, before;
    ::sigemptyset(&blocked);
    for (const int signal : forwarded) ::sigaddset(&blocked, signal);
    for (const int signal : {SIGCHLD, SIGTTOU, SIGTTIN, SIGPIPE}) ::sigaddset(&blocked, signal);
    ::sigprocmask(SIG_BLOCK, &blocked, &before);
    ::sigemptyset(&before);
    sigset_t read_here = blocked;
    for (const int signal : {SIGTTOU, SIGTTIN, SIGPIPE}) ::sigdelset(&read_here, signal);
    Fd signals(::signalfd(-1, &read_here, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!signals) return failed("signalfd", "");

    pid_t signaller = 0;
    const bool running = target.pid != 0 && target.procfs.fd;
    if (running && any(target.grants & Grant::modify))
        signaller = TRY(target::start_signaller(target));
    target::deadline::share();
    const pid_t parent = ::getpid();
    const pid_t child = TRY(sys::fork());
    if (child == 0) work(open, target, before, parent, place.direct ? -1 : link_to_serve);
    ::setpgid(child, child);
    // The streams are the child's: one that it closes has ended, and a reader hears of it.
    for (const int stream : {0, 1}) ::dup2(2, stream);
    return Supervised{.child = child,
                      .command = open.arguments.empty() ? "sh" : open.arguments.front(),
                      .target = target.name,
                      .target_pid = target.pid,
                      .link = place.direct ? -1 : link_to_serve,
                      .pidfd = std::move(target.pidfd),
                      .signals = std::move(signals),
                      .signaller = signaller,
                      .scratch = std::move(scratch)};
}

int gave_up(const Error& error) {
    say(text(error));
    return limpet_failed;
}

}  // namespace

int run(const Place& place) {
    const auto open = receive_open();
    return open ? run(*open, place) : gave_up(open.error());
}

int run(const Open& open, const Place& place) {
    auto started = start(open, place);
    if (!started) return gave_up(started.error());
    const auto confined = target::confine_supervisor(started->scratch.has_value());
    return confined ? supervise(*std::move(started)) : gave_up(confined.error());
}

}  // namespace limpet::session
