// parse/netlink.cpp - attributes of netlink messages, netlink(7).
#include "parse/netlink.h"

namespace limpet::parse {
namespace {

constexpr std::size_t aligned(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

}  // namespace

std::string_view text_of(Bytes bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return text.substr(0, text.find('\0'));
}

Bytes attributes(Bytes message, std::size_t fixed) {
    return message.subspan(std::min(aligned(fixed), message.size()));
}

bool next_attribute(Bytes& rest, Attribute& attribute) {
    struct Header {
        std::uint16_t length, type;
    };
    constexpr std::uint16_t type_bits = 0x3fff;
    const auto header = front<Header>(rest);
    if (rest.size() < sizeof header || header.length < sizeof header ||
        header.length > rest.size()) {
        return false;
    }
    attribute.type = header.type & type_bits;
    attribute.payload = rest.subspan(sizeof header, header.length - sizeof header);
    rest = rest.subspan(std::min(aligned(header.length), rest.size()));
    return true;
}

}  // namespace limpet::parse
