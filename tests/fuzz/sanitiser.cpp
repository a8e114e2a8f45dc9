// sanitiser.cpp - what the client lets through to a terminal: only harmless bytes, the same however
// the stream is cut, unchanged when it goes through twice, and bounded.
#include "attach/sanitiser.h"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

using limpet::attach::Sanitiser;

std::string safe(std::string_view bytes) {
    Sanitiser sanitiser;
    std::string out;
    sanitiser.add(bytes, out);
    sanitiser.finish(out);
    return out;
}

void require(bool condition) {
    if (!condition) std::abort();
}

// Told apart by hand and not by the tables of the sanitiser.
void require_harmless(std::string_view text) {
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto byte = static_cast<unsigned char>(text[i]);
        require(byte == '\t' || byte == '\n' || (byte >= 0x20 && byte != 0x7f));
        const auto rest = text.substr(i);
        require(!(rest.size() > 1 && byte == 0xc2 && static_cast<unsigned char>(rest[1]) < 0xa0));
        for (const std::string_view forbidden :
             {"\xe2\x80\xaa", "\xe2\x80\xab", "\xe2\x80\xac", "\xe2\x80\xad", "\xe2\x80\xae",
              "\xe2\x81\xa6", "\xe2\x81\xa7", "\xe2\x81\xa8", "\xe2\x81\xa9", "\xe2\x80\x8e",
              "\xe2\x80\x8f", "\xd8\x9c", "\xe2\x80\xa8", "\xe2\x80\xa9", "\xf3\xa0\x80",
              "\xf3\xa0\x81"}) {
            require(!rest.starts_with(forbidden));
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    const auto whole = safe(text);
    require_harmless(whole);
    require(whole.size() >= text.size() && whole.size() <= 4 * text.size());
    require(safe(whole) == whole);

    const std::size_t step = data[0] % 7 + 1;
    Sanitiser sanitiser;
    std::string pieces;
    for (std::size_t at = 0; at < text.size(); at += step) {
        sanitiser.add(text.substr(at, step), pieces);
    }
    sanitiser.finish(pieces);
    require(pieces == whole);

    const auto line = limpet::attach::one_line(text);
    require(line.find('\n') == std::string::npos);
    require_harmless(line);
    return 0;
}
