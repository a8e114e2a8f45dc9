// ldd.cpp - the libraries of programs, found in the target as its loader would, without running it.
#include "commands/elf_file.h"
#include "commands/json.h"
#include "commands/libraries.h"
#include "commands/process/process.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/number.h"

namespace limpet::commands {
namespace {

void print_json(Invocation& call, const std::string& path, const Linkage& found) {
    const auto line = [&](JsonObject&& object) { object.line(call.out); };
    const auto base = [&] {
        JsonObject object;
        object.text("file", path);
        return object;
    };
    if (!found.interpreter.empty()) {
        auto object = base();
        object.text("name", found.interpreter).text("needed_by", path);
        if (found.interpreter_found) {
            object.text("path", found.interpreter);
        } else {
            object.null("path");
        }
        line(std::move(object.text("how", "interpreter").null("problem")));
    }
    for (const auto& library : found.libraries) {
        auto object = base();
        object.text("name", library.name).text("needed_by", library.needed_by);
        for (const auto& [name, value] : {std::pair{"path", &library.path},
                                          {"how", &library.how},
                                          {"problem", &library.problem}}) {
            if (value->empty()) {
                object.null(name);
            } else {
                object.text(name, *value);
            }
        }
        line(std::move(object));
    }
    for (const auto& problem : found.problems) {
        auto object = base();
        line(std::move(object.null("name")
                           .null("needed_by")
                           .null("path")
                           .null("how")
                           .text("problem", problem)));
    }
}

void print(Invocation& call, const Linkage& found) {
    auto& out = call.out;
    if (!found.dynamic) return out.write("\tstatically linked\n");
    for (const auto& library : found.libraries) {
        std::string line = "\t" + library.name;
        if (library.path.empty()) {
            line += " => not found (needed by " + library.needed_by;
            if (!library.problem.empty()) line += "; " + library.problem;
            line += ')';
        } else if (library.path != library.name) {
            line += " => " + library.path;
        }
        if (call.options.has('v') && !library.how.empty()) line += " (" + library.how + ")";
        out.write(visible(line.substr(1)).insert(0, 1, '\t') + "\n");
    }
    if (!found.interpreter.empty()) {
        out.write('\t' + visible(found.interpreter) +
                  (found.interpreter_found ? "\n" : " => not found (interpreter)\n"));
    }
    for (const auto& problem : found.problems) out.write(visible(problem) + "\n");
}

std::string library_path(Invocation& call, const std::string& operand) {
    const auto pid = parse::number<pid_t>(operand);
    if (!pid || *pid <= 0) return {};
    const auto process = open_process(call.target, *pid);
    if (!process) return {};
    for (const auto& entry : split_words(read_small(*process, "environ").value_or(""))) {
        constexpr std::string_view name = "LD_LIBRARY_PATH=";
        if (entry.starts_with(name)) return entry.substr(name.size());
    }
    return {};
}

int run(Invocation& call) {
    if (call.operands.empty()) return call.misused("which program or library?");
    for (const auto& operand : call.operands) {
        auto path = program_path(call, operand);
        if (!path) {
            call.complain(path.error());
            continue;
        }
        const auto given = call.options.value("library-path");
        const auto found =
            linkage(call.target, *path, given ? std::string(*given) : library_path(call, operand));
        if (!found) {
            auto problem = found.error();
            if (problem.action() == "ELF") problem.action() = *path;
            call.complain(problem);
            continue;
        }
        if (call.operands.size() > 1 && !call.json()) call.out.write(visible(operand) + ":\n");
        if (call.json()) {
            print_json(call, *path, *found);
        } else {
            print(call, *found);
        }
        if (!found->complete()) call.status = 1;
    }
    return call.status;
}

constexpr Option options[]{
    {'v', "verbose", "", "also how each was found"},
    {0, "library-path", "FOLDERS", "as if LD_LIBRARY_PATH were these"},
    json_option,
};

constexpr Command ldd{
    .name = "ldd",
    .usage = "[-v] [--library-path FOLDERS] [-o json] FILE|PID...",
    .summary = "show which libraries programs get in the target, and which are missing",
    .theme = "files",
    .promise = Promise::files | Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Looks where the target's loader (glibc's or musl's) would: rpath and runpath with "
        "$ORIGIN,\n"
        "LD_LIBRARY_PATH (of the process, when a PID is given), /etc/ld.so.cache, the system's\n"
        "folders. Nothing is run. Status 1 when a library, the interpreter or a version of a "
        "library\n"
        "is missing.\n"
        "JSON fields: file, name, needed_by, path (null when missing), how (rpath, runpath,\n"
        "LD_LIBRARY_PATH, cache, default, path, loaded, interpreter), problem.\n\n"
        "Example:\n  ldd /app\n  ldd 1\n",
    .without_process = true,
};
const Register registered{ldd};

}  // namespace
}  // namespace limpet::commands
