// runtime_state.cpp - fuzzes parse::runtime_state.
#include "parse/runtime_state.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto result = limpet::parse::runtime_state({reinterpret_cast<const char*>(data), size});
    static_cast<void>(result);
    return 0;
}
