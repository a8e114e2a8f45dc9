// entrypoint.cpp - what a container starts, and whether it can start at all.
//
// The questions of runc and execve(2) in their order: who, where, which file, may it be run, for
// which machine, by which interpreter, with which libraries.
#include "commands/container/entrypoint.h"

#include "commands/elf_file.h"
#include "commands/fields.h"
#include "commands/json.h"
#include "commands/libraries.h"
#include "commands/process/process.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/idmap.h"
#include "parse/number.h"
#include "parse/status.h"
#include "target/sidecar.h"

#include <algorithm>

namespace limpet::commands {
namespace {

using entrypoint::Check;
using entrypoint::Start;

Start from_facts(const target::Target& target) {
    Start start;
    for (const auto& [name, value] : target.facts) {
        if (name == "argument") start.arguments.push_back(value);
        if (name == "environment") start.environment.push_back(value);
        if (name == "directory") start.directory = value;
        if (name == "user") start.user = value;
        if (name == "groups") start.groups = value;
    }
    start.from = target::fact(target, "runtime");
    return start;
}

// Where no runtime says: how the process runs now.
Result<Start> from_process(const target::Target& target, pid_t pid) {
    const auto process = TRY(open_process(target, pid));
    Start start{.from = "process " + std::to_string(pid)};
    start.arguments = split_words(read_small(process, "cmdline").value_or(""));
    start.environment = split_words(read_small(process, "environ").value_or(""));
    start.directory = process.at.readlink("cwd").value_or("");
    start.program = process.at.readlink("exe").value_or("");
    const auto status = parse::status(read_small(process, "status").value_or(""));
    // As its own user namespace has them, like the owners of the files below.
    const auto inner = [](const std::vector<parse::IdRange>& ranges, std::uint32_t id) {
        return parse::inside(ranges, id).value_or(id);
    };
    if (status.uid && status.gid) {
        start.user = std::to_string(inner(target.uids, status.uid->effective)) + ":" +
                     std::to_string(inner(target.gids, status.gid->effective));
    }
    if (start.arguments.empty())
        return refused("entrypoint", "process " + std::to_string(pid) + " has no command line");
    return start;
}

Result<Start> start_of(Invocation& call) {
    if (!call.operands.empty()) {
        const auto pid = parse::number<pid_t>(call.operands[0]);
        if (!pid || *pid <= 0) return refused("entrypoint", call.operands[0] + " is no process id");
        return from_process(call.target, *pid);
    }
    auto start = from_facts(call.target);
    if (!start.arguments.empty()) return start;
    if (call.target.pid == 0) {
        return refused("entrypoint", "the runtime's files do not say what this container starts");
    }
    const bool here = call.target.mode == target::Mode::here;
    return from_process(call.target, here ? 1 : call.target.inner_pid);
}

void print_json(Invocation& call, const Start& start, const std::vector<Check>& checks) {
    std::string list = "[";
    bool fine = true;
    for (const auto& check : checks) {
        if (list.size() > 1) list += ',';
        JsonObject object;
        object.text("check", check.what).boolean("ok", check.ok).text("detail", check.detail);
        list += object.take();
        fine = fine && check.ok;
    }
    list += ']';
    JsonObject object;
    object.text("from", start.from)
        .texts("arguments", start.arguments)
        .texts("environment", start.environment)
        .text("directory", start.directory)
        .text("user", start.user)
        .text("program", start.program)
        .text("ended", target::fact(call.target, "ended"))
        .boolean("ok", fine)
        .raw("checks", list);
    object.line(call.out);
}

// A word as a shell would need it typed, so that two words do not look like one.
std::string quoted(const std::string& word) {
    if (!word.empty() && word.find_first_of(" \t\n'\"\\$") == word.npos) return word;
    return json_string(word);
}

void print(Invocation& call, const Start& start, const std::vector<Check>& checks) {
    std::string line;
    for (const auto& word : start.arguments) {
        if (!line.empty()) line += ' ';
        line += quoted(word);
    }
    field(call, "starts", line);
    field(call, "as", start.user.empty() ? "root (0:0)" : start.user);
    field(call, "in", start.directory.empty() ? "/" : start.directory);
    for (const auto& entry : start.environment) field(call, "environment", entry);
    if (const auto ended = target::fact(call.target, "ended"); !ended.empty()) {
        field(call, "ended", ended);
    }
    field(call, "from", start.from);
    call.out.put('\n');
    for (const auto& check : checks) {
        const auto word = check.ok ? std::string_view("ok") : std::string_view("FAIL");
        field(call, std::string(word) + "  " + std::string(check.what), check.detail);
    }
}

int run(Invocation& call) {
    if (call.operands.size() > 1) return call.misused("one process at most");
    auto start = start_of(call);
    if (!start) {
        call.complain(start.error());
        return 1;
    }
    const auto checks = entrypoint::check(call.target, *start);
    if (call.json()) {
        print_json(call, *start, checks);
    } else {
        print(call, *start, checks);
    }
    const bool fine = std::ranges::all_of(checks, &Check::ok);
    return fine ? call.status : 1;
}

constexpr Option options[]{json_option};

constexpr Command entrypoint_command{
    .name = "entrypoint",
    .usage = "[-o json] [PID]",
    .summary = "show what the container starts, and why it may not start",
    .theme = "container",
    .promise = Promise::files | Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Arguments, user, directory and environment as the runtime noted them, of a container "
        "that\n"
        "does not run too; else, or given a PID, as the process runs. Checked in the order in "
        "which\n"
        "a start fails: the user, the directory, the program (there, executable, of this "
        "machine),\n"
        "its interpreter (a script's or the dynamic linker), libraries and their versions, and "
        "that\n"
        "its user may read them. Status 1 when something fails.\n"
        "JSON fields: from (runtime or process), arguments, environment, directory, user, program\n"
        "(path), ended, ok, checks (a list of check, ok, detail).\n\n"
        "Example:\n  entrypoint\n",
    .without_process = true,
};
const Register registered{entrypoint_command};

}  // namespace
}  // namespace limpet::commands
