// ustack.cpp - where the threads of a process are in its own code.
//
// Each thread is stopped for as long as it takes to copy its registers and the used part of its
// stack; then it runs on, and everything else is done with the copy. Frames are found by
// .eh_frame, and where a module has none by frame pointers.
#include "commands/process/ustack.h"

#include "commands/json.h"
#include "commands/process/modules.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/name_table.h"
#include "parse/number.h"
#include "target/deadline.h"
#include "target/trace.h"

#include <elf.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <csignal>
#include <cstdio>
#include <cstring>

namespace limpet::commands {
namespace {

namespace unwind = parse::unwind;

constexpr std::size_t stack_limit = std::size_t{256} << 10;   // of one thread
constexpr std::size_t copies_limit = std::size_t{256} << 20;  // of all
constexpr std::size_t frames_limit = 256;
constexpr std::uint64_t below_stack = 128;  // what x86-64's leaf functions use below the pointer

struct Place {
    std::uint64_t pc = 0;
    std::uint64_t address = 0;  // in the module
    std::uint64_t behind = 0;   // how far pc is behind it: 1 of a caller
    bool signal = false;        // the kernel's frame around a handler
    Module* module = nullptr;
};

struct Thread {
    pid_t id = 0;
    std::string name, state;
    unwind::Frame top;
    std::uint64_t stack_at = 0;
    std::string stack;
    std::string problem;
    std::vector<Place> places;
};

unwind::Frame frame_of(const user_regs_struct& from) {
    unwind::Frame frame;
#if defined(__x86_64__)
    // The order of DWARF's numbers, System V ABI, figure 3.36.
    const unsigned long long ordered[]{from.rax, from.rdx, from.rcx, from.rbx, from.rsi, from.rdi,
                                       from.rbp, from.rsp, from.r8,  from.r9,  from.r10, from.r11,
                                       from.r12, from.r13, from.r14, from.r15, from.rip};
    std::ranges::copy(ordered, frame.registers.begin());
    frame.pc = from.rip;
#else
    std::ranges::copy(from.regs, frame.registers.begin());
    frame.registers[unwind::stack_pointer] = from.sp;
    frame.pc = from.pc;
#endif
    return frame;
}

// Waits for the stop that we asked for; a thread in the kernel's own wait may not come to it.
bool await_stop(pid_t outer, const sigset_t& child) {
    for (int tries = 0; tries < 20; ++tries) {
        int status = 0;
        const auto got = ::wait4(outer, &status, __WALL | WNOHANG, nullptr);
        if (got == outer) return WIFSTOPPED(status);
        if (got < 0 && errno != EINTR) return false;
        constexpr timespec moment{.tv_sec = 0, .tv_nsec = 50'000'000};
        ::sigtimedwait(&child, nullptr, &moment);
    }
    return false;
}

void capture(Invocation& call, const MemoryOf& memory, const Modules& modules, Thread& thread,
             std::size_t& room, const sigset_t& child) {
    const auto outer = target::outer_id(call.target, thread.id);
    if (!outer) return void(thread.problem = text(outer.error()));
    if (::ptrace(PTRACE_SEIZE, *outer, nullptr, 0UL) != 0) {
        thread.problem = errno == EPERM ? "somebody traces it already, or CAP_SYS_PTRACE is missing"
                                        : text(failed("attach", "").error());
        return;
    }
    ::ptrace(PTRACE_INTERRUPT, *outer, nullptr, 0UL);
    if (!await_stop(*outer, child)) {
        // Ending detaches it.
        thread.problem = "it does not stop: it waits in the kernel";
        return;
    }
    user_regs_struct registers{};
    iovec place{&registers, sizeof registers};
    if (::ptrace(PTRACE_GETREGSET, *outer, NT_PRSTATUS, &place) == 0) {
        thread.top = frame_of(registers);
        const auto pointer = thread.top.registers[unwind::stack_pointer];
        if (const auto* mapping = modules.mapping(pointer)) {
            thread.stack_at = std::max(mapping->start, pointer - below_stack);
            const auto size = std::min<std::uint64_t>(
                {stack_limit, mapping->end - thread.stack_at, std::uint64_t{room}});
            thread.stack = memory.bytes(thread.stack_at, static_cast<std::size_t>(size));
            room -= thread.stack.size();
        }
    } else {
        thread.problem = text(failed("read the registers", "").error());
    }
    ::ptrace(PTRACE_DETACH, *outer, nullptr, 0UL);
}

// Where no module knows better: what every function with a frame pointer leaves.
bool by_frame_pointer(const unwind::Read& read, unwind::Frame& frame) {
    const auto base = frame.registers[unwind::frame_pointer];
    std::uint64_t next = 0, pc = 0;
    if (base < frame.registers[unwind::stack_pointer] || base % 8 != 0) return false;
    if (!read(base, next) || !read(base + 8, pc)) return false;
#if defined(__aarch64__)
    pc &= (std::uint64_t{1} << 48) - 1;
#endif
    frame.registers[unwind::frame_pointer] = next;
    frame.registers[unwind::stack_pointer] = base + 16;
    frame.pc = pc;
    frame.exact = false;
    return true;
}

void walk(Modules& modules, Thread& thread) {
    const unwind::Read read = [&](std::uint64_t address, std::uint64_t& value) {
        if (address < thread.stack_at) return false;
        const auto at = address - thread.stack_at;
        if (at > thread.stack.size() || thread.stack.size() - at < sizeof value) return false;
        std::memcpy(&value, thread.stack.data() + at, sizeof value);
        return true;
    };
    auto frame = thread.top;
    bool first = true;
    while (frame.pc != 0 && thread.places.size() < frames_limit) {
        // A caller's pc is behind its call, which may be the next function already.
        const auto looked_up = frame.exact || first ? frame.pc : frame.pc - 1;
        Place place{.pc = frame.pc, .behind = frame.pc - looked_up};
        place.module = modules.at(looked_up, place.address);
        thread.places.push_back(place);
        if (place.module) place.module->wanted.push_back({.address = place.address});
        const auto before = frame.registers[unwind::stack_pointer];
        auto step = unwind::Step::unknown;
        if (place.module && place.module->file) {
            step = unwind::step(place.module->information, place.address, read, frame);
        }
        thread.places.back().signal = step == unwind::Step::done && frame.exact;
        if (step == unwind::Step::end) break;
        if (step == unwind::Step::unknown) {
            // A call to nowhere has left its way back where the pointer is.
            std::uint64_t back = 0;
            const bool nowhere = first && !place.module;
            if (nowhere && unwind::return_address == 16 && read(before, back)) {
                frame.pc = back;
                frame.registers[unwind::stack_pointer] = before + 8;
                frame.exact = false;
            } else if (!by_frame_pointer(read, frame)) {
                break;
            }
        }
        // Up, or it would go round for ever.
        const bool leaf_of_arm = first && unwind::return_address == 30;
        if (frame.registers[unwind::stack_pointer] <= before && !leaf_of_arm) break;
        first = false;
    }
    thread.stack = {};
}

std::string function_of(const Place& place, std::uint64_t& offset) {
    if (place.signal) return "<signal handler called>";
    const auto* found = place.module ? place.module->find(place.address) : nullptr;
    if (!found || found->name.empty()) return {};
    offset = place.address - found->begin + place.behind;
    return found->name;
}

void print(Invocation& call, pid_t process, const Thread& thread) {
    if (call.json()) {
        std::string frames = "[";
        for (const auto& place : thread.places) {
            if (frames.size() > 1) frames += ',';
            std::uint64_t offset = 0;
            JsonObject object;
            object.text("pc", parse::hex(place.pc))
                .text("function", function_of(place, offset))
                .number("offset", offset)
                .text("module", place.module ? place.module->path : "")
                .text("address", parse::hex(place.address))
                .text("build_id", place.module ? place.module->build_id : "");
            frames += object.take();
        }
        JsonObject object;
        object.number("pid", process)
            .number("tid", thread.id)
            .text("name", thread.name)
            .text("state", thread.state)
            .text("problem", thread.problem)
            .raw("frames", frames + "]");
        object.line(call.out);
        return;
    }
    call.out.print("thread %d %s %s\n", thread.id, visible(thread.name).c_str(),
                   thread.state.c_str());
    if (!thread.problem.empty()) call.out.write("  " + thread.problem + "\n");
    for (std::size_t i = 0; i < thread.places.size(); ++i) {
        const auto& place = thread.places[i];
        std::uint64_t offset = 0;
        const auto function = function_of(place, offset);
        call.out.print("  #%-2zu 0x%016lx ", i, place.pc);
        call.out.write(function.empty() ? "?" : visible(function));
        if (!function.empty() && !place.signal) call.out.print("+%#lx", offset);
        if (place.module) call.out.write(" (" + visible(place.module->path) + ")");
        call.out.put('\n');
    }
}

Result<> show(Invocation& call, pid_t pid) {
    const auto process = TRY(open_process(call.target, pid));
    const auto memory = TRY(MemoryOf::open(process));
    std::vector<parse::Mapping> mappings;
    const auto text = TRY(process.at.read("maps", limits::large_procfs_file));
    for (std::string_view rest = text; !rest.empty();) {
        if (auto mapping = parse::mapping(parse::take_line(rest))) {
            mappings.push_back(*std::move(mapping));
        }
    }
    Modules modules(call.target, memory, std::move(mappings));
    std::vector<Thread> threads;
    TRY(each_thread(process, [&](Process& task) {
        auto& thread = threads.emplace_back();
        thread.id = task.pid;
        if (const auto stat = parse::stat(read_small(task, "stat").value_or(""))) {
            thread.name = stat->comm;
            thread.state = std::string(1, stat->state);
        }
    }));
    sigset_t child;
    ::sigemptyset(&child);
    ::sigaddset(&child, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &child, nullptr);
    std::size_t room = copies_limit;
    for (auto& thread : threads) capture(call, memory, modules, thread, room, child);
    TRY(target::no_more_tracees(call.target));
    for (auto& thread : threads) walk(modules, thread);
    for (const auto& module : modules.all()) module->name(call.target);
    for (const auto& thread : threads) print(call, pid, thread);
    if (call.json()) return {};
    bool heading = false;
    for (const auto& module : modules.all()) {
        if (module->symbols || module->wanted.empty() || module->path == "[vdso]") continue;
        if (!heading) call.out.write("without a table of symbols:\n");
        heading = true;
        call.out.write("  " + visible(module->path) + " " +
                       (module->build_id.empty() ? "no build id" : "build id " + module->build_id) +
                       (module->problem.empty() ? "" : " (" + visible(module->problem) + ")") +
                       "\n");
    }
    return {};
}

}  // namespace

int show_user_stacks(Invocation& call) {
    if (call.operands.size() > 1) return call.misused("one process at a time");
    auto pid = std::optional(call.target.inner_pid);
    if (!call.operands.empty()) pid = parse::number<pid_t>(call.operands[0]);
    if (!pid || *pid <= 0) return call.misused("'" + call.operands[0] + "' is no process id");
    if (auto done = show(call, *pid); !done) call.complain(done.error());
    return call.status;
}

bool wants_user_stacks(std::span<const std::string> arguments) {
    return std::ranges::any_of(arguments, [](const std::string& word) {
        return word == "--user" || (word.size() > 1 && word[0] == '-' && word[1] != '-' &&
                                    word.find('u') != word.npos && !word.starts_with("-o"));
    });
}

namespace {

constexpr Option options[]{json_option};

constexpr Command ustack{
    .name = "ustack",
    .usage = "[-o json] [PID]",
    .summary = "show where the threads of processes are in their own code",
    .theme = "process",
    .promise = Promise::files | Promise::processes | Promise::trace,
    .run = show_user_stacks,
    .options = option_table<options>,
    .help =
        "Without PID, of the target's main process. Every thread is stopped for a moment, one "
        "after\n"
        "the other, and changes nothing. Names come from the target's own files (.symtab, "
        ".dynsym,\n"
        "/usr/lib/debug by build id); of modules without them the build id is shown, so that what\n"
        "was split off can be found. Names of C++ are as the linker has them (c++filt).\n"
        "JSON fields: pid, tid, name, state, problem, frames (a list of pc, function, offset, "
        "module,\n"
        "address, build_id).\n\n"
        "Example:\n  ustack 1\n",
};
const Register registered{ustack};

}  // namespace
}  // namespace limpet::commands
