// program.cpp - runs a program to its end, without a shell and within bounds.
#include "attach/kube/program.h"

#include "limpet/fd.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>

extern char** environ;

namespace limpet::attach::kube {
namespace {

using Clock = std::chrono::steady_clock;

struct Pipe {
    Fd read, write;
    static Result<Pipe> make() {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) return failed("pipe", "");
        return Pipe{Fd(ends[0]), Fd(ends[1])};
    }
};

// A file in memory: nobody has to feed it while the program runs.
Result<Fd> standard_input(std::string_view input) {
    if (input.empty()) {
        const bool terminal = ::isatty(0) == 1;
        Fd fd(terminal ? ::fcntl(0, F_DUPFD_CLOEXEC, 3)
                       : ::open("/dev/null", O_RDONLY | O_CLOEXEC));
        if (!fd) return failed("open", "/dev/null");
        return fd;
    }
    Fd memory(::memfd_create("input", MFD_CLOEXEC));
    if (!memory) return failed("memfd_create", "");
    while (!input.empty()) {
        const auto count = ::write(memory.get(), input.data(), input.size());
        if (count < 0) return failed("write", "to memory");
        input.remove_prefix(static_cast<std::size_t>(count));
    }
    ::lseek(memory.get(), 0, SEEK_SET);
    return memory;
}

Result<pid_t> spawn(const std::vector<std::string>& words, int in, int out, int error) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, in, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out, 1);
    ::posix_spawn_file_actions_adddup2(&actions, error, 2);
    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    std::vector<char*> arguments;
    for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    pid_t pid = -1;
    const int code =
        ::posix_spawnp(&pid, arguments[0], &actions, &attributes, arguments.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    if (code != 0) return failed("start", words.front(), code);
    return pid;
}

// Reads both until both end. Returns why it stopped before, or nothing.
std::string_view collect(Pipe& out, Pipe& error, Finished& finished, Clock::time_point deadline) {
    pollfd polled[] = {{out.read.get(), POLLIN, 0}, {error.read.get(), POLLIN, 0}};
    while (polled[0].fd >= 0 || polled[1].fd >= 0) {
        const auto left =
            std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
        if (left <= 0) return "it does not answer";
        if (::poll(polled, 2, static_cast<int>(left)) < 0 && errno != EINTR) return "poll failed";
        for (auto& entry : polled) {
            if (entry.fd < 0 || entry.revents == 0) continue;
            char bytes[65536];
            const auto count = ::read(entry.fd, bytes, sizeof bytes);
            if (count < 0 && errno == EINTR) continue;
            if (count <= 0) {
                entry.fd = -1;
                continue;
            }
            const auto size = static_cast<std::size_t>(count);
            const bool is_out = &entry == &polled[0];
            auto& text = is_out ? finished.out : finished.error;
            if (text.size() + size <= (is_out ? output_limit : complaint_limit)) {
                text.append(bytes, size);
            } else if (is_out) {
                return "it prints more than 64 MiB";
            }
        }
    }
    return {};
}

}  // namespace

Result<Finished> run_program(const std::vector<std::string>& words, std::string_view input,
                             int seconds) {
    const Fd in = TRY(standard_input(input));
    auto out = TRY(Pipe::make());
    auto error = TRY(Pipe::make());
    const pid_t pid = TRY(spawn(words, in.get(), out.write.get(), error.write.get()));
    out.write.reset();
    error.write.reset();
    Finished finished;
    const auto deadline = Clock::now() + std::chrono::seconds(seconds);
    const auto problem = collect(out, error, finished, deadline);
    if (!problem.empty()) ::kill(pid, SIGKILL);
    int status = 0;
    while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (!problem.empty()) return refused(words.front(), problem);
    finished.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return finished;
}

}  // namespace limpet::attach::kube
