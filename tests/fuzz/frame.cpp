// frame.cpp - a byte stream as a hostile peer may send it: frames end to end, their payloads
// decoded; what is accepted must encode to the same bytes.
#include "limpet/frame.h"
#include "limpet/message.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace {

using namespace limpet;

void decode_payload(FrameType type, std::string_view payload) {
    const auto same = [&](const auto& decoded) {
        if (decoded && encode(*decoded) != payload) std::abort();
    };
    switch (type) {
        case FrameType::hello: same(decode_hello(payload)); break;
        case FrameType::open: same(decode_open(payload)); break;
        case FrameType::exit: same(decode_exit(payload)); break;
        default: break;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    while (size >= frame_header_size) {
        std::array<std::byte, frame_header_size> bytes;
        std::memcpy(bytes.data(), data, bytes.size());
        const auto header = decode_header(bytes);
        if (!header) return 0;
        if (encode(*header) != bytes) std::abort();
        if (header->length > payload_limit(header->type)) std::abort();
        data += frame_header_size;
        size -= frame_header_size;
        if (size < header->length) return 0;
        decode_payload(header->type, {reinterpret_cast<const char*>(data), header->length});
        data += header->length;
        size -= header->length;
    }
    return 0;
}
