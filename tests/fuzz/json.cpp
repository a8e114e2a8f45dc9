// json.cpp - fuzzes parse::json, and what cuts streams of such texts apart: in whatever pieces one
// comes, the values are the same.
#include "parse/json.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

namespace {

std::vector<std::string> cut(std::string_view text, std::size_t piece) {
    std::vector<std::string> values(1);
    limpet::parse::JsonCutter cutter;
    while (!text.empty()) {
        const auto part = text.substr(0, piece);
        const auto taken = cutter.take(part);
        if (taken > part.size() || (taken < part.size() && !cutter.whole())) std::abort();
        values.back() += part.substr(0, taken);
        text.remove_prefix(taken);
        if (!cutter.whole()) continue;
        values.emplace_back();
        cutter.next();
    }
    return values;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto result = limpet::parse::json(text);
    if (size > 4096) return 0;
    const auto values = cut(text, size + 1);
    if (values != cut(text, 1)) std::abort();
    // A whole text is cut into one value, and nothing but blanks.
    if (result && values.size() > 2) std::abort();
    return 0;
}
