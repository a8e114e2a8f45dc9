// hexdump_format.cpp - formats of hexdump -e.
#include "parse/hexdump_format.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 4096) return 0;
    using namespace limpet::parse::hexdump;
    const auto format = parse({reinterpret_cast<const char*>(data), size});
    if (!format) return 0;
    // What a command allocates and reads by.
    if (block_size(*format) > block_limit) std::abort();
    for (const auto& unit : *format) {
        std::size_t bytes = 0;
        for (const auto& piece : unit.pieces) bytes += piece.bytes;
        if (bytes > unit.bytes && unit.bytes > 0) std::abort();
    }
    return 0;
}
