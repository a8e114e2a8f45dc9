// parse/digest_blocks.h - the compression functions of the digests, portable and by instruction.
#pragma once

#include <cstddef>
#include <cstdint>

namespace limpet::parse::digest {

void md5(std::uint32_t* state, const unsigned char* bytes, std::size_t blocks);
void sha1(std::uint32_t* state, const unsigned char* bytes, std::size_t blocks);
// With the CPU's SHA instructions where it has them.
void sha256(std::uint32_t* state, const unsigned char* bytes, std::size_t blocks);
void sha256_portable(std::uint32_t* state, const unsigned char* bytes, std::size_t blocks);
void sha512(std::uint64_t* state, const unsigned char* bytes, std::size_t blocks);
// One block of 128 bytes; `total` bytes with it.
void blake2b(std::uint64_t* state, const unsigned char* bytes, std::uint64_t total, bool last);

// POSIX's cksum: the CRC-32 of Ethernet, not reflected, over the bytes alone.
std::uint32_t crc(std::uint32_t value, const unsigned char* bytes, std::size_t size);

}  // namespace limpet::parse::digest
