// shell/source.h - the text of a script, complete or growing line by line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace limpet::shell {

struct Source {
    // Appends at least one byte to `text`; false at the end. `continued`: in the middle of a
    // command, so a prompt would be the second one.
    using More = bool (*)(void* context, std::string& text, bool continued);

    std::string text;
    std::size_t at = 0;
    int line = 1;
    More more = nullptr;
    void* context = nullptr;
    bool continued = false;

    Source() = default;
    explicit Source(std::string all) : text(std::move(all)) {}
    Source(More reader, void* reader_context) : more(reader), context(reader_context) {}

    // Forgets what was read.
    void trim() {
        if (at == 0 || !more) return;
        text.erase(0, at);
        at = 0;
    }
    bool refill() { return more && more(context, text, continued); }
    // The byte at `offset` from here, -1 at the end.
    int peek(std::size_t offset = 0) {
        while (at + offset >= text.size()) {
            if (!refill()) return -1;
        }
        return static_cast<unsigned char>(text[at + offset]);
    }
};

}  // namespace limpet::shell
