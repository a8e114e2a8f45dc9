// parse/filter_address.cpp - pcap-filter(7): hosts and networks by their addresses.
#include "parse/filter_parser.h"

#include "parse/lines.h"
#include "parse/number.h"

#include <arpa/inet.h>

#include <bit>
#include <string>

namespace limpet::parse::filter {
namespace {

constexpr std::uint16_t ether_ip = 0x0800, ether_ip6 = 0x86dd, ether_arp = 0x0806,
                        ether_rarp = 0x8035;
using Bytes16 = std::array<std::uint8_t, 16>;

std::uint32_t word_at(const Bytes16& bytes, std::size_t at) {
    return std::uint32_t{bytes[at]} << 24 | std::uint32_t{bytes[at + 1]} << 16 |
           std::uint32_t{bytes[at + 2]} << 8 | bytes[at + 3];
}

// "10", "192.168", "10.1.2.3": the parts that are there.
std::optional<unsigned> parts_of(std::string_view word, Bytes16& address) {
    unsigned count = 0;
    while (!word.empty()) {
        const auto part = number<std::uint8_t>(take(word, '.'));
        if (!part || count == 4) return std::nullopt;
        address[count++] = *part;
    }
    return count == 0 ? std::nullopt : std::optional(count);
}

std::optional<std::array<std::uint8_t, 6>> hardware_address(std::string_view word) {
    std::array<std::uint8_t, 6> bytes{};
    std::size_t count = 0;
    while (!word.empty()) {
        const auto part = number<std::uint8_t>(take(word, ':'), 16);
        if (!part || count == bytes.size()) return std::nullopt;
        bytes[count++] = *part;
    }
    return count == bytes.size() ? std::optional(bytes) : std::nullopt;
}

}  // namespace

int Parser::address_at(std::uint32_t offset, const Bytes16& address, unsigned prefix) {
    int all = -1;
    for (unsigned word = 0; word * 32 < prefix; ++word) {
        const auto bits = std::min(prefix - word * 32, 32U);
        const auto mask = bits == 32 ? 0xffffffff : ~(0xffffffffU >> bits);
        const int one = network(offset + word * 4, 4, word_at(address, word * 4) & mask, mask);
        all = all < 0 ? one : tree.both(all, one);
    }
    return all < 0 ? tree.add(Node{}) : all;
}

Result<int> Parser::hardware(const Qualifiers& qualifiers, std::string_view word) {
    const auto bytes = hardware_address(word);
    if (!bytes) return wrong("a hardware address was expected before");
    if (link_ != LinkLayer::ethernet && link_ != LinkLayer::ethernet_socket) {
        return wrong("this link has no such addresses");
    }
    const auto end = [&](std::uint32_t at) {
        const auto& b = *bytes;
        const auto low =
            std::uint32_t{b[2]} << 24 | std::uint32_t{b[3]} << 16 | std::uint32_t{b[4]} << 8 | b[5];
        return tree.both(packet(at + 2, 4, low), packet(at, 2, std::uint32_t{b[0]} << 8 | b[1]));
    };
    const int source = end(6);
    return either_end(qualifiers.direction, source, end(0));
}

Result<int> Parser::address(const Qualifiers& qualifiers) {
    const auto word = peek();
    const auto from = qualifiers.protocol;
    ++at_;
    if (from == "ether" || hardware_address(word)) return hardware(qualifiers, word);
    const auto* known = protocol(from);
    if (known && known->ether == 0) return wrong("this protocol has no hosts of its own");
    Bytes16 address{};
    const bool six = word.find(':') != word.npos;
    unsigned prefix = six ? 128 : 32;
    const unsigned whole = prefix;
    unsigned parts = 4;
    if (six) {
        const std::string text(word);
        if (::inet_pton(AF_INET6, text.c_str(), address.data()) != 1) {
            return wrong("that is no address");
        }
    } else {
        const auto given = parts_of(word, address);
        if (!given) return wrong("names of hosts are not looked up: give an address");
        parts = *given;
        prefix = parts * 8;
    }
    bool net = qualifiers.type == Type::net || (qualifiers.type == Type::none && parts < 4);
    if (qualifiers.type != Type::host && take("/")) {
        const auto length = integer(peek());
        if (!length || *length > whole) return wrong("a prefix length was expected");
        prefix = *length;
        net = true;
        ++at_;
    } else if (qualifiers.type == Type::net && !six && take("mask")) {
        Bytes16 mask{};
        if (parts_of(peek(), mask) != 4U) return wrong("a mask was expected");
        ++at_;
        const auto bits = word_at(mask, 0);
        prefix = static_cast<unsigned>(std::popcount(bits));
        if (prefix != 0 && bits << prefix != 0 && prefix < 32) return wrong("the mask has holes");
    }
    if (!net && parts < 4) return wrong("that is no whole address");
    for (unsigned bit = prefix; bit < whole; ++bit) {
        if (address[bit / 8] >> (7 - bit % 8) & 1) return wrong("bits beyond the mask are set");
    }
    const auto ends = [&](std::uint16_t type, std::uint32_t source, std::uint32_t destination) {
        const int of_type = ether_type(type);
        const int first = address_at(source, address, prefix);
        const int second = address_at(destination, address, prefix);
        return tree.both(of_type, either_end(qualifiers.direction, first, second));
    };
    if (six) {
        if (!from.empty() && from != "ip6") return wrong("that is an address of IPv6");
        return ends(ether_ip6, 8, 24);
    }
    if (from == "ip6") return wrong("that is an address of IPv4");
    if (from == "ip") return ends(ether_ip, 12, 16);
    if (from == "arp") return ends(ether_arp, 14, 24);
    if (from == "rarp") return ends(ether_rarp, 14, 24);
    const int in_ip = ends(ether_ip, 12, 16);
    const int in_arp = ends(ether_arp, 14, 24);
    return tree.either(in_ip, tree.either(in_arp, ends(ether_rarp, 14, 24)));
}

}  // namespace limpet::parse::filter
