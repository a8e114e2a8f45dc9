// sums_lines.cpp - the lines that md5sum and its kin write and read.
#include "commands/text/sums.h"
#include "parse/digest_blocks.h"
#include "parse/number.h"

#include <algorithm>
#include <cctype>

namespace limpet::commands::sums {
namespace {

constexpr Algorithm algorithms[]{
    {"md5", "MD5", DigestKind::md5},
    {"sha1", "SHA1", DigestKind::sha1},
    {"sha256", "SHA256", DigestKind::sha256},
    {"sha512", "SHA512", DigestKind::sha512},
    {"blake2b", "BLAKE2b", DigestKind::blake2b},
    {"crc", "CRC", DigestKind::md5, true},
};

std::string unescaped(std::string_view name) {
    std::string text;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] != '\\' || i + 1 == name.size()) {
            text += name[i];
            continue;
        }
        ++i;
        text += name[i] == 'n' ? '\n' : name[i] == 'r' ? '\r' : name[i];
    }
    return text;
}

bool fits(const Algorithm& algorithm, std::size_t length) {
    const auto whole = Digest::length(algorithm.kind);
    if (algorithm.kind == DigestKind::blake2b) {
        return length > 0 && length <= whole && length % 2 == 0;
    }
    return length == whole;
}

std::optional<std::string> digest(std::string_view text) {
    std::string lower;
    for (const char byte : text) {
        if (!std::isxdigit(static_cast<unsigned char>(byte))) return std::nullopt;
        lower += static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
    }
    return lower;
}

// "SHA256 (NAME) = DIGEST", "BLAKE2b-256 (NAME) = DIGEST".
std::optional<Listed> tagged(std::string_view line, bool escapes) {
    const auto open = line.find(" ("), close = line.rfind(") = ");
    if (open == line.npos || close == line.npos || close < open + 2) return std::nullopt;
    auto tag = line.substr(0, open);
    const auto text = line.substr(close + 4);
    if (const auto dash = tag.find('-'); dash != tag.npos) {
        const auto bits = parse::number<std::size_t>(tag.substr(dash + 1));
        if (!bits || tag.substr(0, dash) != "BLAKE2b" || *bits != text.size() * 4) {
            return std::nullopt;
        }
        tag = tag.substr(0, dash);
    }
    for (const auto& known : algorithms) {
        if (known.crc || known.tag != tag || !fits(known, text.size())) continue;
        auto found = digest(text);
        const auto name = line.substr(open + 2, close - open - 2);
        if (!found) return std::nullopt;
        return Listed{&known, *std::move(found), escapes ? unescaped(name) : std::string(name)};
    }
    return std::nullopt;
}

}  // namespace

const Algorithm& algorithm(DigestKind kind) {
    return *std::ranges::find(algorithms, kind, &Algorithm::kind);
}

const Algorithm* by_name(std::string_view name) {
    const auto* found = std::ranges::find(algorithms, name, &Algorithm::name);
    return found == std::end(algorithms) ? nullptr : found;
}

std::string escaped(std::string_view name) {
    std::string text;
    for (const char byte : name) {
        const char letter = byte == '\n' ? 'n' : byte == '\r' ? 'r' : byte == '\\' ? '\\' : 0;
        if (letter) text += '\\';
        text += letter ? letter : byte;
    }
    return text;
}

std::optional<Listed> listed(std::string_view line, const Algorithm& algorithm) {
    while (line.starts_with(' ') || line.starts_with('\t')) line.remove_prefix(1);
    const bool escapes = line.starts_with('\\');
    if (escapes) line.remove_prefix(1);
    if (auto found = tagged(line, escapes)) {
        if (algorithm.crc || found->algorithm == &algorithm) return found;
        return std::nullopt;
    }
    if (algorithm.crc) return std::nullopt;
    const auto length = std::min(line.find(' '), line.size());
    if (!fits(algorithm, length) || line.size() < length + 2) return std::nullopt;
    auto found = digest(line.substr(0, length));
    // Two spaces, or a space and the star of binary mode; old tools wrote one space.
    const bool marked = line[length + 1] == ' ' || line[length + 1] == '*';
    const auto name = line.substr(length + (marked ? 2 : 1));
    if (!found || name.empty()) return std::nullopt;
    return Listed{&algorithm, *std::move(found), escapes ? unescaped(name) : std::string(name)};
}

std::uint32_t crc(std::uint32_t value, std::string_view bytes) {
    return parse::digest::crc(value, reinterpret_cast<const unsigned char*>(bytes.data()),
                              bytes.size());
}

std::uint32_t crc_end(std::uint32_t value, std::uint64_t bytes) {
    for (; bytes > 0; bytes >>= 8) {
        const auto byte = static_cast<unsigned char>(bytes);
        value = parse::digest::crc(value, &byte, 1);
    }
    return ~value;
}

}  // namespace limpet::commands::sums
