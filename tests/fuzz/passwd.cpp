// passwd.cpp - fuzzes parse::passwd and parse::group.
#include "parse/passwd.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(limpet::parse::passwd(text));
    static_cast<void>(limpet::parse::group(text));
    return 0;
}
