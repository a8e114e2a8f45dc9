// kernel_views.cpp - small files of /proc/PID for people: io, sched, wchan, stack.
#include "commands/collect.h"
#include "commands/json.h"
#include "commands/process/process.h"
#include "commands/process/ustack.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/counters.h"
#include "parse/lines.h"
#include "parse/number.h"

namespace limpet::commands {
namespace {

// The processes asked for, or with -T their threads.
void each_asked(Invocation& call, bool threads, const std::function<void(Process&, pid_t)>& visit) {
    for (auto& process : operand_processes(call)) {
        if (!threads) {
            visit(process, process.pid);
            continue;
        }
        const auto done =
            each_thread(process, [&](Process& thread) { visit(thread, process.pid); });
        if (!done) call.complain(done.error());
    }
}

void add_value(JsonObject& object, const parse::NamedValue& pair) {
    const bool number = parse::number<std::int64_t>(pair.value).has_value();
    const bool real = !number && pair.value.find_first_not_of("0123456789.-") == pair.value.npos;
    if ((number || real) && !pair.value.empty() && pair.value.back() != '.') {
        object.raw(pair.name, pair.value);
    } else {
        object.text(pair.name, pair.value);
    }
}

// io and sched: names and values.
int run_values(Invocation& call) {
    const std::string file(call.command.name);
    const bool threads = call.options.has('T');
    bool first = true;
    each_asked(call, threads, [&](Process& process, pid_t pid) {
        const auto text = process.at.read(file, limits::small_file);
        if (!text) {
            call.complain(text.error());
            return;
        }
        JsonObject object;
        object.number("pid", pid);
        if (threads) object.number("tid", process.pid);
        if (!first && !call.json()) call.out.put('\n');
        first = false;
        std::string_view rest = *text;
        while (!rest.empty()) {
            const auto line = parse::take_line(rest);
            const auto pair = parse::named_value(line);
            // The name of the process stands in sched's first line, and may look like anything.
            if (pair.name.empty() || pair.value.empty() || line.find(", #threads") != line.npos) {
                continue;
            }
            if (call.json()) {
                add_value(object, pair);
            } else {
                call.out.print("%7d  ", process.pid);
                call.out.print("%-44s ", visible(pair.name).c_str());
                call.out.write(visible(pair.value));
                call.out.put('\n');
            }
        }
        if (call.json()) object.line(call.out);
    });
    return call.status;
}

int run_wchan(Invocation& call) {
    Table table(call,
                {{"pid", Align::right}, {"tid", Align::right}, {"state"}, {"wchan"}, {"comm"}});
    each_asked(call, true, [&](Process& thread, pid_t pid) {
        const auto stat = read_stat(thread);
        if (!stat) return;
        Cells cells;
        cells.number(pid).number(thread.pid).text({&stat->state, 1});
        const auto wchan = read_wchan(thread);
        wchan.empty() ? cells.nothing() : cells.text(wchan);
        table.row(std::move(cells.text(stat->comm)));
    });
    table.finish();
    return call.status;
}

std::vector<std::string> frames_of(std::string_view text) {
    std::vector<std::string> frames;
    while (!text.empty()) {
        auto line = parse::take_line(text);
        // "[<0>] do_nanosleep+0x63/0x170"
        if (const auto end = line.find("] "); line.starts_with('[') && end != line.npos) {
            line.remove_prefix(end + 2);
        }
        if (!line.empty()) frames.emplace_back(line);
    }
    return frames;
}

// Kernel stacks by thread; a process runs one command, for which they wait here.
std::vector<std::pair<pid_t, std::string>>& collected() {
    static std::vector<std::pair<pid_t, std::string>> stacks;
    return stacks;
}

Result<std::string> stack_of(const Process& thread) {
    const auto known = std::ranges::lower_bound(collected(), thread.pid, {},
                                                &std::pair<pid_t, std::string>::first);
    const bool found = known != collected().end() && known->first == thread.pid;
    return found ? known->second : thread.at.read("stack", limits::small_file);
}

int run_stack(Invocation& call) {
    if (call.options.has('u')) return show_user_stacks(call);
    bool first = true, refused_once = false;
    each_asked(call, true, [&](Process& thread, pid_t pid) {
        auto text = stack_of(thread);
        if (!text) {
            if (refused_once || text.error().code == ESRCH) return;
            refused_once = text.error().code == EACCES || text.error().code == EPERM;
            if (refused_once) {
                text.error().hint() =
                    "the kernel shows its stacks to CAP_SYS_ADMIN alone: needs --allow trace, and "
                    "an agent that has it; wchan says where a thread waits";
            }
            call.complain(text.error());
            return;
        }
        const auto comm = read_comm(thread);
        const auto frames = frames_of(*text);
        if (call.json()) {
            JsonObject object;
            object.number("pid", pid).number("tid", thread.pid).text("comm", comm);
            object.texts("frames", frames).line(call.out);
            return;
        }
        if (!first) call.out.put('\n');
        first = false;
        call.out.print("%d ", thread.pid);
        call.out.write(visible(comm) + '\n');
        for (const auto& frame : frames) call.out.write("    " + visible(frame) + '\n');
    });
    return call.status;
}

constexpr Option value_options[]{{'T', "", "", "each thread on its own"}, json_option};
constexpr Option plain_options[]{json_option};

constexpr Command io{
    .name = "io",
    .usage = "[-T] [-o json] [PID...]",
    .summary = "show what processes read and wrote",
    .theme = "process",
    .promise = Promise::processes,
    .run = run_values,
    .options = option_table<value_options>,
    .help =
        "Without PID, of the target's main process. rchar and wchar are what read(2) and write(2)\n"
        "moved, read_bytes and write_bytes what reached a disk.\n"
        "JSON fields: pid, tid (with -T), and those of /proc/PID/io, proc_pid_io(5).\n"
        "\nExample:\n  io 1\n",
};
const Register registered_io{io};

constexpr Command sched{
    .name = "sched",
    .usage = "[-T] [-o json] [PID...]",
    .summary = "show how processes are scheduled",
    .theme = "process",
    .promise = Promise::processes,
    .run = run_values,
    .options = option_table<value_options>,
    .help =
        "Without PID, of the target's main process.\n"
        "JSON fields: pid, tid (with -T), and those that the kernel has in /proc/PID/sched.\n"
        "\nExample:\n  sched 1\n",
};
const Register registered_sched{sched};

constexpr Command wchan{
    .name = "wchan",
    .usage = "[-o json] [PID...]",
    .summary = "show where in the kernel threads wait",
    .theme = "process",
    .promise = Promise::processes,
    .run = run_wchan,
    .options = option_table<plain_options>,
    .help =
        "Without PID, of the target's main process.\n"
        "JSON fields: pid, tid, state, wchan (null when running or not known), comm.\n"
        "\nExample:\n  wchan 1\n",
};
const Register registered_wchan{wchan};

Command::Asks asks_stack(std::span<const std::string> arguments) {
    if (!wants_user_stacks(arguments)) return {};
    return {.more = Promise::files | Promise::trace};
}

constexpr Option stack_options[]{
    {'u', "user", "", "in their own code instead: as ustack; needs --allow trace"}, json_option};

constexpr Command stack{
    .name = "stack",
    .usage = "[-u] [-o json] [PID...]",
    .summary = "show kernel stacks of threads, or with -u their own",
    .theme = "process",
    .promise = Promise::processes,
    .run = run_stack,
    .options = option_table<stack_options>,
    .help =
        "Without PID, of the target's main process. The kernel shows its stacks to CAP_SYS_ADMIN\n"
        "alone: in a target that needs --allow trace, and is given up before they are read.\n"
        "JSON fields: pid, tid, comm, frames (a list, the innermost first); with -u as ustack.\n"
        "\nExample:\n  stack 1\n",
    .asks = asks_stack,
};
const Register registered_stack{stack};

}  // namespace

void collect_kernel_stacks(const target::Target& target, std::span<const std::string> arguments) {
    if (wants_user_stacks(arguments)) return;
    constexpr std::size_t most = 64 << 20;  // bytes
    std::size_t size = 0;
    for (const auto pid : named_processes(target, arguments)) {
        const auto process = open_process(target, pid);
        if (!process) continue;
        (void)each_thread(*process, [&](Process& thread) {
            auto text = size < most ? read_small(thread, "stack") : std::nullopt;
            if (!text) return;
            size += text->size();
            collected().emplace_back(thread.pid, *std::move(text));
        });
    }
    std::ranges::sort(collected());
}

}  // namespace limpet::commands
