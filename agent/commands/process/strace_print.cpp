// strace_print.cpp - the lines of strace.
#include "commands/process/strace.h"

#include "commands/json.h"
#include "commands/local_time.h"
#include "parse/name_table.h"

#include <sys/ptrace.h>

#include <algorithm>
#include <cstdio>

namespace limpet::commands::strace {
namespace {

constexpr std::size_t result_column = 39;

std::string seconds(long whole, long nanoseconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%ld.%06ld", whole, nanoseconds / 1000);
    return text;
}

timespec difference(const timespec& from, const timespec& to) {
    timespec left{.tv_sec = to.tv_sec - from.tv_sec, .tv_nsec = to.tv_nsec - from.tv_nsec};
    if (left.tv_nsec < 0) {
        --left.tv_sec;
        left.tv_nsec += 1'000'000'000;
    }
    return left;
}

}  // namespace

// Somebody else's line is in the way.
void Tracer::interrupt_line() {
    if (printing_ == 0) return;
    out_.text += " <unfinished ...>\n";
    printing_ = 0;
}

void Tracer::prefix(const Tracee& tracee) {
    char text[64];
    if (tracees_.size() > 1) {
        std::snprintf(text, sizeof text, "[pid %5d] ", tracee.inner);
        out_.text += text;
    }
    if (wanted_.stamp == Stamp::none) return;
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    if (wanted_.stamp == Stamp::relative) {
        timespec monotonic{};
        ::clock_gettime(CLOCK_MONOTONIC, &monotonic);
        const auto since = difference(last_, monotonic);
        last_ = monotonic;
        std::snprintf(text, sizeof text, "%6ld.%06ld ", since.tv_sec, since.tv_nsec / 1000);
    } else if (wanted_.stamp == Stamp::epoch) {
        std::snprintf(text, sizeof text, "%s ", seconds(now.tv_sec, now.tv_nsec).c_str());
    } else {
        const auto clock = wanted_.zone.at(now.tv_sec);
        std::snprintf(text, sizeof text, "%02d:%02d:%02d", clock.hour, clock.minute, clock.second);
        out_.text += text;
        text[0] = ' ';
        text[1] = 0;
        if (wanted_.stamp == Stamp::fractions) {
            std::snprintf(text, sizeof text, ".%06ld ", now.tv_nsec / 1000);
        }
    }
    out_.text += text;
}

void Tracer::event_line(Tracee& tracee, const std::string& text) {
    if (wanted_.json) {
        JsonObject object;
        timespec now{};
        ::clock_gettime(CLOCK_REALTIME, &now);
        object.number("pid", tracee.inner)
            .raw("time", seconds(now.tv_sec, now.tv_nsec))
            .text("event", text.substr(4, text.size() - 8));
        out_.text += object.take() + "\n";
        return;
    }
    if (!wanted_.lines || (wanted_.quiet > 1 && text.starts_with("+++"))) return;
    interrupt_line();
    prefix(tracee);
    out_.text += text + "\n";
}

void Tracer::signalled(Tracee& tracee, int signal) {
    if (signal < 64 && (wanted_.signals >> signal & 1) == 0) return;
    siginfo_t info{};
    std::string text = "--- " + signal_name(signal) + " {si_signo=" + signal_name(signal);
    if (::ptrace(PTRACE_GETSIGINFO, tracee.outer, nullptr, &info) == 0) {
        constexpr std::string_view codes = "SI_USER 80=SI_KERNEL";
        constexpr std::string_view child_codes =
            "1=CLD_EXITED CLD_KILLED CLD_DUMPED CLD_TRAPPED CLD_STOPPED CLD_CONTINUED";
        constexpr std::string_view fault_codes =
            "1=SEGV_MAPERR SEGV_ACCERR SEGV_BNDERR SEGV_PKUERR";
        std::string_view name = parse::name_of(codes, static_cast<std::uint64_t>(info.si_code));
        if (signal == SIGCHLD && info.si_code > 0) {
            name = parse::name_of(child_codes, static_cast<std::uint64_t>(info.si_code));
        } else if (signal == SIGSEGV && info.si_code > 0 && name.empty()) {
            name = parse::name_of(fault_codes, static_cast<std::uint64_t>(info.si_code));
        } else if (info.si_code == SI_TKILL) {
            name = "SI_TKILL";
        } else if (info.si_code == SI_QUEUE) {
            name = "SI_QUEUE";
        } else if (info.si_code == SI_TIMER) {
            name = "SI_TIMER";
        }
        text += ", si_code=" + (name.empty() ? std::to_string(info.si_code) : std::string(name));
        const bool fault = info.si_code > 0 && (signal == SIGSEGV || signal == SIGBUS ||
                                                signal == SIGILL || signal == SIGFPE);
        if (fault) {
            const auto address = reinterpret_cast<std::uint64_t>(info.si_addr);
            text += ", si_addr=" + (address ? parse::hex(address) : std::string("NULL"));
        } else if (info.si_code <= 0 || signal == SIGCHLD) {
            // The kernel tells the pid as the receiver's namespace has it.
            text += ", si_pid=" + std::to_string(info.si_pid) +
                    ", si_uid=" + std::to_string(info.si_uid);
            if (signal == SIGCHLD && info.si_code > 0) {
                text +=
                    ", si_status=" + (info.si_code == CLD_EXITED ? std::to_string(info.si_status)
                                                                 : signal_name(info.si_status));
            }
        }
    }
    event_line(tracee, text + "} ---");
}

void Tracer::enter(Tracee& tracee) {
    ::clock_gettime(CLOCK_MONOTONIC, &tracee.entered);
    if (wanted_.json) ::clock_gettime(CLOCK_REALTIME, &tracee.entered_at);
    // Whole lines only, where the end says whether there is one.
    const bool whole = wanted_.json || wanted_.failed_only || wanted_.succeeded_only;
    if (!wanted_.lines || whole) return;
    open_files(tracee);
    interrupt_line();
    const auto from = out_.text.size();
    prefix(tracee);
    out_.text += call_name(tracee.call.number) + "(";
    Decoder decoder(tracee.process, tracee.memory, tracee.call, wanted_.view);
    std::string argument;
    while (decoder.next(argument)) {
        out_.text += decoder.shown() > 1 ? ", " + argument : argument;
        argument.clear();
    }
    if (decoder.shown() > 0 && decoder.more()) out_.text += ", ";
    tracee.shown = decoder.shown();
    tracee.begun = true;
    printing_ = tracee.outer;
    line_at_ = out_.text.size() - from;
}

void Tracer::leave(Tracee& tracee) {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto took = difference(tracee.entered, now);
    const auto number = std::min<std::uint64_t>(tracee.call.number, counts_.size() - 1);
    auto& count = counts_[number];
    ++count.calls;
    count.errors += tracee.call.failed;
    count.nanoseconds += static_cast<std::uint64_t>(took.tv_sec) * 1'000'000'000 +
                         static_cast<std::uint64_t>(took.tv_nsec);
    const bool shown = tracee.call.failed ? !wanted_.succeeded_only : !wanted_.failed_only;
    if (!wanted_.lines || !shown) return;
    open_files(tracee);
    tracee.entered = took;
    if (wanted_.json) return print_json(tracee);
    const auto from = out_.text.size();
    if (!tracee.begun) {
        interrupt_line();
        prefix(tracee);
        out_.text += call_name(tracee.call.number) + "(";
        tracee.shown = 0;
        line_at_ = 0;
    } else if (printing_ != tracee.outer) {
        interrupt_line();
        prefix(tracee);
        out_.text += "<... " + call_name(tracee.call.number) + " resumed>";
        line_at_ = 0;
    }
    finish_line(tracee, from);
}

// The arguments that the entry could not show, and the result.
void Tracer::finish_line(Tracee& tracee, std::size_t from) {
    Decoder decoder(tracee.process, tracee.memory, tracee.call, wanted_.view);
    decoder.skip(tracee.shown);
    std::string argument;
    bool first = true;
    while (decoder.next(argument)) {
        if (!first) out_.text += ", ";
        out_.text += argument;
        argument.clear();
        first = false;
    }
    out_.text += ')';
    const auto column = line_at_ + (out_.text.size() - from);
    if (column < result_column) out_.text.append(result_column - column, ' ');
    out_.text += " = ";
    decoder.result(out_.text);
    if (wanted_.duration) {
        out_.text += " <" + seconds(tracee.entered.tv_sec, tracee.entered.tv_nsec) + ">";
    }
    out_.text += '\n';
    printing_ = 0;
}

void Tracer::print_json(Tracee& tracee) {
    Decoder decoder(tracee.process, tracee.memory, tracee.call, wanted_.view);
    std::vector<std::string> arguments;
    std::string argument;
    while (decoder.next(argument)) {
        arguments.push_back(std::move(argument));
        argument.clear();
    }
    JsonObject object;
    object.number("pid", tracee.inner)
        .raw("time", seconds(tracee.entered_at.tv_sec, tracee.entered_at.tv_nsec))
        .text("call", call_name(tracee.call.number))
        .texts("arguments", arguments)
        .number("result", tracee.call.failed ? -1 : tracee.call.result);
    const char* name =
        tracee.call.failed ? ::strerrorname_np(static_cast<int>(-tracee.call.result)) : nullptr;
    if (tracee.call.failed) {
        object.text("error", name ? name : std::to_string(-tracee.call.result));
    } else {
        object.null("error");
    }
    object.raw("duration", seconds(tracee.entered.tv_sec, tracee.entered.tv_nsec));
    out_.text += object.take() + "\n";
}

void Tracer::print_summary() {
    std::vector<std::size_t> order;
    Count total;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i].calls == 0) continue;
        order.push_back(i);
        total.calls += counts_[i].calls;
        total.errors += counts_[i].errors;
        total.nanoseconds += counts_[i].nanoseconds;
    }
    const auto key = [&](std::size_t number) {
        const auto& count = counts_[number];
        if (wanted_.order == "calls") return count.calls;
        if (wanted_.order == "errors") return count.errors;
        return wanted_.order == "name" ? std::uint64_t{0} : count.nanoseconds;
    };
    std::ranges::sort(order, [&](std::size_t a, std::size_t b) {
        if (key(a) != key(b)) return key(a) > key(b);
        return call_name(a) < call_name(b);
    });
    auto& out = call_.out;
    const auto row = [&](const Count& count, const std::string& name, bool mean) {
        const auto share = total.nanoseconds == 0 ? 0.0
                                                  : 100.0 * static_cast<double>(count.nanoseconds) /
                                                        static_cast<double>(total.nanoseconds);
        out.print(
            "%6.2f %11.6f %11s %9lu %9s %s\n", share, static_cast<double>(count.nanoseconds) / 1e9,
            mean ? std::to_string(count.nanoseconds / count.calls / 1000).c_str() : "", count.calls,
            count.errors ? std::to_string(count.errors).c_str() : "", name.c_str());
    };
    if (wanted_.json) {
        for (const auto number : order) {
            const auto& count = counts_[number];
            JsonObject object;
            object.text("call", call_name(number))
                .number("calls", count.calls)
                .number("errors", count.errors)
                .real("seconds", static_cast<double>(count.nanoseconds) / 1e9);
            object.line(out);
        }
        return;
    }
    constexpr const char* rule =
        "------ ----------- ----------- --------- --------- ----------------\n";
    out.write("% time     seconds  usecs/call     calls    errors syscall\n");
    out.write(rule);
    for (const auto number : order) row(counts_[number], call_name(number), true);
    out.write(rule);
    if (total.calls > 0) row(total, "total", true);
}

}  // namespace limpet::commands::strace
