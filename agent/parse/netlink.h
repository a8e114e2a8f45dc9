// parse/netlink.h - attributes and fixed parts of netlink messages, netlink(7).
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <type_traits>

namespace limpet::parse {

using Bytes = std::span<const std::byte>;

// A structure of the kernel at the front of `bytes`, copied out because nothing aligns it; older
// kernels write less of it, and the rest stays zero.
template <typename T>
    requires std::is_trivially_copyable_v<T>
T front(Bytes bytes) {
    T value{};
    std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
    return value;
}

inline std::string text_of(Bytes bytes) {
    std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return text.substr(0, text.find('\0'));
}

// Calls visit(type, payload) for every attribute of a message behind its fixed part of
// `fixed` bytes. One that does not fit ends it.
template <typename Visit>
void each_attribute(Bytes bytes, std::size_t fixed, Visit visit) {
    constexpr std::size_t header_size = 4;
    constexpr std::uint16_t type_bits = 0x3fff;  // without NLA_F_NESTED and its byte order
    const auto aligned = [](std::size_t size) { return (size + 3) & ~std::size_t{3}; };
    if (bytes.size() < aligned(fixed)) return;
    bytes = bytes.subspan(aligned(fixed));
    while (bytes.size() >= header_size) {
        const auto header = front<std::array<std::uint16_t, 2>>(bytes);
        const std::size_t length = header[0];
        if (length < header_size || length > bytes.size()) return;
        visit(static_cast<std::uint16_t>(header[1] & type_bits),
              bytes.subspan(header_size, length - header_size));
        bytes = bytes.subspan(std::min(aligned(length), bytes.size()));
    }
}

}  // namespace limpet::parse
