// target/deadline.cpp - ITIMER_REAL around the target's files.
#include "target/deadline.h"

#include "limpet/limits.h"
#include "target/target.h"

#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>
#include <ctime>
#include <new>

namespace limpet::target::deadline {
namespace {

// In memory that all processes of a session share: who is armed since when. A process that has no
// place any more (more than these at work at once) is merely waited for without a bound.
struct Note {
    std::atomic<pid_t> process;
    std::atomic<time_t> armed_at;  // 0: not armed
    std::atomic<ino_t> pipes[2];   // its standard output and error, where they are pipes
};
using Notes = std::array<Note, 256>;
static_assert(std::atomic<time_t>::is_always_lock_free);
Notes* notes = nullptr;
Note* mine = nullptr;

// The place of `process`; a fixed one, so that it needs no search. Whoever came last has it.
Note& note_of(pid_t process) { return (*notes)[static_cast<std::size_t>(process) % notes->size()]; }

time_t now_in_seconds() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return now.tv_sec;
}

// The inode of a pipe, 0 of anything else.
ino_t pipe_inode(int fd) {
    struct stat status{};
    return ::fstat(fd, &status) == 0 && S_ISFIFO(status.st_mode) ? status.st_ino : 0;
}

bool is_late(const Note& note) {
    const time_t since = note.armed_at;
    return since != 0 && now_in_seconds() - since > limits::file_deadline + 1;
}

// Per process by nature, as the interval timer is.
bool active = false;
bool armed = false;
time_t armed_at = 0;

void set(int seconds) {
    itimerval timer{};
    timer.it_value.tv_sec = seconds;
    ::setitimer(ITIMER_REAL, &timer, nullptr);
    armed = seconds != 0;
    if (mine) mine->armed_at = armed ? armed_at : 0;
}

}  // namespace

void enable() {
    active = true;
    ::signal(SIGALRM, SIG_DFL);
    sigset_t alarm;
    ::sigemptyset(&alarm);
    ::sigaddset(&alarm, SIGALRM);
    ::sigprocmask(SIG_UNBLOCK, &alarm, nullptr);
    if (notes) {
        mine = &note_of(::getpid());
        mine->process = ::getpid();
        mine->armed_at = 0;
        mine->pipes[0] = pipe_inode(1);
        mine->pipes[1] = pipe_inode(2);
    }
    if (armed) set(0);
}

void disable() {
    leave();
    active = false;
    mine = nullptr;
}

bool enabled() { return active; }

void share() {
    void* memory =
        ::mmap(nullptr, sizeof(Notes), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    // Without it the deadline still kills whatever can be killed.
    if (memory != MAP_FAILED) notes = ::new (memory) Notes{};
}

bool shared() { return notes != nullptr; }

bool overdue(pid_t child) {
    return notes && note_of(child).process == child && is_late(note_of(child));
}

int await_input(BorrowedFd fd) {
    if (!notes) return 1;
    pollfd wanted{.fd = fd.get(), .events = POLLIN, .revents = 0};
    for (;;) {
        constexpr int look_again = 1000;
        const int ready = ::poll(&wanted, 1, look_again);
        if (ready != 0) return ready;
        const ino_t pipe = pipe_inode(fd.get());
        const auto keeps_it = [&](const Note& note) {
            return (note.pipes[0] == pipe || note.pipes[1] == pipe) && is_late(note);
        };
        if (pipe != 0 && std::ranges::any_of(*notes, keeps_it)) return 0;
    }
}

Error writer_hangs() {
    return refused("read",
                   "who writes into this pipe hangs in the target's file system; what came "
                   "of it is partial")
        .error();
}

void enter() {
    if (!active) return;
    const time_t now = now_in_seconds();
    // Armed less than a second ago is as good as now.
    if (armed && now - armed_at < 1) return;
    armed_at = now;
    set(limits::file_deadline);
}

void leave() {
    if (active && armed) set(0);
}

Guard::Guard(const Target& target) : ours_(!active && target.mode != Mode::here) {
    if (!ours_) return;
    enable();
    enter();
}

Guard::~Guard() {
    if (!ours_) return;
    leave();
    active = false;
}

}  // namespace limpet::target::deadline
