// go.cpp - what a program of Go says of its build, and how many goroutines it has.
#include "commands/elf_file.h"
#include "commands/fields.h"
#include "commands/json.h"
#include "commands/process/memory_of.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/go_build.h"
#include "parse/lines.h"
#include "parse/maps.h"
#include "parse/number.h"

#include <elf.h>

namespace limpet::commands {
namespace {

// runtime.allglen: as many goroutines as ever were at once, those that have ended and wait to be
// used again included.
std::optional<std::uint64_t> goroutines(Invocation& call, pid_t pid, const std::string& path,
                                        const parse::elf::File& file) {
    std::uint64_t address = 0;
    const auto sections = file.sections();
    if (!sections) return std::nullopt;
    for (const auto& section : *sections) {
        if (section.type != SHT_SYMTAB || section.link >= sections->size()) continue;
        const auto names = file.contents((*sections)[section.link]).value_or("");
        static_cast<void>(file.each_symbol(section, [&](const parse::elf::Symbol& symbol) {
            constexpr std::string_view wanted("runtime.allglen\0", 16);
            if (symbol.type == STT_OBJECT && symbol.name_at < names.size() &&
                std::string_view(names).substr(symbol.name_at).starts_with(wanted)) {
                address = symbol.value;
            }
        }));
    }
    const auto process = open_process(call.target, pid);
    if (address == 0 || !process) return std::nullopt;
    const auto memory = MemoryOf::open(*process);
    if (!memory) return std::nullopt;
    // A position-independent program lies elsewhere than its file says.
    std::uint64_t moved = 0;
    if (file.header().type == ET_DYN) {
        const auto maps = process->at.read("maps", limits::large_procfs_file);
        for (std::string_view rest = maps ? std::string_view(*maps) : ""; !rest.empty();) {
            const auto mapping = parse::mapping(parse::take_line(rest));
            if (!mapping || mapping->path != path || mapping->offset != 0) continue;
            moved = mapping->start;
            break;
        }
    }
    std::uint64_t count = 0;
    if (!memory->get(address + moved, count)) return std::nullopt;
    return count;
}

std::string module_text(const parse::GoModule& module) {
    auto text = module.path + " " + module.version;
    if (!module.replaced_by.empty()) text += " => " + module.replaced_by;
    return text;
}

void print(Invocation& call, const std::string& path, const parse::GoBuild& build,
           std::optional<std::uint64_t> count, bool denied) {
    if (!call.json()) {
        field(call, "program", path);
        field(call, "built by", build.go);
        field(call, "package", build.path);
        field(call, "module", module_text(build.main));
        if (count) field(call, "goroutines", "at most " + std::to_string(*count));
        if (denied) field(call, "goroutines", "needs --allow trace");
        for (const auto& [name, value] : build.settings) field(call, "build", name + "=" + value);
        for (const auto& module : build.modules) field(call, "needs", module_text(module));
        return;
    }
    const auto module_json = [](const parse::GoModule& module) {
        JsonObject object;
        object.text("path", module.path)
            .text("version", module.version)
            .text("sum", module.sum)
            .text("replaced_by", module.replaced_by);
        return object.take();
    };
    JsonObject settings;
    for (const auto& [name, value] : build.settings) settings.text(name, value);
    std::string modules = "[";
    for (const auto& module : build.modules) {
        if (modules.size() > 1) modules += ',';
        modules += module_json(module);
    }
    JsonObject object;
    object.text("program", path)
        .text("go", build.go)
        .text("path", build.path)
        .raw("module", module_json(build.main))
        .raw("modules", modules + "]")
        .raw("settings", settings.take());
    if (count) {
        object.number("goroutines_at_most", *count);
    } else {
        object.null("goroutines_at_most");
    }
    object.line(call.out);
}

Result<> show(Invocation& call, const std::string& operand) {
    const auto path = TRY(program_path(call, operand));
    const auto opened = TRY(open_elf(call.target, path));
    const auto build = TRY(parse::go_build(opened.file));
    const auto pid = parse::number<pid_t>(operand);
    const bool process = pid && *pid > 0;
    const bool may = any(call.target.grants & Grant::trace);
    const auto count = process && may ? goroutines(call, *pid, path, opened.file) : std::nullopt;
    print(call, path, build, count, process && !may);
    return {};
}

int run(Invocation& call) {
    auto operands = call.operands;
    if (operands.empty()) operands.push_back(std::to_string(call.target.inner_pid));
    for (const auto& operand : operands) {
        if (auto done = show(call, operand); !done) {
            auto problem = done.error();
            if (problem.action() == "ELF" || problem.action() == "Go") problem.action() = operand;
            call.complain(problem);
        }
    }
    return call.status;
}

constexpr Option options[]{json_option};

constexpr Command go{
    .name = "go",
    .usage = "[-o json] [FILE|PID...]",
    .summary = "show how a program of Go was built, and its modules",
    .theme = "process",
    .promise = Promise::files | Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "Without an operand, of the target's main process. With the grant trace also how many\n"
        "goroutines a process has at most (those that ended and may be used again count too), "
        "where\n"
        "the program has its symbols.\n"
        "JSON fields: program, go, path, module, modules (lists of path, version, sum, "
        "replaced_by),\n"
        "settings, goroutines_at_most (or null).\n\n"
        "Example:\n  go 1\n",
    .without_process = true,
};
const Register registered{go};

}  // namespace
}  // namespace limpet::commands
