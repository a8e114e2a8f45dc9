// readelf_symbols.cpp - the symbols of ELF files with their versions, as readelf -W has them.
#include "commands/file/readelf.h"
#include "commands/json.h"
#include "commands/table.h"
#include "parse/name_table.h"

#include <elf.h>

namespace limpet::commands::elf_print {
namespace {

using parse::hex;
using parse::name_of;
using parse::elf::Section;

constexpr std::string_view symbol_types = "NOTYPE OBJECT FUNC SECTION FILE COMMON TLS a=IFUNC";
constexpr std::string_view bindings = "LOCAL GLOBAL WEAK a=UNIQUE";
constexpr std::string_view visibilities = "DEFAULT INTERNAL HIDDEN PROTECTED";

// "@GLIBC_2.2.5" of the symbols in .dynsym, by the index that .gnu.version has for each.
struct Versions {
    std::string indexes;
    std::vector<parse::elf::Version> list;
};

Versions versions_of(const Source& source) {
    Versions found;
    if (!source.dynamic) return found;
    for (const auto& section : source.sections) {
        if (section.type != SHT_GNU_versym) continue;
        found.indexes = source.file.contents(section).value_or("");
        found.list =
            source.file.versions(*source.dynamic).value_or(std::vector<parse::elf::Version>());
        break;
    }
    return found;
}

std::string version_of(const Source& source, const Versions& versions, std::size_t number,
                       std::string_view symbol) {
    if (2 * number + 2 > versions.indexes.size()) return {};
    const auto raw = source.file.number(versions.indexes, 2 * number, 2);
    const auto index = raw & 0x7fff;
    if (index < 2) return {};
    for (const auto& version : versions.list) {
        if (version.index != index) continue;
        // The symbol that stands for the version itself.
        if (version.defined && version.name == symbol) return {};
        if (version.defined) return (raw & 0x8000 ? "@" : "@@") + version.name;
        return "@" + version.name + " (" + std::to_string(index) + ")";
    }
    return {};
}

void print_symbols_of(Printer& to, const Section& table) {
    const auto& source = to.source;
    auto& out = to.call.out;
    const bool wide = source.file.header().wide;
    const std::size_t size = wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    std::string names;
    if (table.link < source.sections.size()) {
        names = source.file.contents(source.sections[table.link]).value_or("");
    }
    const auto versions = table.type == SHT_DYNSYM ? versions_of(source) : Versions{};
    if (!to.call.json()) {
        const auto count = table.size / size;
        out.write("\nSymbol table '" + visible(table.name) + "' contains " + std::to_string(count) +
                  (count == 1 ? " entry:\n" : " entries:\n"));
        out.print("   Num:    Value%*s  Size Type    Bind   Vis      Ndx Name\n", wide ? 8 : 0, "");
    }
    std::size_t at = 0;
    const auto done = source.file.each_symbol(table, [&](const parse::elf::Symbol& symbol) {
        std::string name;
        if (symbol.name_at < names.size()) {
            const auto text = std::string_view(names).substr(symbol.name_at, 65536);
            name = text.substr(0, text.find('\0'));
        }
        if (symbol.type == STT_SECTION && name.empty() && symbol.section < source.sections.size()) {
            name = source.sections[symbol.section].name;
        }
        name += version_of(source, versions, at, name);
        const auto type = parse::name_or_hex(symbol_types, symbol.type);
        const auto bind = parse::name_or_hex(bindings, symbol.bind);
        const auto where = symbol.section == SHN_UNDEF    ? std::string("UND")
                           : symbol.section == SHN_ABS    ? "ABS"
                           : symbol.section == SHN_COMMON ? "COM"
                                                          : std::to_string(symbol.section);
        const auto number_here = at++;
        if (to.call.json()) {
            JsonObject object;
            object.text("kind", "symbol")
                .text("file", source.name)
                .text("table", table.name)
                .number("number", number_here)
                .text("value", hex(symbol.value))
                .number("size", symbol.size)
                .text("type", type)
                .text("bind", bind)
                .text("visibility", name_of(visibilities, symbol.visibility))
                .text("section", where)
                .text("name", name);
            return to.object(object);
        }
        // As wide a field as GNU's has; what is longer stands there in hexadecimal.
        constexpr std::uint64_t wide_size = 99999;
        const auto extent =
            symbol.size > wide_size ? hex(symbol.size) : std::to_string(symbol.size);
        out.print("%6zu: %0*lx %5s %-7s %-6s %-7s  %3s ", number_here, wide ? 16 : 8,
                  static_cast<unsigned long>(symbol.value), extent.c_str(), type.c_str(),
                  bind.c_str(), std::string(name_of(visibilities, symbol.visibility)).c_str(),
                  where.c_str());
        out.write(visible(name) + "\n");
    });
    if (!done) to.call.complain(done.error());
}

}  // namespace

void symbols(Printer& to, bool dynamic_only) {
    for (const auto& section : to.source.sections) {
        if (section.type == SHT_DYNSYM || (section.type == SHT_SYMTAB && !dynamic_only)) {
            print_symbols_of(to, section);
        }
    }
}

}  // namespace limpet::commands::elf_print
