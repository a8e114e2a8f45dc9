// unwind.cpp - call frame information, and a stack of the target.
#include "parse/unwind.h"

#include <cstddef>
#include <cstdint>
#include <cstring>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace unwind = limpet::parse::unwind;
    if (size < 24) return 0;
    std::uint64_t head[3];
    std::memcpy(head, data, sizeof head);
    const std::string_view bytes(reinterpret_cast<const char*>(data) + sizeof head,
                                 size - sizeof head);
    const auto split = static_cast<std::size_t>(head[2] % (bytes.size() + 1));
    unwind::Information information;
    information.frames_at = 0x1000;
    information.frames = bytes.substr(split);
    information.table_at = head[1] % 4096;
    information.table = bytes.substr(0, split);
    unwind::Frame frame;
    frame.pc = head[0] % 65536;
    const unwind::Read read = [&](std::uint64_t address, std::uint64_t& value) {
        value = address * 7;
        return address % 3 != 0;
    };
    for (int i = 0; i < 8; ++i) {
        if (unwind::step(information, frame.pc % 65536, read, frame) != unwind::Step::done) break;
    }
    return 0;
}
