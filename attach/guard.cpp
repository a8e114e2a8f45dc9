// guard.cpp - something in the cluster that must go when we go.
#include "attach/guard.h"

#include "attach/kube/program.h"
#include "attach/report.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace limpet::attach {
namespace {

constexpr int tries = 3;
constexpr int patience = 30;  // seconds, for each of them

[[noreturn]] void watch(Fd end, const std::vector<std::string>& undo) {
    // What is sent to the terminal's processes is for the one whose end we wait for.
    ::setsid();
    for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) ::signal(signal, SIG_IGN);
    // Nobody's pipe may stay open for us.
    const int null = ::open("/dev/null", O_RDWR);
    for (const int fd : {0, 1, 2}) ::dup2(null, fd);
    if (end.get() > 3) ::syscall(SYS_close_range, 3U, static_cast<unsigned>(end.get()) - 1, 0U);
    ::syscall(SYS_close_range, static_cast<unsigned>(end.get()) + 1, ~0U, 0U);
    char byte = 0;
    while (::read(end.get(), &byte, 1) < 0 && errno == EINTR) {
    }
    int status = 1;
    for (int i = 0; i < tries; ++i) {
        const auto finished = kube::run_program(undo, {}, patience);
        status = finished ? finished->status : 1;
        if (finished && status == 0 && !finished->out.empty()) break;
        // Nothing was there: what makes it may still be under way.
        if (i + 1 < tries) ::sleep(1);
    }
    ::_exit(status == 0 ? 0 : 1);
}

}  // namespace

Result<Guard> Guard::start(std::vector<std::string> undo, std::string name) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe", "");
    Fd read_end(ends[0]);
    Guard guard;
    guard.alive_ = Fd(ends[1]);
    guard.name_ = std::move(name);
    guard.process_ = ::fork();
    if (guard.process_ < 0) return failed("fork", "");
    if (guard.process_ == 0) watch(std::move(read_end), undo);
    return guard;
}

Guard::Guard(Guard&& other) noexcept
    : alive_(std::move(other.alive_)),
      process_(std::exchange(other.process_, -1)),
      name_(std::move(other.name_)) {}

Guard& Guard::operator=(Guard&& other) noexcept {
    if (this == &other) return *this;
    finish();
    alive_ = std::move(other.alive_);
    process_ = std::exchange(other.process_, -1);
    name_ = std::move(other.name_);
    return *this;
}

void Guard::dismiss() {
    if (process_ < 0) return;
    ::kill(process_, SIGKILL);
    while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    alive_.reset();
}

void Guard::finish() {
    if (process_ < 0) return;
    alive_.reset();
    int status = 0;
    while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
    }
    process_ = -1;
    if (status != 0) report(name_, Error{0, "it could not be deleted", "do so by hand", {}});
}

}  // namespace limpet::attach
