// parse/elf_tables.cpp - symbols and versions of ELF files.
#include "parse/elf.h"

#include <elf.h>

#include <algorithm>

namespace limpet::parse::elf {
namespace {

constexpr std::size_t versions_limit = 16384;
constexpr std::size_t block = 1 << 18;
constexpr std::uint64_t contents_bytes = std::uint64_t{64} << 20;
constexpr std::uint64_t versions_bytes = std::uint64_t{1} << 20;

}  // namespace

std::uint64_t Dynamic::value(std::uint64_t tag) const {
    const auto found = std::ranges::find(entries, tag, &Entry::tag);
    return found == entries.end() ? 0 : found->value;
}

Result<std::string> File::contents(const Section& section) const {
    if (section.type == SHT_NOBITS) return std::string();
    return read_(section.offset, static_cast<std::size_t>(std::min(section.size, contents_bytes)));
}

Result<> File::each_symbol(const Section& table,
                           const std::function<void(const Symbol&)>& visit) const {
    const std::size_t size = header_.wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
    for (std::uint64_t done = 0; done + size <= table.size;) {
        const auto whole = block / size * size;
        const auto bytes =
            TRY(read_(table.offset + done,
                      static_cast<std::size_t>(std::min<std::uint64_t>(whole, table.size - done))));
        if (bytes.size() < size) return {};
        for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
            Symbol symbol;
            const bool wide = header_.wide;
            const auto info = static_cast<std::uint8_t>(number(bytes, at + (wide ? 4 : 12), 1));
            const auto other = static_cast<std::uint8_t>(number(bytes, at + (wide ? 5 : 13), 1));
            symbol.name_at = static_cast<std::uint32_t>(number(bytes, at, 4));
            symbol.type = info & 15;
            symbol.bind = info >> 4;
            symbol.visibility = other & 3;
            symbol.section = static_cast<std::uint16_t>(number(bytes, at + (wide ? 6 : 14), 2));
            symbol.value = number(bytes, at + (wide ? 8 : 4), wide ? 8 : 4);
            symbol.size = number(bytes, at + (wide ? 16 : 8), wide ? 8 : 4);
            visit(symbol);
        }
        done += bytes.size() / size * size;
    }
    return {};
}

// Both lists are chains of records that say how far the next one is: each step goes forward, so
// the end of what was read ends them, whatever they say.
Result<std::vector<Version>> File::versions(const Dynamic& dynamic) const {
    std::vector<Version> versions;
    const auto add = [&](std::string_view file, std::uint64_t name, std::uint64_t flags,
                         std::uint64_t index, bool defined) -> Result<> {
        if (!dynamic.strings_at || name > UINT32_MAX) return {};
        versions.push_back({defined, (flags & VER_FLG_WEAK) != 0,
                            static_cast<std::uint16_t>(index & 0x7fff), std::string(file),
                            TRY(text(*dynamic.strings_at + name))});
        return {};
    };
    const auto walk = [&](std::uint64_t tag, auto&& record) -> Result<> {
        const auto at = place(dynamic.value(tag));
        if (!at || dynamic.value(tag) == 0) return {};
        const auto bytes = TRY(read_(*at, versions_bytes));
        for (std::size_t from = 0; from + 20 <= bytes.size() && versions.size() < versions_limit;) {
            const auto next = TRY(record(std::string_view(bytes), from));
            if (next == 0) break;
            from += static_cast<std::size_t>(next);
        }
        return {};
    };
    TRY(walk(DT_VERNEED, [&](std::string_view bytes, std::size_t from) -> Result<std::uint64_t> {
        const auto file = dynamic.strings_at
                              ? TRY(text(*dynamic.strings_at + number(bytes, from + 4, 4)))
                              : std::string();
        auto at = from + number(bytes, from + 8, 4);
        for (auto left = number(bytes, from + 2, 2); left > 0; --left) {
            if (at + 16 > bytes.size() || versions.size() >= versions_limit) break;
            TRY(add(file, number(bytes, at + 8, 4), number(bytes, at + 4, 2),
                    number(bytes, at + 6, 2), false));
            const auto next = number(bytes, at + 12, 4);
            if (next == 0) break;
            at += next;
        }
        return number(bytes, from + 12, 4);
    }));
    TRY(walk(DT_VERDEF, [&](std::string_view bytes, std::size_t from) -> Result<std::uint64_t> {
        const auto at = from + number(bytes, from + 12, 4);
        if (at + 8 <= bytes.size()) {
            TRY(add({}, number(bytes, at, 4), number(bytes, from + 2, 2),
                    number(bytes, from + 4, 2), true));
        }
        return number(bytes, from + 16, 4);
    }));
    return versions;
}

}  // namespace limpet::parse::elf
