// elf.cpp - ELF files, every question that a command asks of one.
#include "parse/elf.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto file = limpet::parse::elf::File::open(
        [bytes](std::uint64_t offset, std::size_t count) -> limpet::Result<std::string> {
            if (count > (std::size_t{64} << 20)) std::abort();
            if (offset >= bytes.size()) return std::string();
            return std::string(bytes.substr(static_cast<std::size_t>(offset), count));
        });
    if (!file) return 0;
    static_cast<void>(file->sections());
    static_cast<void>(file->interpreter());
    static_cast<void>(file->notes());
    if (const auto dynamic = file->dynamic(); dynamic && *dynamic) {
        static_cast<void>(file->versions(**dynamic));
    }
    if (const auto sections = file->sections()) {
        std::size_t tables = 0;
        for (const auto& section : *sections) {
            // Each is a walk over the whole of it; a file says how many there are.
            if (++tables > 8) break;
            static_cast<void>(file->contents(section));
            static_cast<void>(file->each_symbol(section, [](const limpet::parse::elf::Symbol&) {}));
            static_cast<void>(file->notes_in(section.offset, section.size, section.align));
        }
    }
    static_cast<void>(limpet::parse::elf::machine_name(file->header().machine));
    return 0;
}
