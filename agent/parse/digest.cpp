// parse/digest.cpp - padding and output of the digests.
#include "limpet/digest.h"

#include "parse/digest_blocks.h"

#include <algorithm>
#include <cstring>

namespace limpet {
namespace {

constexpr std::array<std::uint64_t, 8> initial512{
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

}  // namespace

Digest::Digest(DigestKind kind, std::size_t length)
    : kind_(kind), length_(std::min(length, Digest::length(kind))) {
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
        case DigestKind::sha512: wide_ = initial512; break;
        case DigestKind::blake2b:
            wide_ = initial512;
            // No key; depth and fanout 1.
            wide_[0] ^= 0x01010000 ^ length_ / 2;
            break;
    }
}

std::size_t Digest::length(DigestKind kind) {
    switch (kind) {
        case DigestKind::md5: return 32;
        case DigestKind::sha1: return 40;
        case DigestKind::sha256: return 64;
        case DigestKind::sha512:
        case DigestKind::blake2b: return 128;
    }
    return 0;
}

void Digest::blocks(const unsigned char* bytes, std::size_t count) {
    switch (kind_) {
        case DigestKind::md5: return parse::digest::md5(words_.data(), bytes, count);
        case DigestKind::sha1: return parse::digest::sha1(words_.data(), bytes, count);
        case DigestKind::sha256: return parse::digest::sha256(words_.data(), bytes, count);
        case DigestKind::sha512: return parse::digest::sha512(wide_.data(), bytes, count);
        case DigestKind::blake2b:
            for (; count > 0; --count, bytes += 128) {
                compressed_ += 128;
                parse::digest::blake2b(wide_.data(), bytes, compressed_, false);
            }
            return;
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
        // blake2b's last block is marked, so a full one waits for what comes behind it.
        if (held_ < size || (left == 0 && kind_ == DigestKind::blake2b)) return;
        blocks(rest_.data(), 1);
        held_ = 0;
    }
    auto whole = left / size;
    if (kind_ == DigestKind::blake2b && whole > 0 && left % size == 0) --whole;
    blocks(data, whole);
    data += whole * size;
    held_ = left - whole * size;
    if (held_ > 0) std::memcpy(rest_.data(), data, held_);
}

void Digest::finish_blocks() {
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
}

std::string Digest::finish() {
    if (kind_ == DigestKind::blake2b) {
        std::fill(rest_.begin() + static_cast<std::ptrdiff_t>(held_), rest_.end(), 0);
        parse::digest::blake2b(wide_.data(), rest_.data(), total_, true);
    } else {
        finish_blocks();
    }
    std::string text;
    const auto byte = [&](std::uint64_t value) {
        constexpr std::string_view digits = "0123456789abcdef";
        text += digits[value >> 4 & 15];
        text += digits[value & 15];
    };
    const auto bytes = length_ / 2;
    for (std::size_t i = 0; i < bytes; ++i) {
        if (kind_ == DigestKind::sha512) {
            byte(wide_[i / 8] >> (56 - i % 8 * 8) & 255);
        } else if (kind_ == DigestKind::blake2b) {
            byte(wide_[i / 8] >> (i % 8 * 8) & 255);
        } else {
            const auto shift = kind_ == DigestKind::md5 ? i % 4 * 8 : 24 - i % 4 * 8;
            byte(words_[i / 4] >> shift & 255);
        }
    }
    return text;
}

}  // namespace limpet
