// maps.cpp - fuzzes parse::mapping and parse::memory_use, a line each.
#include "parse/maps.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view line(reinterpret_cast<const char*>(data), size);
    const auto mapping = limpet::parse::mapping(line);
    static_cast<void>(mapping);
    limpet::parse::MemoryUse use;
    limpet::parse::memory_use(line, use);
    return 0;
}
