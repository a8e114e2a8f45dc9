// process_limits.cpp - fuzzes parse::process_limits.
#include "parse/process_limits.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto result = limpet::parse::process_limits({reinterpret_cast<const char*>(data), size});
    static_cast<void>(result);
    return 0;
}
