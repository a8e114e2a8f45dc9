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
    static_cast<void>(file->dynamic());
    static_cast<void>(limpet::parse::elf::machine_name(file->header().machine));
    return 0;
}
