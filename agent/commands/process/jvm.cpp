// jvm.cpp - how a Java VM fares, by the counters that HotSpot keeps in a file.
//
// Not by the attach protocol: that writes a file into the target, signals the VM, and wants a peer
// with the VM's own user id, which no process of a session has.
#include "commands/fields.h"
#include "commands/json.h"
#include "commands/process/process.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/jvm_counters.h"
#include "parse/lines.h"
#include "parse/name_table.h"

#include <algorithm>

namespace limpet::commands {
namespace {

constexpr std::size_t counters_limit = std::size_t{4} << 20;

// /tmp/hsperfdata_USER/PID, whoever the user is.
Result<std::vector<parse::JvmCounter>> counters_of(const target::Target& target, pid_t pid) {
    const auto folder = TRY(target::open_directory(target, "/tmp"));
    target::Listing listing(folder.fd, "/tmp");
    while (const auto entry = TRY(listing.next())) {
        if (!entry->name.starts_with("hsperfdata_")) continue;
        const auto path = "/tmp/" + std::string(entry->name) + "/" + std::to_string(pid);
        if (!target::stat(target, path, target::Follow::no)) continue;
        return parse::jvm_counters(TRY(target::read(target, path, counters_limit)));
    }
    return refused("process " + std::to_string(pid),
                   "no counters of HotSpot in /tmp (another VM, -XX:-UsePerfData, or no Java)");
}

struct Counters {
    std::vector<parse::JvmCounter> all;
    [[nodiscard]] const parse::JvmCounter* find(std::string_view name) const {
        const auto found = std::ranges::find(all, name, &parse::JvmCounter::name);
        return found == all.end() ? nullptr : &*found;
    }
    // The pattern with each {NAME} replaced by its value, {NAME/s} in seconds, {NAME/b} in bytes;
    // # in names are the two numbers. False when there is no NAME that ends in .name.
    bool line(std::string_view pattern, int first, int second, std::string& text) const;
};

void value(const parse::JvmCounter* counter, char unit, std::int64_t frequency, std::string& text) {
    if (!counter) {
        text += '?';
    } else if (counter->is_text) {
        text += counter->text;
    } else if (unit == 's' && frequency > 0) {
        parse::append(text, "%.3f s",
                      static_cast<double>(counter->number) / static_cast<double>(frequency));
    } else if (unit == 'b') {
        text += human_size(static_cast<std::uint64_t>(std::max<std::int64_t>(counter->number, 0)));
    } else {
        parse::append(text, "%ld", counter->number);
    }
}

bool Counters::line(std::string_view pattern, int first, int second, std::string& text) const {
    const auto* frequency = find("sun.os.hrt.frequency");
    while (!pattern.empty()) {
        text += parse::take(pattern, '{');
        auto inside = parse::take(pattern, '}');
        if (inside.empty()) continue;
        std::string name(parse::take(inside, '/'));
        int number = first;
        for (std::size_t at = 0; (at = name.find('#', at)) != name.npos; number = second) {
            name.replace(at, 1, std::to_string(number));
        }
        const auto* counter = find(name);
        if (!counter && name.ends_with(".name")) return false;
        value(counter, inside.empty() ? 0 : inside[0], frequency ? frequency->number : 0, text);
    }
    return true;
}

struct Line {
    std::string_view label, pattern;
    int first = 1, second = 1;  // how many there may be of what has numbers: # in the pattern
};
constexpr Line lines[]{
    {"vm", "{java.property.java.vm.name} {java.property.java.vm.version}"},
    {"home", "{java.property.java.home}"},
    {"command", "{sun.rt.javaCommand}"},
    {"arguments", "{java.rt.vmArgs}"},
    {"threads",
     "{java.threads.live} live, {java.threads.daemon} daemons, {java.threads.livePeak} at "
     "most"},
    {"classes", "{java.cls.loadedClasses} loaded, {java.cls.unloadedClasses} unloaded"},
    {"safepoints", "{sun.rt.safepoints} in {sun.rt.safepointTime/s}"},
    {"gc",
     "{sun.gc.collector.#.name}: {sun.gc.collector.#.invocations} in {sun.gc.collector.#.time/s}",
     8},
    {"heap",
     "{sun.gc.generation.#.space.#.name}: {sun.gc.generation.#.space.#.used/b} of "
     "{sun.gc.generation.#.space.#.capacity/b}, at most "
     "{sun.gc.generation.#.space.#.maxCapacity/b}",
     4, 8},
    {"metaspace", "{sun.gc.metaspace.used/b} of {sun.gc.metaspace.capacity/b}"},
};

void print(Invocation& call, pid_t pid, const Counters& counters) {
    field(call, "process", std::to_string(pid));
    for (const auto& line : lines) {
        for (int i = 0; i < line.first * line.second; ++i) {
            std::string text;
            if (counters.line(line.pattern, i / line.second, i % line.second, text)) {
                field(call, line.label, text);
            }
        }
    }
}

void print_all(Invocation& call, pid_t pid, const Counters& counters) {
    JsonObject object;
    object.number("pid", pid);
    for (const auto& counter : counters.all) {
        if (!call.json()) {
            call.out.write(
                visible(counter.name) + "=" +
                (counter.is_text ? visible(counter.text) : std::to_string(counter.number)) + "\n");
        } else if (counter.is_text) {
            object.text(counter.name, counter.text);
        } else {
            object.number(counter.name, counter.number);
        }
    }
    if (call.json()) object.line(call.out);
}

int run(Invocation& call) {
    std::vector<pid_t> pids;
    if (!call.operands.empty()) {
        for (const auto& process : operand_processes(call)) pids.push_back(process.pid);
    } else {
        const auto done = each_process(call.target, [&](Process& process) {
            const auto exe = process.at.readlink("exe").value_or("");
            if (exe.ends_with("/java")) pids.push_back(process.pid);
        });
        if (!done) call.complain(done.error());
        if (pids.empty()) call.complain("no process runs java here");
    }
    for (const pid_t pid : pids) {
        auto read = counters_of(call.target, pid);
        if (!read) {
            call.complain(read.error());
            continue;
        }
        const Counters counters{*std::move(read)};
        if (call.options.has('a') || call.json()) {
            print_all(call, pid, counters);
        } else {
            print(call, pid, counters);
        }
    }
    return call.status;
}

constexpr Option options[]{
    {'a', "all", "", "every counter by its name"},
    json_option,
};

constexpr Command jvm{
    .name = "jvm",
    .usage = "[-a] [-o json] [PID...]",
    .summary = "show heap, collections, threads and classes of Java VMs",
    .theme = "process",
    .promise = Promise::files | Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Of HotSpot (OpenJDK), by the file that it keeps for jstat in /tmp/hsperfdata_USER: the "
        "VM\n"
        "notices nothing. Without PID, of all that run. For stacks there is ustack (its native "
        "ones)\n"
        "and threads (with the names that Java gave); a thread dump and a heap histogram need the\n"
        "VM's own help (jcmd), which is not asked here.\n"
        "JSON fields: pid, and every counter by its own name.\n\n"
        "Example:\n  jvm 1\n",
};
const Register registered{jvm};

}  // namespace
}  // namespace limpet::commands
