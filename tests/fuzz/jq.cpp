// jq.cpp - filters of jq.
#include "parse/jq.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size > 4096) return 0;
    namespace jq = limpet::parse::jq;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const auto known = [](std::string_view name, std::size_t arity) {
        return name == "recurse" || arity > 0 ? jq::Index{0} : jq::none;
    };
    const auto filter = jq::filter("def map(f): [.[] | f];", text, known, {"ENV"});
    if (!filter) return 0;
    if (filter->root >= filter->nodes.size()) std::abort();
    // Every part is a node.
    for (const auto& node : filter->nodes) {
        for (const auto part : node.parts) {
            if (part != jq::none && part >= filter->nodes.size()) std::abort();
        }
    }
    return 0;
}
