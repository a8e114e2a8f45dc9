// unpack.cpp - gzip and zstd: the first byte says which, the second in what pieces it comes.
#include "parse/unpack.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

using limpet::parse::Packing;
using limpet::parse::Unpacker;

namespace {

// What comes out, cut off at a bound, and whether it was whole.
struct Whole {
    std::string bytes;
    bool good = false, cut = false;
};

Whole unpack(Packing packing, std::string_view in, std::size_t piece) {
    constexpr std::size_t bound = 1 << 20;
    Unpacker unpacker(packing);
    Whole whole;
    std::array<char, 4096> buffer;
    for (std::size_t at = 0;;) {
        auto bytes = in.substr(at, piece);
        at += bytes.size();
        const bool last = bytes.empty();
        for (;;) {
            const auto step = unpacker.step(bytes, buffer);
            if (!step) return whole;
            if (step->used > bytes.size() || step->made > buffer.size()) std::abort();
            if (!bytes.empty() && step->used + step->made == 0) std::abort();
            whole.bytes.append(buffer.data(), step->made);
            bytes.remove_prefix(step->used);
            if (whole.bytes.size() > bound) {
                whole.cut = true;
                return whole;
            }
            if (bytes.empty() && step->made < buffer.size()) break;
        }
        if (!last) continue;
        whole.good = unpacker.finish().has_value();
        return whole;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2 || size > 65536) return 0;
    const std::string_view in(reinterpret_cast<const char*>(data + 2), size - 2);
    const auto packing = (data[0] & 1) != 0 ? Packing::zstd : Packing::gzip;
    const auto once = unpack(packing, in, in.size());
    const auto pieces = unpack(packing, in, data[1] % 64 + 1U);
    if (once.cut || pieces.cut) return 0;
    // However it is cut: the same end, and the same bytes when they are all there.
    if (once.good != pieces.good) std::abort();
    if (once.good && once.bytes != pieces.bytes) std::abort();
    return 0;
}
