// parse/digest.cpp - padding and output of the digests.
#include "parse/digest.h"

#include "parse/digest_blocks.h"

#include <algorithm>
#include <cstring>

namespace limpet::parse {

Digest::Digest(DigestKind kind) : kind_(kind) {
    switch (kind) {
        case DigestKind::md5: words_ = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476}; break;
        case DigestKind::sha1:
            words_ = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
            break;
        case DigestKind::sha256:
            words_ = {
                0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
            };
            break;
        case DigestKind::sha512:
            wide_ = {
                0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
                0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
            };
            break;
    }
}

std::size_t Digest::length(DigestKind kind) {
    switch (kind) {
        case DigestKind::md5: return 32;
        case DigestKind::sha1: return 40;
        case DigestKind::sha256: return 64;
        case DigestKind::sha512: return 128;
    }
    return 0;
}

void Digest::blocks(const unsigned char* bytes, std::size_t count) {
    switch (kind_) {
        case DigestKind::md5: return digest::md5(words_.data(), bytes, count);
        case DigestKind::sha1: return digest::sha1(words_.data(), bytes, count);
        case DigestKind::sha256: return digest::sha256(words_.data(), bytes, count);
        case DigestKind::sha512: return digest::sha512(wide_.data(), bytes, count);
    }
}

void Digest::add(std::string_view bytes) {
    total_ += bytes.size();
    const auto* data = reinterpret_cast<const unsigned char*>(bytes.data());
    auto left = bytes.size();
    const auto size = block_size();
    if (held_ > 0) {
        const auto part = std::min(left, size - held_);
        std::memcpy(rest_.data() + held_, data, part);
        held_ += part;
        data += part;
        left -= part;
        if (held_ < size) return;
        blocks(rest_.data(), 1);
        held_ = 0;
    }
    blocks(data, left / size);
    data += left / size * size;
    held_ = left % size;
    if (held_ > 0) std::memcpy(rest_.data(), data, held_);
}

std::string Digest::finish() {
    const std::uint64_t bits = total_ * 8;
    const auto size = block_size();
    const auto length_size = size / 8;
    rest_[held_++] = 0x80;
    if (held_ > size - length_size) {
        std::fill(rest_.begin() + static_cast<std::ptrdiff_t>(held_), rest_.end(), 0);
        blocks(rest_.data(), 1);
        held_ = 0;
    }
    std::fill(rest_.begin() + static_cast<std::ptrdiff_t>(held_), rest_.end(), 0);
    for (std::size_t i = 0; i < 8; ++i) {
        const auto at = kind_ == DigestKind::md5 ? size - 8 + i : size - 1 - i;
        rest_[at] = static_cast<unsigned char>(bits >> (8 * i));
    }
    blocks(rest_.data(), 1);

    std::string text;
    const auto byte = [&](std::uint64_t value) {
        constexpr std::string_view digits = "0123456789abcdef";
        text += digits[value >> 4 & 15];
        text += digits[value & 15];
    };
    const auto bytes = length(kind_) / 2;
    for (std::size_t i = 0; i < bytes; ++i) {
        if (kind_ == DigestKind::sha512) {
            byte(wide_[i / 8] >> (56 - i % 8 * 8) & 255);
        } else {
            const auto shift = kind_ == DigestKind::md5 ? i % 4 * 8 : 24 - i % 4 * 8;
            byte(words_[i / 4] >> shift & 255);
        }
    }
    return text;
}

}  // namespace limpet::parse
