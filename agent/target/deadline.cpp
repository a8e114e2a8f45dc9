// target/deadline.cpp - ITIMER_REAL around the target's files.
#include "target/deadline.h"

#include "limpet/limits.h"

#include <sys/time.h>

#include <csignal>
#include <ctime>

namespace limpet::target::deadline {
namespace {

// Per process by nature, as the interval timer is.
bool active = false;
bool armed = false;
time_t armed_at = 0;

void set(int seconds) {
    itimerval timer{};
    timer.it_value.tv_sec = seconds;
    ::setitimer(ITIMER_REAL, &timer, nullptr);
    armed = seconds != 0;
}

}  // namespace

void enable() {
    active = true;
    ::signal(SIGALRM, SIG_DFL);
    sigset_t alarm;
    ::sigemptyset(&alarm);
    ::sigaddset(&alarm, SIGALRM);
    ::sigprocmask(SIG_UNBLOCK, &alarm, nullptr);
    if (armed) set(0);
}

bool enabled() { return active; }

void enter() {
    if (!active) return;
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    // Armed less than a second ago is as good as now.
    if (armed && now.tv_sec - armed_at < 1) return;
    armed_at = now.tv_sec;
    set(limits::file_deadline);
}

void leave() {
    if (active && armed) set(0);
}

}  // namespace limpet::target::deadline
