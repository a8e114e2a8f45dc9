// sanitiser.cpp - makes bytes of a hostile origin harmless on a terminal, and visible.
#include "attach/sanitiser.h"

#include "limpet/utf8.h"

#include <algorithm>
#include <cstdint>

namespace limpet::attach {
namespace {

constexpr std::string_view digits = "0123456789abcdef";

void escape_byte(unsigned char byte, std::string& out) {
    out += "\\x";
    out += digits[byte >> 4];
    out += digits[byte & 15];
}

void escape_character(std::uint32_t code, std::string& out) {
    const int width = code > 0xffff ? 8 : 4;
    out += width == 8 ? "\\U" : "\\u";
    for (int shift = (width - 1) * 4; shift >= 0; shift -= 4) out += digits[(code >> shift) & 15];
}

constexpr bool plain(unsigned char byte) {
    return (byte >= 0x20 && byte < 0x7f) || byte == '\t' || byte == '\n';
}

// Only what changes how other text is read; ZWJ and variation selectors belong to scripts and
// emoji.
constexpr bool harmful(std::uint32_t code) {
    return (code >= 0x80 && code <= 0x9f) ||                      // C1
           code == 0x061c || code == 0x200e || code == 0x200f ||  // ALM, LRM, RLM
           (code >= 0x2028 && code <= 0x202e) ||                  // LS, PS, LRE .. RLO
           (code >= 0x2066 && code <= 0x206f) ||                  // isolates, deprecated formats
           (code >= 0xfff9 && code <= 0xfffb) ||                  // interlinear annotation
           (code >= 0xe0000 && code <= 0xe007f);                  // tags
}

}  // namespace

void Sanitiser::add(std::string_view bytes, std::string& out) {
    std::size_t at = 0;
    while (at < bytes.size()) {
        if (sequence_.empty()) {
            const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(at);
            const auto stop = std::find_if_not(begin, bytes.end(), [](char byte) {
                return plain(static_cast<unsigned char>(byte));
            });
            out.append(begin, stop);
            at = static_cast<std::size_t>(stop - bytes.begin());
            if (at == bytes.size()) return;
        }
        special(static_cast<unsigned char>(bytes[at++]), out);
    }
}

void Sanitiser::special(unsigned char byte, std::string& out) {
    if (!sequence_.empty()) {
        const auto first = static_cast<unsigned char>(sequence_.front());
        if (utf8::continues(first, sequence_.size(), byte)) {
            sequence_ += static_cast<char>(byte);
            if (sequence_.size() == length_) character(out);
            return;
        }
        broken(out);
    }
    if (plain(byte)) {
        out += static_cast<char>(byte);
    } else if (const auto length = utf8::announced(byte)) {
        sequence_ = static_cast<char>(byte);
        length_ = length;
    } else {
        escape_byte(byte, out);
    }
}

void Sanitiser::character(std::string& out) {
    auto code = static_cast<std::uint32_t>(static_cast<unsigned char>(sequence_[0])) &
                (0xffu >> (length_ + 1));
    for (std::size_t i = 1; i < length_; ++i) {
        code = code << 6 | (static_cast<unsigned char>(sequence_[i]) & 0x3fu);
    }
    if (harmful(code)) {
        escape_character(code, out);
    } else {
        out += sequence_;
    }
    sequence_.clear();
}

void Sanitiser::broken(std::string& out) {
    for (const char byte : sequence_) escape_byte(static_cast<unsigned char>(byte), out);
    sequence_.clear();
}

void Sanitiser::finish(std::string& out) { broken(out); }

std::string one_line(std::string_view text) {
    Sanitiser sanitiser;
    std::string safe;
    sanitiser.add(text, safe);
    sanitiser.finish(safe);
    std::string line;
    for (const char byte : safe) {
        if (byte == '\n' || byte == '\t') {
            escape_byte(static_cast<unsigned char>(byte), line);
        } else {
            line += byte;
        }
    }
    return line;
}

}  // namespace limpet::attach
