// toml.cpp - fuzzes parse::toml_string.
#include "parse/toml.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    static_cast<void>(limpet::parse::toml_string(text, "storage", "graphroot"));
    static_cast<void>(limpet::parse::toml_string(text, "", "state"));
    return 0;
}
