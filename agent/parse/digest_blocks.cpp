// parse/digest_blocks.cpp - the compression functions of the digests.
#include "parse/digest_blocks.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

namespace limpet::parse::digest {
namespace {

constexpr std::array<std::uint32_t, 64> sha256_constants{
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

constexpr std::array<std::uint64_t, 80> sha512_constants{
    0x428a2f98d728ae22, 0x7137449123ef65cd, 0xb5c0fbcfec4d3b2f, 0xe9b5dba58189dbbc,
    0x3956c25bf348b538, 0x59f111f1b605d019, 0x923f82a4af194f9b, 0xab1c5ed5da6d8118,
    0xd807aa98a3030242, 0x12835b0145706fbe, 0x243185be4ee4b28c, 0x550c7dc3d5ffb4e2,
    0x72be5d74f27b896f, 0x80deb1fe3b1696b1, 0x9bdc06a725c71235, 0xc19bf174cf692694,
    0xe49b69c19ef14ad2, 0xefbe4786384f25e3, 0x0fc19dc68b8cd5b5, 0x240ca1cc77ac9c65,
    0x2de92c6f592b0275, 0x4a7484aa6ea6e483, 0x5cb0a9dcbd41fbd4, 0x76f988da831153b5,
    0x983e5152ee66dfab, 0xa831c66d2db43210, 0xb00327c898fb213f, 0xbf597fc7beef0ee4,
    0xc6e00bf33da88fc2, 0xd5a79147930aa725, 0x06ca6351e003826f, 0x142929670a0e6e70,
    0x27b70a8546d22ffc, 0x2e1b21385c26c926, 0x4d2c6dfc5ac42aed, 0x53380d139d95b3df,
    0x650a73548baf63de, 0x766a0abb3c77b2a8, 0x81c2c92e47edaee6, 0x92722c851482353b,
    0xa2bfe8a14cf10364, 0xa81a664bbc423001, 0xc24b8b70d0f89791, 0xc76c51a30654be30,
    0xd192e819d6ef5218, 0xd69906245565a910, 0xf40e35855771202a, 0x106aa07032bbd1b8,
    0x19a4c116b8d2d0c8, 0x1e376c085141ab53, 0x2748774cdf8eeb99, 0x34b0bcb5e19b48a8,
    0x391c0cb3c5c95a63, 0x4ed8aa4ae3418acb, 0x5b9cca4f7763e373, 0x682e6ff3d6b2b8a3,
    0x748f82ee5defb2fc, 0x78a5636f43172f60, 0x84c87814a1f0ab72, 0x8cc702081a6439ec,
    0x90befffa23631e28, 0xa4506cebde82bde9, 0xbef9a3f7b2c67915, 0xc67178f2e372532b,
    0xca273eceea26619c, 0xd186b8c721c0c207, 0xeada7dd6cde0eb1e, 0xf57d4f7fee6ed178,
    0x06f067aa72176fba, 0x0a637dc5a2c898a6, 0x113f9804bef90dae, 0x1b710b35131c471b,
    0x28db77f523047d84, 0x32caab7b40c72493, 0x3c9ebe0a15c9bebc, 0x431d67c49c100d4c,
    0x4cc5d4becb3e42b6, 0x597f299cfc657e2a, 0x5fcb6fab3ad6faec, 0x6c44198c4a475817,
};

constexpr std::array<std::uint32_t, 64> md5_constants{
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
};

template <typename Word>
Word load_big(const unsigned char* bytes) {
    Word word = 0;
    std::memcpy(&word, bytes, sizeof word);
    if constexpr (std::endian::native == std::endian::big) return word;
    if constexpr (sizeof word == 8) return __builtin_bswap64(word);
    return static_cast<Word>(__builtin_bswap32(static_cast<std::uint32_t>(word)));
}

std::uint32_t load_little(const unsigned char* bytes) {
    return __builtin_bswap32(load_big<std::uint32_t>(bytes));
}

// SHA-256 and SHA-512 differ in width, rounds and amounts of rotation only.
struct Rotations {
    int big0[3], big1[3], small0[3], small1[3];
};
constexpr Rotations rotations256{{2, 13, 22}, {6, 11, 25}, {7, 18, 3}, {17, 19, 10}};
constexpr Rotations rotations512{{28, 34, 39}, {14, 18, 41}, {1, 8, 7}, {19, 61, 6}};

template <typename Word, std::size_t rounds>
void sha2(Word* state, const unsigned char* bytes, std::size_t blocks,
          const std::array<Word, rounds>& constants, const Rotations& by) {
    const auto big = [](Word x, const int* r) {
        return std::rotr(x, r[0]) ^ std::rotr(x, r[1]) ^ std::rotr(x, r[2]);
    };
    const auto small = [](Word x, const int* r) {
        return std::rotr(x, r[0]) ^ std::rotr(x, r[1]) ^ (x >> r[2]);
    };
    for (; blocks > 0; --blocks, bytes += 16 * sizeof(Word)) {
        std::array<Word, rounds> w;
        for (std::size_t i = 0; i < 16; ++i) w[i] = load_big<Word>(bytes + i * sizeof(Word));
        for (std::size_t i = 16; i < rounds; ++i) {
            w[i] = w[i - 16] + small(w[i - 15], by.small0) + w[i - 7] + small(w[i - 2], by.small1);
        }
        Word a = state[0], b = state[1], c = state[2], d = state[3];
        Word e = state[4], f = state[5], g = state[6], h = state[7];
        for (std::size_t i = 0; i < rounds; ++i) {
            const Word t1 = h + big(e, by.big1) + ((e & f) ^ (~e & g)) + constants[i] + w[i];
            const Word t2 = big(a, by.big0) + ((a & b) ^ (a & c) ^ (b & c));
            h = g;
            g = f;
            f = e;
            e = d + t1;
            d = c;
            c = b;
            b = a;
            a = t1 + t2;
        }
        const Word after[8]{a, b, c, d, e, f, g, h};
        for (std::size_t i = 0; i < 8; ++i) state[i] += after[i];
    }
}

#if defined(__x86_64__)
bool has_sha_instructions() {
    unsigned a = 0, b = 0, c = 0, d = 0;
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(b & bit_SHA)) return false;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_1) && (c & bit_SSSE3);
}

// Intel's SHA extensions: two rounds an instruction, on state words in the order ABEF and CDGH.
__attribute__((target("sha,sse4.1,ssse3"))) void sha256_instructions(std::uint32_t* state,
                                                                     const unsigned char* bytes,
                                                                     std::size_t blocks) {
    const __m128i order = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const auto load = [](const void* from) {
        return _mm_loadu_si128(static_cast<const __m128i*>(from));
    };
    __m128i low = _mm_shuffle_epi32(load(state), 0xB1);       // CDAB
    __m128i high = _mm_shuffle_epi32(load(state + 4), 0x1B);  // EFGH
    __m128i abef = _mm_alignr_epi8(low, high, 8);
    __m128i cdgh = _mm_blend_epi16(high, low, 0xF0);
    for (; blocks > 0; --blocks, bytes += 64) {
        const __m128i abef_before = abef, cdgh_before = cdgh;
        __m128i w[4];
        for (int i = 0; i < 4; ++i) w[i] = _mm_shuffle_epi8(load(bytes + 16 * i), order);
#pragma GCC unroll 16
        for (int i = 0; i < 16; ++i) {
            __m128i& now = w[i & 3];
            if (i >= 4) {
                // The next four words of the schedule, from those 16, 15, 7 and 2 back.
                const __m128i& last = w[(i + 3) & 3];
                const __m128i seven = _mm_alignr_epi8(last, w[(i + 2) & 3], 4);
                now = _mm_sha256msg1_epu32(now, w[(i + 1) & 3]);
                now = _mm_sha256msg2_epu32(_mm_add_epi32(now, seven), last);
            }
            __m128i sum =
                _mm_add_epi32(now, load(&sha256_constants[static_cast<std::size_t>(i) * 4]));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            sum = _mm_shuffle_epi32(sum, 0x0E);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, sum);
        }
        abef = _mm_add_epi32(abef, abef_before);
        cdgh = _mm_add_epi32(cdgh, cdgh_before);
    }
    low = _mm_shuffle_epi32(abef, 0x1B);   // FEBA
    high = _mm_shuffle_epi32(cdgh, 0xB1);  // DCHG
    _mm_storeu_si128(reinterpret_cast<__m128i*>(state), _mm_blend_epi16(low, high, 0xF0));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(state + 4), _mm_alignr_epi8(high, low, 8));
}
#endif

}  // namespace

void sha256_portable(std::uint32_t* state, const unsigned char* bytes, std::size_t blocks) {
    sha2(state, bytes, blocks, sha256_constants, rotations256);
}

void sha256(std::uint32_t* state, const unsigned char* bytes, std::size_t blocks) {
#if defined(__x86_64__)
    static const bool instructions = has_sha_instructions();
    if (instructions) return sha256_instructions(state, bytes, blocks);
#endif
    sha256_portable(state, bytes, blocks);
}

void sha512(std::uint64_t* state, const unsigned char* bytes, std::size_t blocks) {
    sha2(state, bytes, blocks, sha512_constants, rotations512);
}

void sha1(std::uint32_t* state, const unsigned char* bytes, std::size_t blocks) {
    for (; blocks > 0; --blocks, bytes += 64) {
        std::array<std::uint32_t, 80> w;
        for (std::size_t i = 0; i < 16; ++i) w[i] = load_big<std::uint32_t>(bytes + i * 4);
        for (std::size_t i = 16; i < 80; ++i) {
            w[i] = std::rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
        }
        std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3], e = state[4];
        for (std::size_t i = 0; i < 80; ++i) {
            const std::uint32_t choice = i < 20   ? ((b & c) | (~b & d)) + 0x5a827999
                                         : i < 40 ? (b ^ c ^ d) + 0x6ed9eba1
                                         : i < 60 ? ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc
                                                  : (b ^ c ^ d) + 0xca62c1d6;
            const std::uint32_t next = std::rotl(a, 5) + choice + e + w[i];
            e = d;
            d = c;
            c = std::rotl(b, 30);
            b = a;
            a = next;
        }
        const std::uint32_t after[5]{a, b, c, d, e};
        for (std::size_t i = 0; i < 5; ++i) state[i] += after[i];
    }
}

void md5(std::uint32_t* state, const unsigned char* bytes, std::size_t blocks) {
    constexpr int amounts[4][4]{{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
    for (; blocks > 0; --blocks, bytes += 64) {
        std::array<std::uint32_t, 16> w;
        for (std::size_t i = 0; i < 16; ++i) w[i] = load_little(bytes + i * 4);
        std::uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
        for (std::size_t i = 0; i < 64; ++i) {
            const auto round = i / 16;
            const std::uint32_t mixed = round == 0   ? (b & c) | (~b & d)
                                        : round == 1 ? (d & b) | (~d & c)
                                        : round == 2 ? b ^ c ^ d
                                                     : c ^ (b | ~d);
            const auto word = round == 0   ? i
                              : round == 1 ? (5 * i + 1) % 16
                              : round == 2 ? (3 * i + 5) % 16
                                           : 7 * i % 16;
            const std::uint32_t sum = a + mixed + md5_constants[i] + w[word];
            a = d;
            d = c;
            c = b;
            b += std::rotl(sum, amounts[round][i % 4]);
        }
        const std::uint32_t after[4]{a, b, c, d};
        for (std::size_t i = 0; i < 4; ++i) state[i] += after[i];
    }
}

}  // namespace limpet::parse::digest
