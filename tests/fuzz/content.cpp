// content.cpp - files of any kind, by how they begin.
#include "parse/content.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view head(reinterpret_cast<const char*>(data), size);
    for (const bool whole : {false, true}) {
        const auto content = limpet::parse::content(head, whole);
        // It goes on one line.
        if (content.description.empty() || content.mime.empty() || content.charset.empty())
            std::abort();
        if (content.description.find('\n') != std::string::npos) std::abort();
    }
    return 0;
}
