// parse/digest_more.cpp - BLAKE2b (RFC 7693) and the CRC of cksum.
#include "parse/digest_blocks.h"

#include <array>
#include <bit>
#include <cstring>

namespace limpet::parse::digest {
namespace {

// Which word of the message goes where, ten rounds of sixteen.
constexpr unsigned char order[10][16]{
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15},
    {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4},
    {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13},
    {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11},
    {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5},
    {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
};

// The same constants as SHA-512's state begins with.
constexpr std::uint64_t initial[8]{
    0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
    0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
};

void mix(std::uint64_t* v, unsigned a, unsigned b, unsigned c, unsigned d, std::uint64_t x,
         std::uint64_t y) {
    v[a] += v[b] + x;
    v[d] = std::rotr(v[d] ^ v[a], 32);
    v[c] += v[d];
    v[b] = std::rotr(v[b] ^ v[c], 24);
    v[a] += v[b] + y;
    v[d] = std::rotr(v[d] ^ v[a], 16);
    v[c] += v[d];
    v[b] = std::rotr(v[b] ^ v[c], 63);
}

// Eight tables, so that eight bytes are one step; made when the first byte comes.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

Tables make_tables() {
    Tables tables{};
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
        std::uint32_t value = byte << 24;
        for (int bit = 0; bit < 8; ++bit) {
            value = value << 1 ^ ((value & 0x80000000) != 0 ? 0x04c11db7 : 0);
        }
        tables[0][byte] = value;
    }
    for (std::size_t k = 1; k < 8; ++k) {
        for (std::size_t byte = 0; byte < 256; ++byte) {
            const auto before = tables[k - 1][byte];
            tables[k][byte] = before << 8 ^ tables[0][before >> 24];
        }
    }
    return tables;
}

}  // namespace

void blake2b(std::uint64_t* state, const unsigned char* bytes, std::uint64_t total, bool last) {
    std::uint64_t m[16];
    std::memcpy(m, bytes, sizeof m);
    if constexpr (std::endian::native == std::endian::big) {
        for (auto& word : m) word = __builtin_bswap64(word);
    }
    std::uint64_t v[16];
    for (unsigned i = 0; i < 8; ++i) {
        v[i] = state[i];
        v[i + 8] = initial[i];
    }
    v[12] ^= total;
    if (last) v[14] = ~v[14];
    for (unsigned round = 0; round < 12; ++round) {
        const auto& s = order[round % 10];
        for (unsigned i = 0; i < 4; ++i) {
            mix(v, i, 4 + i, 8 + i, 12 + i, m[s[2 * i]], m[s[2 * i + 1]]);
        }
        for (unsigned i = 0; i < 4; ++i) {
            mix(v, i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4, m[s[8 + 2 * i]],
                m[s[9 + 2 * i]]);
        }
    }
    for (unsigned i = 0; i < 8; ++i) state[i] ^= v[i] ^ v[i + 8];
}

std::uint32_t crc(std::uint32_t value, const unsigned char* bytes, std::size_t size) {
    static const Tables tables = make_tables();
    for (; size >= 8; size -= 8, bytes += 8) {
        std::uint32_t first = 0;
        for (int i = 0; i < 4; ++i) first = first << 8 | bytes[i];
        first ^= value;
        value = tables[7][first >> 24] ^ tables[6][first >> 16 & 255] ^
                tables[5][first >> 8 & 255] ^ tables[4][first & 255] ^ tables[3][bytes[4]] ^
                tables[2][bytes[5]] ^ tables[1][bytes[6]] ^ tables[0][bytes[7]];
    }
    for (; size > 0; --size, ++bytes) value = value << 8 ^ tables[0][value >> 24 ^ *bytes];
    return value;
}

}  // namespace limpet::parse::digest
