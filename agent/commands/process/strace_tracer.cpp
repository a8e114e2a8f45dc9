// strace_tracer.cpp - the loop of strace: stops of the tracees, one after the other.
//
// PTRACE_SEIZE without PTRACE_O_EXITKILL, and no request that writes: when this process ends, by
// itself or by SIGKILL, the kernel detaches it and every tracee runs on from where it stood.
#include "commands/process/strace.h"

#include "parse/number.h"
#include "parse/status.h"
#include "target/deadline.h"
#include "target/trace.h"

#include <poll.h>
#include <sys/ptrace.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

namespace limpet::commands::strace {
namespace {

constexpr int look_again = 20;  // milliseconds
constexpr std::size_t flush_at = 32768;
constexpr std::size_t tracees_limit = 32768;

volatile std::sig_atomic_t asked_to_stop = 0;

// Ends a wait, and the next one, and so on: the first may come just before it begins.
void come_again() {
    struct sigaction action{};
    action.sa_handler = [](int) {};
    ::sigaction(SIGALRM, &action, nullptr);
    constexpr timeval moment{.tv_sec = 0, .tv_usec = look_again * 1000};
    const itimerval timer{.it_interval = moment, .it_value = moment};
    ::setitimer(ITIMER_REAL, &timer, nullptr);
}

// SIGALRM is the file deadline's again, which kills.
void come_no_more() {
    constexpr itimerval none{};
    ::setitimer(ITIMER_REAL, &none, nullptr);
    ::signal(SIGALRM, SIG_DFL);
}

void ask_to_stop(int /*signal*/) {
    asked_to_stop = 1;
    come_again();
}

timespec monotonic() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now;
}

long request(int what, pid_t outer, unsigned long data) {
    return ::ptrace(static_cast<__ptrace_request>(what), outer, nullptr, data);
}

}  // namespace

// A pipe takes PIPE_BUF bytes once poll(2) says that it takes any; more could wait for its reader,
// and the tracees with us.
bool Stream::flush() {
    constexpr std::size_t piece = 4096;
    while (pending()) {
        pollfd ready{.fd = fd_, .events = POLLOUT, .revents = 0};
        if (::poll(&ready, 1, 0) <= 0) break;
        const auto size = std::min(piece, text.size() - done_);
        const auto put = ::write(fd_, text.data() + done_, size);
        if (put < 0 && errno != EINTR && errno != EAGAIN) return false;
        if (put > 0) done_ += static_cast<std::size_t>(put);
    }
    if (!pending()) {
        text.clear();
        done_ = 0;
    } else if (done_ > text.size() / 2) {
        text.erase(0, done_);
        done_ = 0;
    }
    return true;
}

Tracer::Tracer(Invocation& call, Wanted wanted)
    : call_(call),
      wanted_(std::move(wanted)),
      out_(call.out.fd()),
      counts_(parse::syscalls_limit + 1) {
    struct sigaction action{};
    action.sa_handler = ask_to_stop;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) {
        ::sigaction(signal, &action, nullptr);
    }
    // Stops of the tracees are no news for a handler.
    action.sa_handler = SIG_DFL;
    action.sa_flags = SA_NOCLDSTOP;
    ::sigaction(SIGCHLD, &action, nullptr);
}

Tracee* Tracer::find(pid_t outer) {
    const auto place = std::ranges::lower_bound(tracees_, outer, {}, &Tracee::outer);
    return place != tracees_.end() && (*place)->outer == outer ? place->get() : nullptr;
}

Tracee& Tracer::add(pid_t outer) {
    const auto place = std::ranges::lower_bound(tracees_, outer, {}, &Tracee::outer);
    if (place != tracees_.end() && (*place)->outer == outer) return **place;
    auto tracee = std::make_unique<Tracee>();
    tracee->outer = outer;
    tracee->inner = target::inner_id(call_.target, outer);
    if (tracee->inner == 0) tracee->inner = outer;
    return **tracees_.insert(place, std::move(tracee));
}

void Tracer::remove(pid_t outer) {
    std::erase_if(tracees_, [&](const auto& tracee) { return tracee->outer == outer; });
    if (printing_ == outer) printing_ = 0;
}

// Where the thread's own files lie, threads of a process included.
void Tracer::open_files(Tracee& tracee) {
    if (tracee.memory.valid()) return;
    auto process = open_process(call_.target, tracee.inner);
    if (!process) return;
    tracee.process = *std::move(process);
    if (auto memory = MemoryOf::open(tracee.process)) tracee.memory = *std::move(memory);
}

void Tracer::say(const std::string& text) {
    if (wanted_.quiet > 0) return;
    call_.error.write(std::string(call_.command.name) + ": " + text + "\n");
    call_.error.flush();
}

Result<> Tracer::seize(pid_t inner) {
    const auto outer = TRY(target::outer_id(call_.target, inner));
    if (find(outer)) return {};
    if (tracees_.size() >= tracees_limit) return refused("attach", "more than 32768 threads");
    unsigned long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC;
    if (wanted_.children) {
        options |= PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
    }
    const auto name = "process " + std::to_string(inner);
    if (request(PTRACE_SEIZE, outer, options) != 0) {
        auto problem = failed("attach to", name);
        if (problem.error().code != EPERM) return problem;
        const auto process = open_process(call_.target, inner);
        const auto status = process ? read_small(*process, "status") : std::nullopt;
        const auto tracer = status ? parse::status(*status).tracer.value_or(0) : 0;
        problem.error().hint() =
            tracer != 0 || (status && status->find("TracerPid:\t0\n") == std::string::npos)
                ? "somebody traces it already"
                : "it needs CAP_SYS_PTRACE, and kernel.yama.ptrace_scope below 3";
        return problem;
    }
    auto& tracee = add(outer);
    tracee.inner = inner;
    if (request(PTRACE_INTERRUPT, outer, 0) != 0 && errno != ESRCH) {
        return failed("interrupt", name);
    }
    return {};
}

Result<> Tracer::attach(pid_t process) {
    const auto before = tracees_.size();
    TRY(seize(process));
    if (wanted_.children) {
        // New threads may appear while their brothers are looked at; those of whom we have come by
        // themselves, so one round without a new one is the end.
        const auto opened = TRY(open_process(call_.target, process));
        for (std::size_t known = 0; known != tracees_.size();) {
            known = tracees_.size();
            TRY(each_thread(opened,
                            [&](Process& thread) { static_cast<void>(seize(thread.pid)); }));
        }
    }
    const auto count = tracees_.size() - before;
    auto line = "Process " + std::to_string(process) + " attached";
    if (count > 1) line += " with " + std::to_string(count) + " threads";
    say(line);
    return {};
}

// Waits for the next stop; false at the end. By wait4(2) and not by SIGCHLD: who is woken by the
// signal comes while the tracee is still on its way to sleep, and ptrace(2) then waits a whole tick
// for it. Before we sleep, what there is goes out.
bool Tracer::next_status(pid_t& outer, int& status) {
    while (!asked_to_stop && !tracees_.empty()) {
        if (out_.pending()) {
            outer = ::wait4(-1, &status, __WALL | WNOHANG, nullptr);
            if (outer > 0 && out_.waiting() < flush_at) return true;
            if (!out_.flush()) return false;
            if (outer > 0) return true;
        }
        target::deadline::leave();
        // Its reader is slow: the tracees do not wait for him, but we look again soon.
        const bool slow = out_.pending();
        if (slow) come_again();
        outer = ::wait4(-1, &status, __WALL, nullptr);
        const bool interrupted = outer < 0 && errno == EINTR;
        if (slow && !asked_to_stop) come_no_more();
        if (outer > 0) return true;
        if (!interrupted) return false;
    }
    return false;
}

void Tracer::run() {
    if (auto sealed = target::no_more_tracees(call_.target); !sealed) {
        return call_.complain(sealed.error());
    }
    last_ = monotonic();
    pid_t outer = 0;
    int status = 0;
    while (next_status(outer, status)) {
        auto* tracee = find(outer);
        // A child's first stop may come before its parent tells of it.
        if (!tracee) tracee = &newcomer(outer);
        handle(*tracee, status);
        if (out_.full()) {
            call_.complain("nobody reads what is printed: detached, so that the target runs on");
            break;
        }
    }
    if (printing_ != 0) {
        out_.text += " <detached ...>\n";
        printing_ = 0;
    }
    for (const auto& tracee : tracees_) {
        if (wanted_.quiet == 0) say("Process " + std::to_string(tracee->inner) + " detached");
    }
    target::deadline::leave();
    // Letting go comes first: the rest of the output may have to wait for its reader.
    for (const auto& tracee : tracees_) {
        if (request(PTRACE_DETACH, tracee->outer, 0) == 0) continue;
        request(PTRACE_INTERRUPT, tracee->outer, 0);
    }
    for (std::size_t left = tracees_.size(); left > 0; --left) {
        const auto pid = ::wait4(-1, &status, __WALL | WNOHANG, nullptr);
        if (pid <= 0) break;
        request(PTRACE_DETACH, pid, 0);
    }
    come_no_more();
    if (!out_.full()) call_.out.write(out_.rest());
}

void Tracer::handle(Tracee& tracee, int status) {
    if (WIFSTOPPED(status)) {
        stopped(tracee, WSTOPSIG(status), status >> 16);
        return;
    }
    if (tracee.in_call && tracee.wanted && tracee.begun && printing_ == tracee.outer) {
        out_.text += ") = ?\n";
        printing_ = 0;
    }
    if (WIFEXITED(status)) {
        event_line(tracee, "+++ exited with " + std::to_string(WEXITSTATUS(status)) + " +++");
    } else {
        event_line(tracee, "+++ killed by " + signal_name(WTERMSIG(status)) +
                               (WCOREDUMP(status) ? " (core dumped) +++" : " +++"));
    }
    remove(tracee.outer);
}

void Tracer::stopped(Tracee& tracee, int signal, int event) {
    int deliver = 0;
    switch (event) {
        case 0:
            if (signal == (SIGTRAP | 0x80)) {
                at_call(tracee);
            } else {
                signalled(tracee, signal);
                deliver = signal;
            }
            break;
        case PTRACE_EVENT_STOP:
            if (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) {
                // Of the whole process: it stays stopped, and we hear of what wakes it.
                event_line(tracee, "--- stopped by " + signal_name(signal) + " ---");
                request(PTRACE_LISTEN, tracee.outer, 0);
                return;
            }
            break;
        case PTRACE_EVENT_EXEC: replaced(tracee); break;
        case PTRACE_EVENT_CLONE:
        case PTRACE_EVENT_FORK:
        case PTRACE_EVENT_VFORK: born(tracee); break;
        default: break;
    }
    // ESRCH: it was killed meanwhile, and its end comes as the next status.
    request(PTRACE_SYSCALL, tracee.outer, static_cast<unsigned long>(deliver));
}

void Tracer::born(Tracee& parent) {
    unsigned long child = 0;
    if (::ptrace(PTRACE_GETEVENTMSG, parent.outer, nullptr, &child) != 0 || child == 0) return;
    const auto outer = static_cast<pid_t>(child);
    if (!find(outer)) newcomer(outer);
}

Tracee& Tracer::newcomer(pid_t outer) {
    auto& tracee = add(outer);
    say("Process " + std::to_string(tracee.inner) + " attached");
    return tracee;
}

// execve(2) by a thread that is not the first makes it the first: it takes over that one's number,
// in the middle of its call.
void Tracer::replaced(Tracee& tracee) {
    unsigned long former = 0;
    const auto self = tracee.outer;
    if (::ptrace(PTRACE_GETEVENTMSG, self, nullptr, &former) == 0 && former != 0 &&
        static_cast<pid_t>(former) != self) {
        if (auto* other = find(static_cast<pid_t>(former))) {
            if (printing_ == other->outer) printing_ = self;
            tracee.call = other->call;
            tracee.in_call = other->in_call;
            tracee.wanted = other->wanted;
            tracee.begun = other->begun;
            tracee.shown = other->shown;
            tracee.entered = other->entered;
            tracee.entered_at = other->entered_at;
            remove(other->outer);
        }
    }
    // It has another memory now.
    tracee.memory = MemoryOf();
}

void Tracer::at_call(Tracee& tracee) {
    if (tracee.in_call && !tracee.wanted) {
        tracee.in_call = false;
        return;
    }
    __ptrace_syscall_info info{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, tracee.outer, sizeof info, &info) <= 0) return;
    if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
        tracee.call = {.number = info.entry.nr};
        for (std::size_t i = 0; i < tracee.call.arguments.size(); ++i) {
            tracee.call.arguments[i] = info.entry.args[i];
        }
        tracee.in_call = true;
        tracee.begun = false;
        const auto number = std::min<std::uint64_t>(info.entry.nr, wanted_.calls.size() - 1);
        tracee.wanted = wanted_.calls[number];
        if (tracee.wanted) enter(tracee);
        return;
    }
    if (info.op != PTRACE_SYSCALL_INFO_EXIT || !tracee.in_call) return;
    tracee.in_call = false;
    tracee.call.returned = true;
    tracee.call.result = info.exit.rval;
    tracee.call.failed = info.exit.is_error != 0;
    leave(tracee);
}

}  // namespace limpet::commands::strace
