// parse/unpack.h - compressed bytes back to what they were: gzip (RFC 1952) by zlib, zstd (RFC
// 8878) by libzstd. Fed piece by piece; nothing here grows with what comes out.
#pragma once

#include "limpet/result.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace limpet::parse {

enum class Packing { none, gzip, zstd, bzip2, xz, lzma, compress };

// By the first bytes of a stream; six are enough.
Packing packing(std::string_view beginning);
// "gzip", for messages.
std::string_view packing_name(Packing packing);

// A stream of members (gzip) or frames (zstd), one behind the other.
class Unpacker {
public:
    // gzip or zstd.
    explicit Unpacker(Packing packing);
    Unpacker(Unpacker&&) noexcept;
    Unpacker& operator=(Unpacker&&) noexcept;
    ~Unpacker();

    struct Step {
        std::size_t used = 0, made = 0;
    };
    // Decodes some of `in` into `out`, which must not be empty. An error comes after all that was
    // decoded before it. The same bytes give the same result however they are cut.
    Result<Step> step(std::string_view in, std::span<char> out);
    // When there is no more input, and step() made nothing of none: whether it ended where it may.
    Result<> finish() const;

    // Bytes that begin no member stood behind the last one (they are passed over).
    [[nodiscard]] bool garbage() const { return garbage_; }
    [[nodiscard]] std::uint64_t members() const { return members_; }
    // What the first member says of itself: gzip's FNAME and MTIME.
    [[nodiscard]] std::string name() const;
    [[nodiscard]] std::uint32_t modified() const;
    // The check value of the last member: gzip's CRC-32.
    [[nodiscard]] std::uint32_t check() const { return check_; }

private:
    struct Coder;
    Result<Step> begin(std::string_view in);
    Result<> start_member();
    Result<Step> inflate(std::string_view in, std::span<char> out);
    Result<Step> decompress(std::string_view in, std::span<char> out);
    std::unique_ptr<Coder> coder_;
    Packing packing_;
    std::string magic_;  // of a member whose beginning is not all here yet
    bool inside_ = false, garbage_ = false, zeros_ = false;
    std::size_t header_left_ = 0;  // bytes that may still be of a frame's header
    std::uint64_t members_ = 0;
    std::uint32_t check_ = 0;
    Error pending_;
    bool broken_ = false;
};

// Bytes to one gzip member.
class GzipPacker {
public:
    // `level` 1 to 9; an empty name and time 0 are left out.
    GzipPacker(int level, const std::string& name, std::uint32_t modified);
    GzipPacker(const GzipPacker&) = delete;
    GzipPacker& operator=(const GzipPacker&) = delete;
    ~GzipPacker();
    // `last`: nothing comes behind `in`; to be repeated until done().
    Unpacker::Step step(std::string_view in, std::span<char> out, bool last);
    [[nodiscard]] bool done() const { return done_; }

private:
    struct Coder;
    std::unique_ptr<Coder> coder_;
    bool done_ = false;
};

}  // namespace limpet::parse
