// signals.cpp - signals as something to read in the loop.
#include "attach/signals.h"

#include <sys/signalfd.h>
#include <unistd.h>

namespace limpet::attach {

Result<Signals> Signals::take(std::initializer_list<int> signals) {
    Signals taken;
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals) {
        struct sigaction now{};
        // signalfd(2) would also report ignored signals once they are blocked.
        if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) {
            sigaddset(&set, signal);
        }
    }
    taken.fd_ = Fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
    if (!taken.fd_) return failed("signalfd", "");
    ::sigprocmask(SIG_BLOCK, &set, &taken.before_);
    return taken;
}

Signals::~Signals() {
    if (fd_) ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int Signals::next() const {
    signalfd_siginfo info{};
    return ::read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                                : 0;
}

void die_by(int signal) {
    ::signal(signal, SIG_DFL);
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, signal);
    ::sigprocmask(SIG_UNBLOCK, &set, nullptr);
    ::raise(signal);
    ::_exit(128 + signal);
}

}  // namespace limpet::attach
