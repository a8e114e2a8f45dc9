// mountinfo.cpp - fuzzes parse::mountinfo.
#include "parse/mountinfo.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto result = limpet::parse::mountinfo({reinterpret_cast<const char*>(data), size});
    static_cast<void>(result);
    return 0;
}
