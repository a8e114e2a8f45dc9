// parse/netlink.h - attributes and fixed parts of netlink messages, netlink(7).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

namespace limpet::parse {

using Bytes = std::span<const std::byte>;

// A structure of the kernel at the front of `bytes`, copied out because nothing aligns it; older
// kernels write less of it, and the rest stays zero.
template <typename T>
    requires std::is_trivially_copyable_v<T>
T front(Bytes bytes) {
    T value{};
    if (!bytes.empty()) std::memcpy(&value, bytes.data(), std::min(bytes.size(), sizeof value));
    return value;
}

// Up to the first NUL.
std::string_view text_of(Bytes bytes);

// What stands behind the fixed part of `fixed` bytes: attributes.
Bytes attributes(Bytes message, std::size_t fixed);

struct Attribute {
    std::uint16_t type = 0;  // without NLA_F_NESTED and its byte order
    Bytes payload;
};
// Takes the next one off the front; one that does not fit ends it.
bool next_attribute(Bytes& rest, Attribute& attribute);

}  // namespace limpet::parse
