// readelf_print.cpp - headers, notes and the dynamic section as readelf -W has them.
#include "commands/file/readelf.h"

#include "commands/json.h"
#include "commands/table.h"
#include "parse/name_table.h"

#include <elf.h>

#include <algorithm>

namespace limpet::commands::elf_print {
namespace {

using parse::hex;
using parse::name_of;
using parse::elf::Section;

constexpr std::string_view types =
    "NONE~(None) REL~(Relocatable~file) EXEC~(Executable~file) DYN~(Shared~object~file) "
    "CORE~(Core~file)";
constexpr std::string_view systems =
    "0=UNIX~-~System~V UNIX~-~HP-UX UNIX~-~NetBSD UNIX~-~GNU 6=UNIX~-~Solaris UNIX~-~AIX "
    "9=UNIX~-~FreeBSD c=UNIX~-~OpenBSD 61=ARM";
constexpr std::string_view machines =
    "2=Sparc Intel~80386 MC68000 8=MIPS~R3000 14=PowerPC PowerPC64 IBM~S/390 28=ARM "
    "2b=Sparc~v9 32=Intel~IA-64 3e=Advanced~Micro~Devices~X86-64 b7=AArch64 f3=RISC-V "
    "f7=Linux~BPF 102=LoongArch";
constexpr std::string_view segment_types =
    "NULL LOAD DYNAMIC INTERP NOTE SHLIB PHDR TLS 6474e550=GNU_EH_FRAME GNU_STACK GNU_RELRO "
    "GNU_PROPERTY";
constexpr std::string_view section_types =
    "NULL PROGBITS SYMTAB STRTAB RELA HASH DYNAMIC NOTE NOBITS REL SHLIB DYNSYM e=INIT_ARRAY "
    "FINI_ARRAY PREINIT_ARRAY GROUP SYMTAB~SECTION~INDICES RELR 6ffffff5=GNU_ATTRIBUTES GNU_HASH "
    "GNU_LIBLIST 6ffffffd=VERDEF VERNEED VERSYM 70000001=X86_64_UNWIND";
constexpr std::string_view note_types =
    "1=NT_GNU_ABI_TAG~(ABI~version~tag) NT_GNU_HWCAP~(DSO-supplied~software~HWCAP~info) "
    "NT_GNU_BUILD_ID~(unique~build~ID~bitstring) NT_GNU_GOLD_VERSION~(gold~version) "
    "NT_GNU_PROPERTY_TYPE_0";
constexpr std::string_view core_types =
    "1=NT_PRSTATUS NT_FPREGSET NT_PRPSINFO 6=NT_AUXV 202=NT_X86_XSTATE 46494c45=NT_FILE "
    "53494749=NT_SIGINFO";

// Names of more than one word have ~ for each blank in these tables.
std::string spaced(std::string_view name, std::string_view otherwise, std::uint64_t value) {
    if (name.empty()) return std::string(otherwise) + hex(value).substr(2);
    std::string text(name);
    std::ranges::replace(text, '~', ' ');
    return text;
}

std::string type_name(const Source& source) {
    const auto type = source.file.header().type;
    if (type == ET_DYN && source.dynamic && (source.dynamic->flags_1 & DF_1_PIE) != 0) {
        return "DYN (Position-Independent Executable file)";
    }
    return spaced(name_of(types, type), "<unknown>: ", type);
}

std::string system_name(std::uint8_t number) {
    return spaced(name_of(systems, number), "unknown: ", number);
}

std::string machine_name(std::uint16_t number) {
    return spaced(name_of(machines, number), "<unknown>: ", number);
}

}  // namespace

void header(Printer& to) {
    const auto& header = to.source.file.header();
    const auto line = [&](std::string_view label, const std::string& value) {
        to.call.out.print("  %-35s", (std::string(label) + ":").c_str());
        to.call.out.write(value + "\n");
    };
    const auto counted = [](std::uint64_t number, const char* unit) {
        return std::to_string(number) + unit;
    };
    if (to.call.json()) {
        JsonObject object;
        object.text("kind", "header")
            .text("file", to.source.name)
            .number("bits", header.wide ? 64 : 32)
            .text("order", header.big ? "big" : "little")
            .text("abi", system_name(header.abi))
            .text("type", type_name(to.source))
            .text("machine", machine_name(header.machine))
            .text("entry", hex(header.entry))
            .number("flags", header.flags)
            .text("build_id", build_id(to.source.file));
        return to.object(object);
    }
    std::string magic;
    for (const char byte : to.source.identification) {
        magic += parse::hex_bytes(std::string_view(&byte, 1)) + " ";
    }
    to.call.out.write("ELF Header:\n  Magic:   " + magic + "\n");
    line("Class", header.wide ? "ELF64" : "ELF32");
    line("Data", header.big ? "2's complement, big endian" : "2's complement, little endian");
    const auto& id = to.source.identification;
    const auto byte = [&](std::size_t at) {
        return at < id.size() ? static_cast<unsigned char>(id[at]) : 0U;
    };
    line("Version", std::to_string(byte(EI_VERSION)) +
                        (byte(EI_VERSION) == EV_CURRENT ? " (current)" : " <unknown>"));
    line("OS/ABI", system_name(header.abi));
    line("ABI Version", std::to_string(byte(EI_ABIVERSION)));
    line("Type", type_name(to.source));
    line("Machine", machine_name(header.machine));
    line("Version", header.version == 0 ? "0x0" : hex(header.version));
    line("Entry point address", header.entry == 0 ? "0x0" : hex(header.entry));
    line("Start of program headers", counted(header.segments_at, " (bytes into file)"));
    line("Start of section headers", counted(header.sections_at, " (bytes into file)"));
    line("Flags", header.flags == 0 ? "0x0" : hex(header.flags));
    line("Size of this header", counted(header.header_size, " (bytes)"));
    line("Size of program headers", counted(header.segment_size, " (bytes)"));
    line("Number of program headers", std::to_string(header.segments));
    line("Size of section headers", counted(header.section_size, " (bytes)"));
    line("Number of section headers", std::to_string(header.sections));
    line("Section header string table index", std::to_string(header.names_section));
}

namespace {

// "WAX": the flags of a section, in the order of readelf.
std::string section_flags(std::uint64_t flags, bool gnu) {
    constexpr std::string_view letters = "WAX?MSILOGTC";
    std::string text;
    for (std::size_t i = 0; i < letters.size(); ++i) {
        if (flags >> i & 1 && letters[i] != '?') text += letters[i];
    }
    if (flags & SHF_GNU_RETAIN) text += gnu ? 'R' : 'o';
    if (flags & SHF_EXCLUDE) text += 'E';
    return text;
}

}  // namespace

void sections(Printer& to) {
    const auto& header = to.source.file.header();
    auto& out = to.call.out;
    const auto& list = to.source.sections;
    if (!to.call.json()) {
        if (list.empty()) return out.write("\nThere are no sections in this file.\n");
        if (to.only_sections) {
            out.print("There %s %zu section header%s, starting at offset %#lx:\n",
                      list.size() == 1 ? "is" : "are", list.size(), list.size() == 1 ? "" : "s",
                      static_cast<unsigned long>(header.sections_at));
        }
        out.write(header.wide ? "\nSection Headers:\n  [Nr] Name              Type            "
                                "Address          Off    Size   ES Flg Lk Inf Al\n"
                              : "\nSection Headers:\n  [Nr] Name              Type            "
                                "Addr     Off    Size   ES Flg Lk Inf Al\n");
    }
    for (std::size_t i = 0; i < list.size(); ++i) {
        const auto& section = list[i];
        const auto type = spaced(name_of(section_types, section.type), "LOOS+0x", section.type);
        if (to.call.json()) {
            JsonObject object;
            object.text("kind", "section")
                .text("file", to.source.name)
                .number("number", i)
                .text("name", section.name)
                .text("type", type)
                .text("address", hex(section.address))
                .number("offset", section.offset)
                .number("size", section.size)
                .text("flags", section_flags(section.flags, header.abi == ELFOSABI_GNU));
            to.object(object);
            continue;
        }
        out.print("  [%2zu] %-17s %-15s %0*lx %06lx %06lx %02lx %3s %2u %3u %2lu\n", i,
                  visible(section.name).substr(0, 200).c_str(), type.c_str(), header.wide ? 16 : 8,
                  static_cast<unsigned long>(section.address),
                  static_cast<unsigned long>(section.offset),
                  static_cast<unsigned long>(section.size),
                  static_cast<unsigned long>(section.entry_size),
                  section_flags(section.flags, header.abi == ELFOSABI_GNU).c_str(), section.link,
                  section.info, static_cast<unsigned long>(section.align));
    }
    if (!to.call.json()) {
        out.print(
            "Key to Flags:\n"
            "  W (write), A (alloc), X (execute), M (merge), S (strings), I (info),\n"
            "  L (link order), O (extra OS processing required), G (group), T (TLS),\n"
            "  C (compressed), x (unknown), o (OS specific), E (exclude),\n"
            "  %sD (mbind), l (large)%s\n",
            header.abi == ELFOSABI_GNU ? "R (retain), " : "",
            header.machine == EM_X86_64 ? ", p (processor specific)" : "");
    }
}

namespace {

bool inside(const Section& section, const parse::elf::Segment& segment) {
    const bool of_tls = segment.type == PT_TLS;
    const bool is_tls = (section.flags & SHF_TLS) != 0;
    if (section.type == SHT_NULL || of_tls != (is_tls && of_tls)) return false;
    if (is_tls && !of_tls && segment.type != PT_GNU_RELRO && segment.type != PT_LOAD) return false;
    const bool in_memory = (section.flags & SHF_ALLOC) != 0;
    // Thread-local zeroes take no place but in the template of them.
    if (section.type == SHT_NOBITS && is_tls && !of_tls) return false;
    if (!in_memory &&
        (segment.type == PT_LOAD || segment.type == PT_DYNAMIC || segment.type == PT_GNU_EH_FRAME ||
         segment.type == PT_GNU_RELRO || segment.type == PT_GNU_STACK)) {
        return false;
    }
    const auto size = section.size;
    const auto within = [](std::uint64_t at, std::uint64_t length, std::uint64_t from,
                           std::uint64_t room) {
        if (at < from || at - from > room || length > room - (at - from)) return false;
        return at - from < room || (room == 0 && length == 0);
    };
    if (section.type != SHT_NOBITS &&
        !within(section.offset, size, segment.offset, segment.file_size)) {
        return false;
    }
    if (in_memory && !within(section.address, size, segment.address, segment.memory_size)) {
        return false;
    }
    // An empty one at either end of these belongs to what lies beside them.
    if ((segment.type == PT_DYNAMIC || segment.type == PT_NOTE) && section.size == 0) return false;
    return segment.memory_size > 0 || segment.file_size > 0;
}

}  // namespace

void segments(Printer& to) {
    const auto& header = to.source.file.header();
    const auto& list = to.source.file.segments();
    auto& out = to.call.out;
    if (!to.call.json()) {
        if (list.empty()) return out.write("\nThere are no program headers in this file.\n");
        if (to.only_segments) {
            out.print(
                "\nElf file type is %s\nEntry point %#lx\nThere %s %zu program header%s, "
                "starting at offset %lu\n",
                type_name(to.source).c_str(), static_cast<unsigned long>(header.entry),
                list.size() == 1 ? "is" : "are", list.size(), list.size() == 1 ? "" : "s",
                static_cast<unsigned long>(header.segments_at));
        }
        out.write(header.wide
                      ? "\nProgram Headers:\n  Type           Offset   VirtAddr           "
                        "PhysAddr           FileSiz  MemSiz   Flg Align\n"
                      : "\nProgram Headers:\n  Type           Offset   VirtAddr   PhysAddr   "
                        "FileSiz MemSiz  Flg Align\n");
    }
    const int digits = header.wide ? 16 : 8;
    for (const auto& segment : list) {
        auto type = std::string(name_of(segment_types, segment.type));
        if (type.empty()) type = "<unknown>: " + hex(segment.type).substr(2);
        const std::string flags{segment.flags & PF_R ? 'R' : ' ', segment.flags & PF_W ? 'W' : ' ',
                                segment.flags & PF_X ? 'E' : ' '};
        if (to.call.json()) {
            JsonObject object;
            object.text("kind", "segment")
                .text("file", to.source.name)
                .text("type", type)
                .number("offset", segment.offset)
                .text("address", hex(segment.address))
                .number("file_size", segment.file_size)
                .number("memory_size", segment.memory_size)
                .text("flags", flags)
                .number("align", segment.align);
            to.object(object);
            continue;
        }
        out.print("  %-14s 0x%06lx 0x%0*lx 0x%0*lx 0x%0*lx 0x%0*lx %s %#lx\n", type.c_str(),
                  static_cast<unsigned long>(segment.offset), digits,
                  static_cast<unsigned long>(segment.address), digits,
                  static_cast<unsigned long>(segment.physical), header.wide ? 6 : 5,
                  static_cast<unsigned long>(segment.file_size), header.wide ? 6 : 5,
                  static_cast<unsigned long>(segment.memory_size), flags.c_str(),
                  static_cast<unsigned long>(segment.align));
        if (segment.type == PT_INTERP) {
            const auto name = to.source.file.interpreter();
            if (name && *name) {
                out.write("      [Requesting program interpreter: " + visible(**name) + "]\n");
            }
        }
    }
    if (to.call.json() || to.source.sections.empty()) return;
    out.write("\n Section to Segment mapping:\n  Segment Sections...\n");
    for (std::size_t i = 0; i < list.size(); ++i) {
        out.print("   %02zu     ", i);
        for (const auto& section : to.source.sections) {
            if (inside(section, list[i])) out.write(visible(section.name) + " ");
        }
        out.write("\n");
    }
}

namespace {

void note(Printer& to, const parse::elf::Note& note) {
    const bool gnu = note.owner == "GNU";
    const bool core = note.owner == "CORE" || note.owner == "LINUX";
    auto type = spaced(name_of(gnu    ? note_types
                               : core ? core_types
                                      : "",
                               note.type),
                       "Unknown note type: 0x", note.type);
    std::string told;
    if (note.owner == "Go" && note.type == 4) {
        type = "GO BUILDID";
        told = visible(note.description);
    }
    if (gnu && note.type == NT_GNU_BUILD_ID) {
        told = "Build ID: " + parse::hex_bytes(note.description);
    } else if (gnu && note.type == NT_GNU_ABI_TAG && note.description.size() >= 16) {
        told = "OS: Linux, ABI: ";
        for (std::size_t at = 4; at < 16; at += 4) {
            if (at > 4) told += '.';
            told += std::to_string(to.source.file.number(note.description, at, 4));
        }
    }
    if (to.call.json()) {
        JsonObject object;
        object.text("kind", "note")
            .text("file", to.source.name)
            .text("owner", note.owner)
            .number("type", note.type)
            .text("name", type)
            .number("size", note.description.size())
            .text("description", told);
        return to.object(object);
    }
    to.call.out.print("  %-20s 0x%08zx\t%s", visible(note.owner).c_str(), note.description.size(),
                      type.c_str());
    if (!told.empty()) to.call.out.write("\t    " + told);
    to.call.out.write("\n");
}

void notes_of(Printer& to, const std::string& place, std::uint64_t offset, std::uint64_t size,
              std::uint64_t align) {
    const auto list = to.source.file.notes_in(offset, size, align);
    if (!list) return to.call.complain(list.error());
    if (!to.call.json()) {
        to.call.out.write("\nDisplaying notes found " + place +
                          "\n  Owner                Data size \tDescription\n");
    }
    for (const auto& each : *list) note(to, each);
}

}  // namespace

// By section, as they have names; a core file has none.
void notes(Printer& to) {
    bool any = false;
    for (const auto& section : to.source.sections) {
        if (section.type != SHT_NOTE) continue;
        any = true;
        notes_of(to, "in: " + visible(section.name), section.offset, section.size, section.align);
    }
    if (any) return;
    for (const auto& segment : to.source.file.segments()) {
        if (segment.type != PT_NOTE) continue;
        char place[80];
        std::snprintf(place, sizeof place, "at file offset 0x%08lx with length 0x%08lx:",
                      static_cast<unsigned long>(segment.offset),
                      static_cast<unsigned long>(segment.file_size));
        notes_of(to, place, segment.offset, segment.file_size, segment.align);
    }
}

}  // namespace limpet::commands::elf_print
