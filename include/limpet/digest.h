// digest.h - message digests (FIPS 180-4, RFC 1321, RFC 7693), fed piece by piece.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace limpet {

enum class DigestKind { md5, sha1, sha256, sha512, blake2b };

class Digest {
public:
    // `length`: characters of the text, which blake2b alone lets one choose (2 to 128, even).
    explicit Digest(DigestKind kind, std::size_t length = 128);
    void add(std::string_view bytes);
    // Hexadecimal; the digest is used up.
    std::string finish();
    // Characters of that text, at most.
    static std::size_t length(DigestKind kind);

private:
    void blocks(const unsigned char* bytes, std::size_t count);
    void finish_blocks();
    [[nodiscard]] bool wide() const {
        return kind_ == DigestKind::sha512 || kind_ == DigestKind::blake2b;
    }
    [[nodiscard]] std::size_t block_size() const { return wide() ? 128 : 64; }
    DigestKind kind_;
    std::size_t length_;
    std::array<std::uint32_t, 8> words_{};
    std::array<std::uint64_t, 8> wide_{};
    std::array<unsigned char, 128> rest_{};
    std::size_t held_ = 0;
    std::uint64_t total_ = 0;
    std::uint64_t compressed_ = 0;  // of blake2b, which counts in every block
};

}  // namespace limpet
