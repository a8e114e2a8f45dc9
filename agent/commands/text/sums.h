// sums.h - the lines that md5sum and its kin write and read.
#pragma once

#include "limpet/digest.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::commands::sums {

struct Algorithm {
    std::string_view name, tag;  // "sha256", "SHA256"
    DigestKind kind = DigestKind::md5;
    bool crc = false;  // POSIX's checksum, no digest
};

const Algorithm& algorithm(DigestKind kind);
// Null for a name that there is not.
const Algorithm* by_name(std::string_view name);

// A name with a newline, return or backslash has them escaped, as GNU's tools do; its line begins
// with a backslash.
std::string escaped(std::string_view name);

struct Listed {
    const Algorithm* algorithm;
    std::string digest, name;  // digest: lower case
};

// A line of such a list, without its end: "DIGEST  NAME" of this algorithm, or "TAG (NAME) =
// DIGEST"; of any algorithm when it is the CRC's.
std::optional<Listed> listed(std::string_view line, const Algorithm& algorithm);

std::uint32_t crc(std::uint32_t value, std::string_view bytes);
// Its end: the length follows the bytes.
std::uint32_t crc_end(std::uint32_t value, std::uint64_t bytes);

}  // namespace limpet::commands::sums
