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
    [[nodiscard]] std::int64_t number(std::string_view name) const {
        const auto* counter = find(name);
        return counter ? counter->number : 0;
    }
    [[nodiscard]] std::string text(std::string_view name) const {
        const auto* counter = find(name);
        return counter ? counter->text : std::string();
    }
    [[nodiscard]] double seconds(std::string_view name) const {
        const auto frequency = number("sun.os.hrt.frequency");
        return frequency > 0 ? static_cast<double>(number(name)) / static_cast<double>(frequency)
                             : 0;
    }
};

std::string of_seconds(double seconds) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3f s", seconds);
    return text;
}

std::string size(std::int64_t bytes) {
    return human_size(static_cast<std::uint64_t>(std::max<std::int64_t>(bytes, 0)));
}

void print(Invocation& call, pid_t pid, const Counters& counters) {
    field(call, "process", std::to_string(pid));
    field(call, "vm",
          counters.text("java.property.java.vm.name") + " " +
              counters.text("java.property.java.vm.version"));
    field(call, "home", counters.text("java.property.java.home"));
    field(call, "command", counters.text("sun.rt.javaCommand"));
    field(call, "arguments", counters.text("java.rt.vmArgs"));
    field(call, "threads",
          std::to_string(counters.number("java.threads.live")) + " live, " +
              std::to_string(counters.number("java.threads.daemon")) + " daemons, " +
              std::to_string(counters.number("java.threads.livePeak")) + " at most");
    field(call, "classes",
          std::to_string(counters.number("java.cls.loadedClasses")) + " loaded, " +
              std::to_string(counters.number("java.cls.unloadedClasses")) + " unloaded");
    field(call, "safepoints",
          std::to_string(counters.number("sun.rt.safepoints")) + " in " +
              of_seconds(counters.seconds("sun.rt.safepointTime")));
    for (int i = 0; i < 8; ++i) {
        const auto base = "sun.gc.collector." + std::to_string(i) + ".";
        const auto name = counters.text(base + "name");
        if (name.empty()) continue;
        field(call, "gc",
              name + ": " + std::to_string(counters.number(base + "invocations")) + " in " +
                  of_seconds(counters.seconds(base + "time")));
    }
    for (int generation = 0; generation < 4; ++generation) {
        for (int space = 0; space < 8; ++space) {
            const auto base = "sun.gc.generation." + std::to_string(generation) + ".space." +
                              std::to_string(space) + ".";
            const auto name = counters.text(base + "name");
            if (name.empty()) continue;
            field(call, "heap",
                  name + ": " + size(counters.number(base + "used")) + " of " +
                      size(counters.number(base + "capacity")) + ", at most " +
                      size(counters.number(base + "maxCapacity")));
        }
    }
    field(call, "metaspace",
          size(counters.number("sun.gc.metaspace.used")) + " of " +
              size(counters.number("sun.gc.metaspace.capacity")));
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
    if (call.json()) call.out.write(object.take() + "\n");
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
    .options = options,
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
