// message.cpp - the payloads of the wire, as a hostile peer may send them; what decodes must
// encode to the same bytes.
#include "limpet/message.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace limpet;
    if (size == 0) return 0;
    const std::string_view payload(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto same = [&](const auto& decoded) {
        if (decoded && encode(*decoded) != payload) std::abort();
    };
    switch (data[0] % 3) {
        case 0: same(decode_hello(payload)); break;
        case 1: same(decode_open(payload)); break;
        default: same(decode_exit(payload)); break;
    }
    return 0;
}
