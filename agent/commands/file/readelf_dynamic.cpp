// readelf_dynamic.cpp - the dynamic section as readelf -W has it.
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

constexpr std::string_view tags =
    "NULL NEEDED PLTRELSZ PLTGOT HASH STRTAB SYMTAB RELA RELASZ RELAENT STRSZ SYMENT INIT FINI "
    "SONAME RPATH SYMBOLIC REL RELSZ RELENT PLTREL DEBUG TEXTREL JMPREL BIND_NOW INIT_ARRAY "
    "FINI_ARRAY INIT_ARRAYSZ FINI_ARRAYSZ RUNPATH FLAGS 20=PREINIT_ARRAY PREINIT_ARRAYSZ "
    "SYMTAB_SHNDX RELRSZ RELR RELRENT 6ffffef5=GNU_HASH 6ffffff0=VERSYM 6ffffff9=RELACOUNT "
    "RELCOUNT FLAGS_1 VERDEF VERDEFNUM VERNEED VERNEEDNUM 7ffffffd=AUXILIARY 7fffffff=FILTER";
constexpr std::string_view dynamic_flags = "1=ORIGIN 2=SYMBOLIC 4=TEXTREL 8=BIND_NOW 10=STATIC_TLS";
constexpr std::string_view dynamic_flags_1 =
    "1=NOW 2=GLOBAL 4=GROUP 8=NODELETE 10=LOADFLTR 20=INITFIRST 40=NOOPEN 80=ORIGIN 100=DIRECT "
    "400=INTERPOSE 800=NODEFLIB 1000=NODUMP 8000000=PIE";
}  // namespace

void dynamic(Printer& to) {
    auto& out = to.call.out;
    const auto* segment = to.source.file.segment(PT_DYNAMIC);
    if (!to.source.dynamic || !segment) {
        if (!to.call.json()) out.write("\nThere is no dynamic section in this file.\n");
        return;
    }
    const auto& entries = to.source.dynamic->entries;
    const int digits = to.source.file.header().wide ? 16 : 8;
    if (!to.call.json()) {
        out.print(
            "\nDynamic section at offset %#lx contains %zu entr%s:\n  Tag%*s Type%*s "
            "Name/Value\n",
            static_cast<unsigned long>(segment->offset), entries.size(),
            entries.size() == 1 ? "y" : "ies", digits - 9, "", 24, "");
    }
    for (const auto& [tag, value] : entries) {
        auto type = std::string(name_of(tags, tag));
        const auto name = [&]() -> std::string {
            if (!to.source.dynamic->strings_at) return hex(value);
            const auto text = to.source.file.text(*to.source.dynamic->strings_at + value);
            return text ? visible(*text) : hex(value);
        };
        std::string told;
        switch (tag) {
            case DT_NEEDED: told = "Shared library: [" + name() + "]"; break;
            case DT_SONAME: told = "Library soname: [" + name() + "]"; break;
            case DT_RPATH: told = "Library rpath: [" + name() + "]"; break;
            case DT_RUNPATH: told = "Library runpath: [" + name() + "]"; break;
            case DT_FLAGS: told = parse::flag_names(dynamic_flags, value); break;
            case DT_FLAGS_1: told = "Flags: " + parse::flag_names(dynamic_flags_1, value); break;
            case DT_PLTREL: told = name_of(tags, value); break;
            case DT_PLTRELSZ:
            case DT_RELASZ:
            case DT_RELAENT:
            case DT_STRSZ:
            case DT_SYMENT:
            case DT_RELSZ:
            case DT_RELENT:
            case DT_INIT_ARRAYSZ:
            case DT_FINI_ARRAYSZ:
            case 35:  // DT_RELRSZ
            case 37:  // DT_RELRENT
                told = std::to_string(value) + " (bytes)";
                break;
            case DT_VERNEEDNUM:
            case DT_VERDEFNUM:
            case DT_RELACOUNT:
            case DT_RELCOUNT: told = std::to_string(value); break;
            default: told = value == 0 ? "0x0" : hex(value); break;
        }
        std::ranges::replace(told, '|', ' ');
        if (to.call.json()) {
            JsonObject object;
            object.text("kind", "dynamic")
                .text("file", to.source.name)
                .text("tag", type.empty() ? hex(tag) : type)
                .text("value", told);
            to.object(object);
            continue;
        }
        if (type.empty()) type = "<unknown>: " + hex(tag).substr(2);
        out.print(" 0x%0*lx %-20s ", digits, static_cast<unsigned long>(tag),
                  ("(" + type + ")").c_str());
        out.write(told + "\n");
    }
}

}  // namespace limpet::commands::elf_print
