// linker_cache.cpp - /etc/ld.so.cache of the target.
#include "parse/linker_cache.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    static_cast<void>(limpet::parse::linker_cache(bytes, "libc.so.6"));
    static_cast<void>(limpet::parse::linker_cache(bytes, ""));
    return 0;
}
