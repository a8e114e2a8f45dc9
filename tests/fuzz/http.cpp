// http.cpp - fuzzes parse::http_answer.
#include "parse/http.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto result = limpet::parse::http_answer({reinterpret_cast<const char*>(data), size});
    static_cast<void>(result);
    return 0;
}
