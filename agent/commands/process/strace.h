// process/strace.h - following system calls of processes, ptrace(2).
#pragma once

#include "commands/process/memory_of.h"
#include "commands/process/strace_decode.h"
#include "parse/zone.h"
#include "target/target.h"

#include <sys/types.h>

#include <csignal>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <vector>

namespace limpet::commands::strace {

enum class Stamp { none, seconds, fractions, epoch, relative };

struct Wanted {
    View view;
    std::bitset<parse::syscalls_limit> calls;   // by number
    std::uint64_t signals = ~std::uint64_t{0};  // bit N is signal N; those above always
    bool children = false;                      // and the other threads
    bool json = false;
    bool summary = false, lines = true;
    bool duration = false;
    bool failed_only = false, succeeded_only = false;
    int quiet = 0;
    Stamp stamp = Stamp::none;
    std::string order = "time";  // of the summary
    parse::Zone zone = {};       // of -t
};

// Output that never makes the tracees wait: what cannot be written yet is kept, up to a bound.
class Stream {
public:
    explicit Stream(BorrowedFd fd) : fd_(fd.get()) {}
    std::string text;  // append to it
    // As much as goes without waiting; false when nobody will read any more.
    bool flush();
    [[nodiscard]] bool full() const { return text.size() - done_ > limit; }
    [[nodiscard]] std::string_view rest() const { return std::string_view(text).substr(done_); }
    [[nodiscard]] bool pending() const { return text.size() > done_; }
    [[nodiscard]] std::size_t waiting() const { return text.size() - done_; }

private:
    static constexpr std::size_t limit = std::size_t{16} << 20;
    int fd_;
    std::size_t done_ = 0;
};

struct Tracee {
    pid_t outer = 0;  // in our pid namespace, for ptrace(2)
    pid_t inner = 0;  // in the target's, for people and for its procfs
    Process process = {};
    MemoryOf memory = {};
    SystemCall call = {};
    bool in_call = false;
    bool wanted = false;  // the call that it is in
    bool begun = false;   // its line is
    std::size_t shown = 0;
    timespec entered{}, entered_at{};  // monotonic, and as clocks have it
};

struct Count {
    std::uint64_t calls = 0, errors = 0, nanoseconds = 0;
};

class Tracer {
public:
    Tracer(Invocation& call, Wanted wanted);
    // A process of the target, with its other threads when children are wanted.
    Result<> attach(pid_t process);
    // Until all have ended or somebody asks to stop. Who ends, however that comes, detaches: the
    // kernel lets go of what a tracer leaves behind.
    void run();
    void print_summary();
    [[nodiscard]] bool any() const { return !tracees_.empty(); }

private:
    Result<> seize(pid_t inner);
    Tracee& add(pid_t outer);
    Tracee* find(pid_t outer);
    void remove(pid_t outer);
    void open_files(Tracee& tracee);
    bool next_status(pid_t& outer, int& status);
    void handle(Tracee& tracee, int status);
    void stopped(Tracee& tracee, int signal, int event);
    void born(Tracee& parent);
    Tracee& newcomer(pid_t outer);
    void replaced(Tracee& tracee);
    void signalled(Tracee& tracee, int signal);
    void at_call(Tracee& tracee);
    void enter(Tracee& tracee);
    void leave(Tracee& tracee);
    void finish_line(Tracee& tracee, std::size_t from);
    void print_json(Tracee& tracee);
    void prefix(const Tracee& tracee);
    void interrupt_line();
    void event_line(Tracee& tracee, const std::string& text);
    void say(const std::string& text);

    Invocation& call_;
    Wanted wanted_;
    Stream out_;
    std::vector<std::unique_ptr<Tracee>> tracees_;  // by outer id
    std::vector<Count> counts_;
    pid_t printing_ = 0;       // whose line is begun and not ended
    std::size_t line_at_ = 0;  // columns of it
    timespec last_{};          // the call before, for relative times
};

}  // namespace limpet::commands::strace
