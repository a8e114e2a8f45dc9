// dmesg.cpp - the kernel's log, syslog(2).
#include "commands/collect.h"
#include "commands/json.h"
#include "commands/table.h"
#include "parse/calendar.h"
#include "parse/kernel_log.h"
#include "parse/lines.h"

#include <sys/klog.h>

#include <ctime>

namespace limpet::commands {
namespace {

// The numbers of syslog(2) that glibc gives no names to.
constexpr int read_all = 3;
constexpr int buffer_size = 10;

Result<std::string> kernel_log() {
    const int size = ::klogctl(buffer_size, nullptr, 0);
    constexpr int at_most = 64 * 1024 * 1024;
    std::string text;
    int got = size;
    if (size > 0) {
        text.resize(static_cast<std::size_t>(std::min(size, at_most)));
        got = ::klogctl(read_all, text.data(), static_cast<int>(text.size()));
    }
    if (got < 0) {
        auto problem = failed("syslog", "");
        if (problem.error().code == EPERM) {
            problem.error().hint() =
                "kernel.dmesg_restrict is 1: the log, which is the whole node's, is for "
                "CAP_SYSLOG: needs --allow trace, and an agent that has it";
        }
        return problem;
    }
    text.resize(static_cast<std::size_t>(got));
    return text;
}

// A process runs one command: what was collected waits here for it.
std::optional<Result<std::string>>& collected() {
    static std::optional<Result<std::string>> log;
    return log;
}

struct Choice {
    unsigned levels = 0xff;  // bit n: level n
    bool times = false;      // of day
    bool bare = false;
    bool decoded = false;
};

void print(Invocation& call, const parse::KernelLine& line, const Choice& choice,
           std::int64_t boot) {
    if (call.json()) {
        JsonObject object;
        line.time ? object.real("time", static_cast<double>(*line.time) / 1e6)
                  : object.null("time");
        object.text("facility", parse::facility_name(line.priority));
        object.text("level", parse::level_name(line.priority)).text("text", line.text);
        object.line(call.out);
        return;
    }
    if (choice.decoded) {
        call.out.print("%-6s:%-6s: ", std::string(parse::facility_name(line.priority)).c_str(),
                       std::string(parse::level_name(line.priority)).c_str());
    }
    if (line.time && !choice.bare) {
        const auto seconds = *line.time / 1'000'000;
        if (choice.times) {
            const auto moment = parse::moment(boot + static_cast<std::int64_t>(seconds));
            call.out.write("[" + parse::format_time("%a %b %e %H:%M:%S %Y", moment) + "] ");
        } else {
            call.out.print("[%5llu.%06llu] ", static_cast<unsigned long long>(seconds),
                           static_cast<unsigned long long>(*line.time % 1'000'000));
        }
    }
    call.out.write(visible(line.text));
    call.out.put('\n');
}

Result<unsigned> levels_of(std::string_view words) {
    unsigned levels = 0;
    while (!words.empty()) {
        auto word = parse::take(words, ',');
        const bool from = word.starts_with('+'), up = word.ends_with('+');
        if (from) word.remove_prefix(1);
        if (up) word.remove_suffix(1);
        const auto level = parse::level_named(word);
        if (!level) return refused("level", "there is no '" + std::string(word) + "'");
        levels |= up ? (2U << *level) - 1 : from ? 0xffU & ~((1U << *level) - 1) : 1U << *level;
    }
    return levels;
}

int run(Invocation& call) {
    if (!call.operands.empty()) return call.misused("it takes no operand");
    Choice choice{.times = call.options.has('T'),
                  .bare = call.options.has('t'),
                  .decoded = call.options.has('x')};
    if (const auto value = call.options.value('l')) {
        const auto levels = levels_of(*value);
        if (!levels) return call.misused(text(levels.error()));
        choice.levels = *levels;
    }
    const auto log = collected() ? *std::move(collected()) : kernel_log();
    if (!log) {
        call.complain(log.error());
        return 1;
    }
    timespec now{}, up{};
    ::clock_gettime(CLOCK_REALTIME, &now);
    ::clock_gettime(CLOCK_BOOTTIME, &up);
    std::string_view rest = *log;
    while (!rest.empty()) {
        const auto line = parse::take_line(rest);
        const auto parsed = parse::kernel_line(line);
        if (((choice.levels >> (parsed.priority % 8)) & 1) == 0) continue;
        if (call.options.has('r') && !call.json()) {
            call.out.write(visible(line));
            call.out.put('\n');
        } else {
            print(call, parsed, choice, now.tv_sec - up.tv_sec);
        }
    }
    return call.status;
}

constexpr Option options[]{
    {'T', "ctime", "", "times of day (UTC) instead of seconds since boot"},
    {'t', "notime", "", "no times"},
    {'r', "raw", "", "lines as the kernel gives them"},
    {'x', "decode", "", "facility and level before each"},
    {'l', "level", "LEVELS",
     "only emerg, alert, crit, err, warn, notice, info, debug; err+: and worse"},
    {'H', "human", "", "accepted, as e, P and k"},
    {'e', "reltime", "", ""},
    {'P', "nopager", "", ""},
    {'k', "kernel", "", ""},
    json_option,
};

constexpr Command dmesg{
    .name = "dmesg",
    .usage = "[-Ttrx] [-l LEVELS] [-o json]",
    .summary = "print the kernel's log",
    .theme = "process",
    .promise = Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "It is the whole node's: what is about the target says so by name. Where\n"
        "kernel.dmesg_restrict is set it needs --allow trace.\n"
        "JSON fields: time (seconds since boot), facility, level, text.\n"
        "\nExample:\n  dmesg -T -l err+\n",
};
const Register registered{dmesg};

}  // namespace

void collect_kernel_log(const target::Target&, std::span<const std::string>) {
    collected() = kernel_log();
}

}  // namespace limpet::commands
