// go_build.cpp - build information of programs of Go.
#include "parse/go_build.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    limpet::parse::GoBuild build;
    limpet::parse::go_modules(bytes, build);
    const auto file = limpet::parse::elf::File::open(
        [bytes](std::uint64_t offset, std::size_t count) -> limpet::Result<std::string> {
            if (offset >= bytes.size()) return std::string();
            return std::string(bytes.substr(static_cast<std::size_t>(offset), count));
        });
    if (file) static_cast<void>(limpet::parse::go_build(*file));
    return 0;
}
