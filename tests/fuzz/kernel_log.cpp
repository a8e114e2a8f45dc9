// kernel_log.cpp - fuzzes parse::kernel_line.
#include "parse/kernel_log.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto line = limpet::parse::kernel_line({reinterpret_cast<const char*>(data), size});
    if (line.text.size() > size || limpet::parse::level_name(line.priority).empty() ||
        limpet::parse::facility_name(line.priority).empty()) {
        __builtin_trap();
    }
    return 0;
}
