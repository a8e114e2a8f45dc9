// readelf.cpp - what ELF files say of themselves.
#include "commands/file/readelf.h"

#include "sys/file.h"

#include <elf.h>
#include <unistd.h>

#include <algorithm>

namespace limpet::commands {
namespace {

Result<> print(Invocation& call, const std::string& operand) {
    const auto opened = TRY(open_elf(call.target, TRY(program_path(call, operand))));
    const auto& file = opened.file;
    char identification[EI_NIDENT] = {};
    if (::pread(opened.fd.get(), identification, sizeof identification, 0) < 0) {
        return failed("read", operand);
    }
    const auto& options = call.options;
    const bool all = options.has('a');
    const bool headers = all || options.has('e');
    elf_print::Source source{
        operand, file, std::string(identification, sizeof identification), {}, {}};
    // What is damaged is told, and the rest is shown.
    if (auto list = file.sections()) {
        source.sections = *std::move(list);
    } else {
        call.complain(list.error());
    }
    if (auto read = file.dynamic()) {
        source.dynamic = *std::move(read);
    } else {
        call.complain(read.error());
    }
    elf_print::Printer to{.call = call, .source = source};
    const bool header = headers || options.has('h');
    to.only_sections = to.only_segments = !header;
    if (call.operands.size() > 1 && !call.json()) call.out.write("\nFile: " + operand + "\n");
    if (header) elf_print::header(to);
    if (headers || options.has('S')) elf_print::sections(to);
    if (headers || options.has('l')) elf_print::segments(to);
    if (all || options.has('d')) elf_print::dynamic(to);
    const bool dynamic_only = options.has("dyn-syms") && !options.has('s');
    if (all || options.has('s') || dynamic_only) elf_print::symbols(to, dynamic_only);
    if (all || options.has('n')) elf_print::notes(to);
    return {};
}

int run(Invocation& call) {
    if (call.operands.empty()) return call.misused("which file?");
    const auto is_format = [](const Options::Given& given) {
        return given.option.letter == 'o' || given.option.letter == 'W';
    };
    if (std::ranges::all_of(call.options.all(), is_format)) {
        return call.misused("nothing to show: one of -a -h -l -S -d -s -n");
    }
    for (const auto& operand : call.operands) {
        if (auto done = print(call, operand); !done) {
            auto problem = done.error();
            if (problem.subject().empty()) problem.subject() = operand;
            if (problem.action() == "ELF") problem.action() = operand;
            call.complain(problem);
        }
    }
    return call.status;
}

constexpr Option options[]{
    {'a', "all", "", "all of these"},
    {'h', "file-header", "", "the header"},
    {'l', "program-headers", "", "the segments"},
    {'S', "section-headers", "", "the sections"},
    {'e', "headers", "", "these three"},
    {'d', "dynamic", "", "the dynamic section"},
    {'s', "symbols", "", "the symbols"},
    {0, "dyn-syms", "", "the symbols for linking"},
    {'n', "notes", "", "the notes; the build id is one"},
    {'W', "wide", "", "one line for each (as always here)"},
    json_option,
};

constexpr Command readelf{
    .name = "readelf",
    .usage = "-ahlSdsnW [-o json] FILE|PID...",
    .summary = "show headers, segments, symbols and notes of ELF files",
    .theme = "files",
    .promise = Promise::files | Promise::processes,
    .run = run,
    .options = option_table<options>,
    .help =
        "A number that is no file is a process, and means its program.\n"
        "JSON: an object for each thing; `kind` is header (file, bits, order, abi, type, machine,\n"
        "entry, flags, build_id), section (number, name, type, address, offset, size, flags),\n"
        "segment (type, offset, address, file_size, memory_size, flags, align), dynamic (tag,\n"
        "value), symbol (table, number, value, size, type, bind, visibility, section, name) or "
        "note\n"
        "(owner, type, name, size, description).\n\n"
        "Example:\n  readelf -d /app\n  readelf -n 1\n",
    .without_process = true,
};
const Register registered{readelf};

}  // namespace
}  // namespace limpet::commands
