// strace.cpp - the system calls of running processes.
#include "commands/process/strace.h"

#include "commands/local_time.h"
#include "parse/lines.h"
#include "parse/number.h"

#include <csignal>

namespace limpet::commands {
namespace {

using strace::Stamp;

// -e trace=SET, -e SET, -e signal=SET; q and the like of strace that have no meaning here are
// refused by name.
bool qualify(Invocation& call, strace::Wanted& wanted, std::string_view expression) {
    const auto equals = expression.find('=');
    const auto word =
        equals == expression.npos ? std::string_view("trace") : expression.substr(0, equals);
    const auto list = equals == expression.npos ? expression : expression.substr(equals + 1);
    if (word == "trace" || word == "t") {
        const auto set = parse::syscall_set(list);
        if (!set.unknown.empty()) {
            call.misused("there is no system call '" + set.unknown + "'");
            return false;
        }
        wanted.calls = set.numbers;
        return true;
    }
    if (word == "signal" || word == "signals" || word == "s") {
        auto names = list;
        const bool inverted = names.starts_with('!');
        if (inverted) names.remove_prefix(1);
        std::uint64_t set = names == "all" ? ~std::uint64_t{0} : 0;
        while (!names.empty()) {
            const std::string name(parse::take(names, ','));
            for (int signal = 1; signal < 64; ++signal) {
                const auto full = strace::signal_name(signal);
                if (full == name || full == "SIG" + name) set |= std::uint64_t{1} << signal;
            }
        }
        wanted.signals = inverted ? ~set : set;
        return true;
    }
    call.misused("-e " + std::string(word) + "= is not known (trace, signal)");
    return false;
}

bool numbers(Invocation& call, std::string_view list, std::vector<pid_t>& pids) {
    while (!list.empty()) {
        const auto end = list.find_first_of(", \t\n");
        const auto word = list.substr(0, end);
        list = end == list.npos ? std::string_view{} : list.substr(end + 1);
        if (word.empty()) continue;
        const auto pid = parse::number<pid_t>(word);
        if (!pid || *pid <= 0) {
            call.misused("'" + std::string(word) + "' is no process id");
            return false;
        }
        pids.push_back(*pid);
    }
    return true;
}

bool read_options(Invocation& call, strace::Wanted& wanted, std::vector<pid_t>& pids) {
    int stamps = 0;
    wanted.calls.set();
    for (const auto& given : call.options.all()) {
        switch (given.option.letter) {
            case 'p':
                if (!numbers(call, given.value, pids)) return false;
                break;
            case 'e':
                if (!qualify(call, wanted, given.value)) return false;
                break;
            case 's': {
                const auto size = parse::number<std::size_t>(given.value);
                constexpr std::size_t most = std::size_t{1} << 20;
                if (!size || *size > most) {
                    call.misused("-s takes a number of bytes, at most 1048576");
                    return false;
                }
                wanted.view.text = *size;
                break;
            }
            case 't': ++stamps; break;
            case 'f': wanted.children = true; break;
            case 'q': ++wanted.quiet; break;
            case 'y': wanted.view.paths = true; break;
            case 'v': wanted.view.whole = true; break;
            case 'T': wanted.duration = true; break;
            case 'z': wanted.succeeded_only = true; break;
            case 'Z': wanted.failed_only = true; break;
            case 'r': wanted.stamp = Stamp::relative; break;
            case 'c':
                wanted.summary = true;
                wanted.lines = false;
                break;
            case 'C': wanted.summary = true; break;
            case 'S': wanted.order = given.value; break;
            default: break;
        }
    }
    constexpr Stamp by_count[]{Stamp::none, Stamp::seconds, Stamp::fractions, Stamp::epoch};
    if (stamps > 0) wanted.stamp = by_count[std::min(stamps, 3)];
    wanted.json = call.json();
    return true;
}

int run(Invocation& call) {
    strace::Wanted wanted;
    std::vector<pid_t> pids;
    if (!read_options(call, wanted, pids)) return 2;
    if (!call.operands.empty()) {
        return call.misused("no program is started here: -p PID follows one that runs");
    }
    if (pids.empty()) return call.misused("which process? (-p PID)");
    wanted.zone = local_zone(call);
    const bool summary = wanted.summary;
    strace::Tracer tracer(call, std::move(wanted));
    for (const pid_t pid : pids) {
        if (auto done = tracer.attach(pid); !done) call.complain(done.error());
    }
    if (!tracer.any()) return 1;
    tracer.run();
    if (summary) tracer.print_summary();
    return call.status;
}

constexpr Option options[]{
    {'p', "attach", "PID", "this process; several, or \"PID,PID\", too"},
    {'f', "follow-forks", "", "its other threads and new children as well"},
    {'e', "expr", "SET", "only these: trace=open,read or %file %network %process !… ; signal=…"},
    {'c', "summary-only", "", "count calls, errors and time instead"},
    {'C', "summary", "", "count as well"},
    {'S', "summary-sort-by", "KEY", "order of the count: time, calls, errors, name"},
    {'T', "syscall-times", "", "how long each call took"},
    {'t', "absolute-timestamps", "", "when; -tt with fractions, -ttt since the epoch"},
    {'r', "relative-timestamps", "", "time since the call before"},
    {'y', "decode-fds", "", "what descriptors are"},
    {'s', "string-limit", "N", "bytes of each text (32)"},
    {'v', "no-abbrev", "", "arguments and environment of execve in full"},
    {'z', "successful-only", "", "only calls that succeed"},
    {'Z', "failed-only", "", "only calls that fail"},
    {'q', "quiet", "", "nothing of attaching; twice: nor of ending"},
    json_option,
};

constexpr Command strace_command{
    .name = "strace",
    .usage = "[-fcCTtryvzZq] [-e SET] [-s N] [-S KEY] [-o json] -p PID...",
    .summary = "show the system calls of running processes, with their arguments",
    .theme = "process",
    .promise = Promise::processes | Promise::trace,
    .run = run,
    .options = option_table<options>,
    .help =
        "Stops the process at each call and changes nothing in it; whatever ends this command, "
        "the\n"
        "process runs on. Like every tracer it makes calls slower, and a call that it interrupts "
        "at\n"
        "the start may return EINTR (epoll_wait). Output that nobody takes is kept up to 16 MiB;\n"
        "then it detaches, so that the target never waits for a pipe. Times of -c are those that\n"
        "pass, waiting included.\n"
        "JSON fields: pid, time, call, arguments (a list of texts), result, error (null or "
        "ENOENT),\n"
        "duration (seconds); of signals and ends: pid, time, event. With -c: call, calls, errors,\n"
        "seconds.\n\n"
        "Examples:\n  strace -f -p 1 -e %network -T\n  timeout 10 strace -c -f -p 1\n",
};
const Register registered{strace_command};

}  // namespace
}  // namespace limpet::commands
