// parse/packet.cpp - a packet as tcpdump prints it: links, ARP, IP, and the bytes themselves.
#include "parse/packet.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace limpet::parse {
namespace {

constexpr std::uint16_t ether_four = 0x0800, ether_arp = 0x0806, ether_rarp = 0x8035,
                        ether_vlan = 0x8100, ether_service_vlan = 0x88a8, ether_six = 0x86dd;

std::string_view ether_name(std::uint16_t type) {
    switch (type) {
        case ether_four: return "IPv4";
        case ether_arp: return "ARP";
        case ether_rarp: return "Reverse ARP";
        case ether_vlan: return "802.1Q";
        case ether_service_vlan: return "802.1Q-QinQ";
        case ether_six: return "IPv6";
        case 0x8847: return "MPLS unicast";
        case 0x8863: return "PPPoE D";
        case 0x8864: return "PPPoE S";
        case 0x88cc: return "LLDP";
        default: return "Unknown";
    }
}

std::string_view protocol_name(std::uint8_t protocol) {
    switch (protocol) {
        case 1: return "ICMP";
        case 2: return "IGMP";
        case 4: return "IPIP";
        case 6: return "TCP";
        case 17: return "UDP";
        case 41: return "IPv6";
        case 47: return "GRE";
        case 50: return "ESP";
        case 51: return "AH";
        case 58: return "ICMPv6";
        case 89: return "OSPF";
        case 103: return "PIM";
        case 112: return "VRRP";
        case 132: return "SCTP";
        default: return "unknown";
    }
}

std::string hardware(Bytes8 address) {
    char text[24];
    std::snprintf(text, sizeof text, "%02x:%02x:%02x:%02x:%02x:%02x", address.u8(0), address.u8(1),
                  address.u8(2), address.u8(3), address.u8(4), address.u8(5));
    return text;
}

}  // namespace

void PacketPrinter::put(const char* format, ...) {
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    const int length = std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (length > 0) out_.append(text, std::min<std::size_t>(static_cast<std::size_t>(length), 255));
}

// What others wrote, in a line of ours.
void PacketPrinter::printable(std::string_view text) {
    for (const char byte : text) {
        if (byte >= ' ' && byte <= '~') {
            out_ += byte;
        } else {
            put("\\x%02x", static_cast<unsigned char>(byte));
        }
    }
}

std::string_view PacketPrinter::print(const CapturedPacket& packet) {
    out_.clear();
    network_at_ = 0;
    link_layer(packet);
    out_ += '\n';
    const Bytes8 data(packet.data);
    const auto shown = style_.whole ? data : data.from(network_at_);
    if (style_.hexadecimal || style_.characters) hex(shown);
    if (style_.text) ascii(shown);
    return out_;
}

void PacketPrinter::link_layer(const CapturedPacket& packet) {
    const Bytes8 data(packet.data);
    switch (packet.link) {
        case linktype::ethernet: ethernet(data, packet.length); break;
        case linktype::cooked: cooked(data, packet.length, false); break;
        case linktype::cooked2: cooked(data, packet.length, true); break;
        case linktype::null:
        case linktype::loop: network_at_ = 4; [[fallthrough]];
        case linktype::raw:
        case linktype::raw_bsd:
        case linktype::four:
        case linktype::six: {
            const auto inner = data.from(network_at_);
            const auto left = packet.length - static_cast<std::uint32_t>(network_at_);
            network(inner.u8(0) >> 4 == 6 ? ether_six : ether_four, inner, left);
            break;
        }
        default: put("link type %u, length %u", packet.link, packet.length);
    }
    if (!packet.comment.empty()) {
        add(" [");
        printable(packet.comment);
        add("]");
    }
}

void PacketPrinter::ethernet_header(Bytes8 data, std::uint32_t length) {
    const auto type = data.u16(12);
    add(hardware(data.from(6)));
    add(" > ");
    add(hardware(data));
    constexpr std::uint16_t first_type = 1536;
    if (type < first_type) {
        put(", 802.3, length %u: ", length);
        return;
    }
    const auto name = ether_name(type);
    put(", ethertype %.*s (0x%04x), length %u: ", static_cast<int>(name.size()), name.data(), type,
        length);
}

void PacketPrinter::ethernet(Bytes8 data, std::uint32_t length) {
    constexpr std::size_t header = 14;
    if (!data.has(header)) {
        add("[|ether]");
        return;
    }
    auto type = data.u16(12);
    if (style_.link) ethernet_header(data, length);
    std::size_t at = header;
    // Tags over tags, as many as there are bytes for.
    while ((type == ether_vlan || type == ether_service_vlan) && data.has(at + 4)) {
        const auto tag = data.u16(at);
        type = data.u16(at + 2);
        at += 4;
        if (!style_.link) continue;
        put("vlan %u, p %u%s, ", tag & 0xfffU, tag >> 13U, tag & 0x1000U ? ", DEI" : "");
        const auto name = ether_name(type);
        put("ethertype %.*s (0x%04x), ", static_cast<int>(name.size()), name.data(), type);
    }
    network_at_ = at;
    const auto left = length > at ? length - static_cast<std::uint32_t>(at) : 0;
    if (network(type, data.from(at), left)) return;
    if (!style_.link) ethernet_header(data, length);
    // Of what is not decoded, the bytes; where they are asked for they come in any case.
    if (style_.hexadecimal || style_.characters || style_.quiet) return;
    out_ += '\n';
    style_.characters = true;
    hex(data.from(at));
    style_.characters = false;
    out_.pop_back();
}

void PacketPrinter::cooked(Bytes8 data, std::uint32_t length, bool second) {
    const std::size_t header = second ? 20 : 16;
    if (!data.has(header)) {
        add("[|sll]");
        return;
    }
    constexpr std::array<std::string_view, 5> ways{"In", "B", "M", "P", "Out"};
    const std::size_t way = second ? data.u8(10) : data.u16(0);
    const auto name = way < ways.size() ? ways[way] : std::string_view("?");
    const auto type = data.u16(second ? 0 : 14);
    if (second) {
        const auto index = data.u32(4);
        std::string interface = "ifindex ";
        interface += std::to_string(index);
        for (const auto& known : interfaces_) {
            if (known.index == index) interface = known.name;
        }
        put("%-5s ", interface.c_str());
    }
    put("%-3.*s ", static_cast<int>(name.size()), name.data());
    if (style_.link) {
        if (second) put("ifindex %u ", data.u32(4));
        const auto size = data.u8(second ? 11 : 5);
        if (size == 6) {
            add(hardware(data.from(second ? 12 : 6)));
            add(" ");
        }
        const auto kind = ether_name(type);
        put("ethertype %.*s (0x%04x), length %u: ", static_cast<int>(kind.size()), kind.data(),
            type, length);
    }
    network_at_ = header;
    const bool known = network(type, data.from(header),
                               length > header ? length - static_cast<std::uint32_t>(header) : 0);
    if (!known && !style_.link) put("ethertype Unknown (0x%04x), length %u", type, length);
}

bool PacketPrinter::network(std::uint16_t type, Bytes8 data, std::uint32_t length) {
    const auto named = [&](const char* name) {
        if (!style_.link) add(name);
    };
    switch (type) {
        case ether_four:
            named("IP ");
            four(data, length);
            break;
        case ether_six:
            named("IP6 ");
            six(data, length);
            break;
        case ether_arp:
            named("ARP, ");
            arp(data, length, false);
            break;
        case ether_rarp:
            named("Reverse ARP, ");
            arp(data, length, true);
            break;
        default: return false;
    }
    return true;
}

void PacketPrinter::arp(Bytes8 data, std::uint32_t length, bool reverse) {
    constexpr std::size_t whole = 28;
    if (!data.has(whole) || data.u8(4) != 6 || data.u8(5) != 4) {
        add("[|arp]");
        return;
    }
    const auto address = [&](std::size_t at) {
        put("%u.%u.%u.%u", data.u8(at), data.u8(at + 1), data.u8(at + 2), data.u8(at + 3));
    };
    if (style_.verbose > 0) {
        add(data.u16(0) == 1 ? "Ethernet (len 6), " : "Unknown Hardware (len 6), ");
        add("IPv4 (len 4), ");
    }
    const auto operation = data.u16(6);
    if (operation == 1) {
        add("Request who-has ");
        address(24);
        const auto target = data.from(18).front(6).span();
        if (std::ranges::any_of(target, [](std::uint8_t byte) { return byte != 0; })) {
            add(" (");
            add(hardware(data.from(18)));
            add(")");
        }
        add(" tell ");
        address(14);
    } else if (operation == 2) {
        add("Reply ");
        address(14);
        add(" is-at ");
        add(hardware(data.from(8)));
    } else {
        put("%s %u", reverse ? "Reverse operation" : "operation", operation);
    }
    put(", length %u", length);
}

// "10.0.0.1.80 > 10.0.0.2.5000: "; of what has no ports, -1.
void PacketPrinter::ends(int family, Bytes8 header, int source, int destination) {
    const std::size_t size = family == AF_INET ? 4 : 16;
    const auto end = [&](std::size_t at, int port) {
        char text[INET6_ADDRSTRLEN] = "";
        const auto address = header.from(at).front(size);
        if (address.size() == size) {
            ::inet_ntop(family, address.span().data(), text, sizeof text);
        }
        add(text);
        if (port >= 0) put(".%d", port);
    };
    const std::size_t first = family == AF_INET ? 12 : 8;
    end(first, source);
    add(" > ");
    end(first + size, destination);
    add(": ");
}

void PacketPrinter::four(Bytes8 data, std::uint32_t length) {
    constexpr std::size_t smallest = 20;
    const std::size_t header = (data.u8(0) & 15U) * 4;
    if (!data.has(smallest) || header < smallest) {
        add(data.has(smallest) ? "bad-hlen" : "[|ip]");
        return;
    }
    std::uint32_t total = data.u16(2);
    // A kernel that lets the device cut segments leaves the length open.
    if (total < header) total = length;
    total = std::min(total, length);
    const auto fragment = data.u16(6);
    const auto protocol = data.u8(9);
    if (style_.verbose > 0) {
        put("(tos 0x%x", data.u8(1));
        constexpr std::array<const char*, 4> congestion{"", ",ECT(1)", ",ECT(0)", ",CE"};
        add(congestion[data.u8(1) & 3U]);
        put(", ttl %u, id %u, offset %u, flags [%s], proto ", data.u8(8), data.u16(4),
            (fragment & 0x1fffU) * 8,
            fragment & 0x4000U   ? "DF"
            : fragment & 0x2000U ? "+"
                                 : "none");
        const auto name = protocol_name(protocol);
        put("%.*s (%u), length %u)\n    ", static_cast<int>(name.size()), name.data(), protocol,
            data.u16(2));
    }
    const auto body = data.front(total).from(header);
    const auto left = total - static_cast<std::uint32_t>(header);
    if ((fragment & 0x1fffU) != 0) {
        ends(AF_INET, data);
        put("ip-proto-%u", protocol);
        return;
    }
    transport(AF_INET, protocol, data, body, left);
}

void PacketPrinter::six(Bytes8 data, std::uint32_t length) {
    constexpr std::size_t header = 40;
    if (!data.has(header)) {
        add("[|ip6]");
        return;
    }
    auto next = data.u8(6);
    std::uint32_t left = std::min<std::uint32_t>(
        data.u16(4), length > header ? length - static_cast<std::uint32_t>(header) : 0);
    if (style_.verbose > 0) {
        add("(");
        const auto flow = data.u32(0);
        if ((flow >> 20 & 0xffU) != 0) put("class 0x%02x, ", flow >> 20 & 0xffU);
        if ((flow & 0xfffffU) != 0) put("flowlabel 0x%05x, ", flow & 0xfffffU);
        const auto name = protocol_name(next);
        put("hlim %u, next-header %.*s (%u) payload length: %u) ", data.u8(7),
            static_cast<int>(name.size()), name.data(), next, data.u16(4));
    }
    auto body = data.from(header).front(left);
    // Hop-by-hop, routing, destination options; a chain is no longer than its bytes.
    while ((next == 0 || next == 43 || next == 60) && body.has(8)) {
        const std::uint32_t size = (body.u8(1) + 1U) * 8;
        next = body.u8(0);
        body = body.from(size);
        left = left > size ? left - size : 0;
    }
    constexpr std::uint8_t fragment = 44;
    if (next == fragment && body.has(8)) {
        ends(AF_INET6, data);
        put("frag (%u|%u)", body.u16(2) & 0xfff8U, left > 8 ? left - 8 : 0);
        return;
    }
    transport(AF_INET6, next, data, body, left);
}

void PacketPrinter::hex(Bytes8 data) {
    constexpr std::size_t row = 16;
    for (std::size_t at = 0; at < data.size(); at += row) {
        put("\t0x%04x: ", static_cast<unsigned>(at));
        const auto line = data.from(at).front(row);
        for (std::size_t i = 0; i < row; ++i) {
            if (i >= line.size() && !style_.characters) break;
            if (i % 2 == 0) add(" ");
            if (i < line.size()) {
                put("%02x", line.u8(i));
            } else {
                add("  ");
            }
        }
        if (style_.characters) {
            add("  ");
            for (std::size_t i = 0; i < line.size(); ++i) {
                const auto byte = line.u8(i);
                out_ += byte > ' ' && byte <= '~' ? static_cast<char>(byte) : '.';
            }
        }
        out_ += '\n';
    }
}

void PacketPrinter::ascii(Bytes8 data) {
    for (std::size_t i = 0; i < data.size(); ++i) {
        const auto byte = data.u8(i);
        // The end of a line of text protocols; a carriage return alone would overprint.
        if (byte == '\r' && data.u8(i + 1) == '\n') continue;
        const bool shown = (byte >= ' ' && byte <= '~') || byte == '\t' || byte == '\n';
        out_ += shown ? static_cast<char>(byte) : '.';
    }
    out_ += '\n';
}

}  // namespace limpet::parse
