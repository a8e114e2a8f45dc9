// parse/digest.h - message digests (FIPS 180-4, RFC 1321), fed piece by piece.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace limpet::parse {

enum class DigestKind { md5, sha1, sha256, sha512 };

class Digest {
public:
    explicit Digest(DigestKind kind);
    void add(std::string_view bytes);
    // Hexadecimal; the digest is used up.
    std::string finish();
    // Characters of that text.
    static std::size_t length(DigestKind kind);

private:
    void blocks(const unsigned char* bytes, std::size_t count);
    [[nodiscard]] std::size_t block_size() const { return kind_ == DigestKind::sha512 ? 128 : 64; }
    DigestKind kind_;
    std::array<std::uint32_t, 8> words_{};
    std::array<std::uint64_t, 8> wide_{};
    std::array<unsigned char, 128> rest_{};
    std::size_t held_ = 0;
    std::uint64_t total_ = 0;
};

}  // namespace limpet::parse
