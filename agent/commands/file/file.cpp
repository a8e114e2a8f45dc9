// file.cpp - what files are, by their content.
#include "commands/command.h"
#include "commands/elf_file.h"
#include "commands/json.h"
#include "commands/spoken.h"
#include "commands/utf8.h"
#include "parse/content.h"
#include "parse/elf.h"
#include "parse/name_table.h"

#include <elf.h>

#include <cstdio>

namespace limpet::commands {
namespace {

using parse::Content;
namespace elf = parse::elf;

// What the JSON has of ELF files beside the description.
struct Program {
    std::string machine, linkage, interpreter, build_id;
    int bits = 0;
    bool stripped = false;
};

struct Told {
    Content content;
    std::optional<Program> program = {};
};

std::string printable(std::string_view text) {
    std::string line;
    for (const char byte : text) {
        const auto code = static_cast<unsigned char>(byte);
        char escape[8];
        std::snprintf(escape, sizeof escape, "\\%03o", code);
        line += code < 32 || code == 127 ? std::string(escape) : std::string(1, byte);
    }
    return line;
}

// ", BuildID[sha1]=…, for GNU/Linux 3.2.0"
std::string of_notes(const elf::File& file, Program& program) {
    const auto notes = file.notes();
    if (!notes) return {};
    std::string text, system;
    for (const auto& note : *notes) {
        if (note.owner != "GNU") continue;
        if (note.type == NT_GNU_BUILD_ID && program.build_id.empty() &&
            note.description.size() <= 64) {
            program.build_id = parse::hex_bytes(note.description);
            const auto size = note.description.size();
            text = ", BuildID[" +
                   std::string(size == 20   ? "sha1"
                               : size == 16 ? "md5/uuid"
                               : size == 8  ? "xxHash"
                                            : "unknown") +
                   "]=" + program.build_id;
        }
        if (note.type == NT_GNU_ABI_TAG && note.description.size() >= 16 &&
            file.number(note.description, 0, 4) == 0) {
            system = ", for GNU/Linux ";
            for (std::size_t i = 4; i < 16; i += 4)
                system += (i > 4 ? "." : "") + std::to_string(file.number(note.description, i, 4));
        }
    }
    return text + system;
}

// ", from 'sleep 5'" of a core file.
std::string of_core(const elf::File& file) {
    const auto notes = file.notes();
    if (!notes) return {};
    for (const auto& note : *notes) {
        if (note.type != NT_PRPSINFO || note.owner != "CORE") continue;
        // elf_prpsinfo: 80 bytes of arguments at its end.
        if (note.description.size() < 96) continue;
        auto arguments = std::string_view(note.description).substr(note.description.size() - 80);
        if (file.header().wide) arguments = std::string_view(note.description).substr(56, 80);
        arguments = arguments.substr(0, arguments.find('\0'));
        while (arguments.ends_with(' ')) arguments.remove_suffix(1);
        return ", from '" + printable(arguments) + "'";
    }
    return {};
}

std::string of_sections(const elf::File& file, Program& program) {
    const auto sections = file.sections();
    if (!sections) return ", with sections that cannot be read";
    if (file.header().type == ET_CORE) return {};
    bool symbols = false, debug = false;
    for (const auto& section : *sections) {
        symbols |= section.type == SHT_SYMTAB;
        debug |= section.name == ".debug_info" || section.name == ".zdebug_info";
    }
    program.stripped = !symbols;
    return std::string(debug ? ", with debug_info" : "") +
           (symbols ? ", not stripped" : ", stripped");
}

std::string_view abi_name(std::uint8_t abi) {
    switch (abi) {
        case ELFOSABI_SYSV: return "SYSV";
        case ELFOSABI_GNU: return "GNU/Linux";
        case ELFOSABI_FREEBSD: return "FreeBSD";
        case ELFOSABI_NETBSD: return "NetBSD";
        case ELFOSABI_SOLARIS: return "Solaris";
        case 12: return "OpenBSD";
        case ELFOSABI_ARM: return "ARM";
        case ELFOSABI_STANDALONE: return "embedded";
        default: return "unknown ABI";
    }
}

Result<Told> elf_file(BorrowedFd fd) {
    const auto file = TRY(elf_of(fd));
    const auto& header = file.header();
    Told told{.content = {{}, {}, "binary"}, .program = Program{}};
    auto& program = *told.program;
    program.bits = header.wide ? 64 : 32;
    const auto machine = elf::machine_name(header.machine);
    program.machine = machine.empty() ? "machine " + std::to_string(header.machine) : machine;
    const auto dynamic = file.dynamic();
    const bool linked = dynamic && dynamic->has_value();
    const bool pie = linked && ((*dynamic)->flags_1 & DF_1_PIE) != 0;
    std::string_view type = "unknown type", mime = "x-object";
    switch (header.type) {
        case ET_REL: type = "relocatable"; break;
        case ET_EXEC:
            type = "executable";
            mime = "x-executable";
            break;
        case ET_DYN:
            type = pie ? "pie executable" : "shared object";
            mime = pie ? "x-pie-executable" : "x-sharedlib";
            break;
        case ET_CORE:
            type = "core file";
            mime = "x-coredump";
            break;
        default: break;
    }
    auto& text = told.content.description;
    text = std::string("ELF ") + (header.wide ? "64" : "32") + "-bit " +
           (header.big ? "MSB " : "LSB ") + std::string(type) + ", " + program.machine;
    if (header.machine == EM_ARM) text += ", EABI" + std::to_string(header.flags >> 24);
    text += ", version " + std::to_string(header.version) + " (" +
            std::string(abi_name(header.abi)) + ")";
    told.content.mime = "application/" + std::string(mime);
    if (header.type == ET_CORE) {
        text += ", SVR4-style" + of_core(file);
        return told;
    }
    if (header.type == ET_EXEC || header.type == ET_DYN) {
        const auto interpreter = file.interpreter();
        if (interpreter && *interpreter) program.interpreter = **interpreter;
        program.linkage = !linked                              ? "statically linked"
                          : pie && program.interpreter.empty() ? "static-pie linked"
                                                               : "dynamically linked";
        text += ", " + program.linkage;
        if (!program.interpreter.empty()) text += ", interpreter " + printable(program.interpreter);
    }
    text += of_notes(file, program);
    text += of_sections(file, program);
    return told;
}

Result<Told> of_input(Input& input, const std::string& name) {
    std::string head;
    bool whole = false;
    while (head.size() < parse::content_head) {
        auto block = input.block();
        if (!block) return std::unexpected(Error{block.error().code, "read", name, {}});
        if (block->empty()) {
            whole = true;
            break;
        }
        head += *block;
    }
    if (head.starts_with(ELFMAG)) {
        if (auto told = elf_file(input.fd())) return told;
    }
    return Told{.content =
                    parse::content(std::string_view(head).substr(0, parse::content_head), whole)};
}

Told special(std::string description, std::string_view mime) {
    return {.content = {std::move(description), std::string(mime), "binary"}};
}

Result<Told> of_name(Invocation& call, const std::string& name) {
    if (name == "-") {
        Input input(call.in.fd());
        return of_input(input, name);
    }
    const auto path = call.path(name);
    auto status = TRY(target::stat(call.target, path, target::Follow::no));
    if (S_ISLNK(status.stx_mode)) {
        auto aim = target::stat(call.target, path, target::Follow::yes);
        if (!call.options.has('L')) {
            const auto text = TRY(target::readlink(call.target, path));
            return special(
                (aim ? "symbolic link to " : "broken symbolic link to ") + printable(text),
                "inode/symlink");
        }
        status = TRY(std::move(aim));
    }
    const auto device =
        std::to_string(status.stx_rdev_major) + '/' + std::to_string(status.stx_rdev_minor);
    std::string prefix;
    if (status.stx_mode & S_ISUID) prefix += "setuid ";
    if (status.stx_mode & S_ISGID) prefix += "setgid ";
    if (status.stx_mode & S_ISVTX) prefix += "sticky ";
    switch (status.stx_mode & S_IFMT) {
        case S_IFDIR: return special(prefix + "directory", "inode/directory");
        case S_IFIFO: return special("fifo (named pipe)", "inode/fifo");
        case S_IFSOCK: return special("socket", "inode/socket");
        case S_IFCHR: return special("character special (" + device + ")", "inode/chardevice");
        case S_IFBLK: return special("block special (" + device + ")", "inode/blockdevice");
        default: break;
    }
    auto input = TRY(call.open(name));
    auto told = TRY(of_input(input, name));
    told.content.description = prefix + told.content.description;
    return told;
}

void print_json(Invocation& call, const std::string& name, const Told& told) {
    JsonObject object;
    object.text("path", name)
        .text("description", told.content.description)
        .text("mime", told.content.mime)
        .text("charset", told.content.charset);
    if (const auto& program = told.program) {
        object.number("bits", program->bits)
            .text("machine", program->machine)
            .text("linkage", program->linkage)
            .text("interpreter", program->interpreter)
            .text("build_id", program->build_id)
            .boolean("stripped", program->stripped);
    }
    object.line(call.out);
}

int run(Invocation& call) {
    if (call.operands.empty()) return call.misused("which file?");
    std::size_t width = 0;
    for (const auto& name : call.operands)
        width = std::max(width, text_width(name == "-" ? "/dev/stdin" : name));
    for (const auto& name : call.operands) {
        auto told = of_name(call, name);
        if (!told && call.json()) {
            call.complain(told.error());
            continue;
        }
        if (call.json()) {
            print_json(call, name, *told);
            continue;
        }
        if (!call.options.has('b')) {
            const std::string_view shown = name == "-" ? "/dev/stdin" : std::string_view(name);
            speak(call.out, shown);
            call.out.put(':');
            for (auto at = text_width(shown); at <= width; ++at) call.out.put(' ');
        }
        // POSIX: a file that cannot be read is told of like any other.
        if (!told) {
            const auto& error = told.error();
            const char* reason = error.code ? ::strerrordesc_np(error.code) : nullptr;
            speak(call.out, "cannot open `" + name + "' (" + (reason ? reason : text(error)) + ")");
        } else if (call.options.has("mime-type")) {
            call.out.write(told->content.mime);
        } else if (call.options.has("mime-encoding")) {
            call.out.write(told->content.charset);
        } else if (call.options.has('i')) {
            call.out.write(told->content.mime + "; charset=" + told->content.charset);
        } else {
            call.out.write(told->content.description);
        }
        call.out.put('\n');
        if (call.out.failure()) break;
    }
    return call.status;
}

constexpr Option options[]{
    {'b', "brief", "", "without the names"},
    {'L', "dereference", "", "what links lead to"},
    {'h', "no-dereference", "", "links themselves (default)"},
    {'i', "mime", "", "as a MIME type with its character set"},
    {0, "mime-type", "", "as a MIME type"},
    {0, "mime-encoding", "", "the character set alone"},
    json_option,
};

constexpr Command file{
    .name = "file",
    .usage = "[-bLi] [--mime-type] FILE...",
    .summary = "tell what files are, by their content",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "JSON fields: path, description, mime, charset; of ELF files also bits, machine, linkage,\n"
        "interpreter, build_id, stripped. The text says in full how a program was made and "
        "linked.\n\n"
        "Example:\n  file /app /proc/1/exe\n",
};
const Register registered{file};

}  // namespace
}  // namespace limpet::commands
