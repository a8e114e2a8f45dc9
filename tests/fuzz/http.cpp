// http.cpp - fuzzes the answers of HTTP, their chunks, and URLs.
#include "parse/http.h"
#include "parse/url.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace {

using namespace limpet::parse;

// However the bytes are cut, the same comes out.
std::string unchunked(std::string_view bytes, std::size_t piece, bool& failed) {
    HttpChunks chunks;
    std::string out;
    while (!bytes.empty() && !chunks.done()) {
        const auto step = chunks.step(bytes.substr(0, piece));
        if (!step) {
            failed = true;
            break;
        }
        out += step->data;
        if (step->used == 0) __builtin_trap();
        bytes.remove_prefix(step->used);
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    static_cast<void>(http_answer(bytes));
    const auto end = http_head_end(bytes);
    if (end != bytes.npos) {
        if (const auto head = http_head(bytes.substr(0, end))) {
            static_cast<void>(http_length(*head, false));
        }
    }
    bool one = false, other = false;
    if (unchunked(bytes, 1, one) != unchunked(bytes, size, other) || one != other) __builtin_trap();
    if (const auto where = url(bytes)) {
        const auto again = url(where->text());
        if (!again || again->text() != where->text()) __builtin_trap();
    }
    const auto split = bytes.substr(0, bytes.find('\n'));
    if (const auto base = url("http://a.test/b/c?d")) static_cast<void>(join_url(*base, split));
    return 0;
}
