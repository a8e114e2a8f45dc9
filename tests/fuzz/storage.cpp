// storage.cpp - fuzzes parse::stored_containers.
#include "parse/storage.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto result =
        limpet::parse::stored_containers({reinterpret_cast<const char*>(data), size});
    static_cast<void>(result);
    return 0;
}
