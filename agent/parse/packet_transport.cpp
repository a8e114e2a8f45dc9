// parse/packet_transport.cpp - a packet as tcpdump prints it: TCP, UDP, ICMP.
#include "parse/packet.h"

#include <arpa/inet.h>

#include <array>
#include <cstdio>

namespace limpet::parse {
namespace {

constexpr std::uint8_t protocol_icmp = 1, protocol_tcp = 6, protocol_udp = 17, protocol_icmp6 = 58;

// RFC 1071, over a pseudo header where there is one.
std::uint16_t checksum(int family, std::uint8_t protocol, Bytes8 header, Bytes8 data) {
    std::uint32_t sum = 0;
    const auto take = [&](Bytes8 bytes) {
        for (std::size_t at = 0; at < bytes.size(); at += 2) sum += bytes.u16(at);
        sum = (sum & 0xffff) + (sum >> 16);
    };
    if (family != 0) {
        take(family == AF_INET ? header.from(12).front(8) : header.from(8).front(32));
        sum += protocol + static_cast<std::uint32_t>(data.size());
    }
    take(data);
    while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

}  // namespace

void PacketPrinter::transport(int family, std::uint8_t protocol, Bytes8 header, Bytes8 data,
                              std::uint32_t length) {
    switch (protocol) {
        case protocol_tcp: tcp(family, header, data, length); break;
        case protocol_udp: udp(family, header, data, length); break;
        case protocol_icmp:
            ends(family, header);
            icmp(data, length);
            break;
        case protocol_icmp6:
            ends(family, header);
            if (style_.verbose > 0 && data.size() == length) {
                add(checksum(family, protocol, header, data) == 0 ? "[icmp6 sum ok] "
                                                                  : "[bad icmp6 cksum] ");
            }
            icmp6(data, length);
            break;
        default: ends(family, header); put("ip-proto-%u %u", protocol, length);
    }
}

// Both directions are one connection; what it holds is of the end that sorts first.
PacketPrinter::Connection& PacketPrinter::connection(int family, Bytes8 header,
                                                     std::uint16_t source,
                                                     std::uint16_t destination, bool& reversed,
                                                     bool& fresh) {
    const std::size_t size = family == AF_INET ? 4 : 16;
    const std::size_t at = family == AF_INET ? 12 : 8;
    const auto from = header.from(at).front(size);
    const auto to = header.from(at + size).front(size);
    reversed = source != destination ? source > destination : from.text() > to.text();
    std::array<std::uint8_t, 36> key{};
    const auto fill = [&](std::size_t place, Bytes8 address, std::uint16_t port) {
        for (std::size_t i = 0; i < size; ++i) key[place + i] = address.u8(i);
        key[place + 16] = static_cast<std::uint8_t>(port >> 8);
        key[place + 17] = static_cast<std::uint8_t>(port);
    };
    fill(reversed ? 18 : 0, from, source);
    fill(reversed ? 0 : 18, to, destination);
    // As many as fit; two that fall on one place make each other's numbers absolute once.
    constexpr std::size_t places = 4096;
    if (connections_.empty()) connections_.resize(places);
    std::size_t hash = 5381;
    for (const auto byte : key) hash = hash * 33 + byte;
    auto& place = connections_[hash % places];
    fresh = !place.used || place.key != key;
    place.key = key;
    place.used = true;
    return place;
}

void PacketPrinter::tcp(int family, Bytes8 header, Bytes8 data, std::uint32_t length) {
    constexpr std::size_t smallest = 20;
    const auto source = data.u16(0), destination = data.u16(2);
    ends(family, header, source, destination);
    const std::size_t size = (data.u8(12) >> 4U) * std::size_t{4};
    if (!data.has(smallest) || size < smallest || size > length) {
        add(data.has(smallest) ? "tcp [bad hdr length]" : "[|tcp]");
        return;
    }
    const auto payload = length - static_cast<std::uint32_t>(size);
    if (style_.quiet) {
        put("tcp %u", payload);
        return;
    }
    const auto flags = data.u8(13);
    constexpr std::string_view letters = "FSRP.UEW";
    add("Flags [");
    for (std::size_t bit = 0; bit < letters.size(); ++bit) {
        if (flags >> bit & 1U) out_ += letters[bit];
    }
    if (flags == 0) add("none");
    add("]");
    constexpr std::uint8_t fin = 1, syn = 2, reset = 4, acknowledges = 16, urgent = 32;
    auto sequence = data.u32(4), acknowledged = data.u32(8);
    std::uint32_t base = 0;
    // Of what acknowledges nothing no conversation is known.
    if (!style_.absolute && (flags & acknowledges)) {
        bool reversed = false, fresh = false;
        auto& known = connection(family, header, source, destination, reversed, fresh);
        auto& ours = reversed ? known.acknowledged : known.sequence;
        auto& theirs = reversed ? known.sequence : known.acknowledged;
        if (fresh || (flags & syn)) {
            ours = sequence;
            theirs = acknowledged - 1;
        } else {
            sequence -= ours;
            acknowledged -= theirs;
        }
        base = theirs;
    }
    if (style_.verbose > 0 && data.size() == length) {
        const auto given = data.u16(16);
        const auto wrong = checksum(family, protocol_tcp, header, data);
        put(", cksum 0x%04x", given);
        if (wrong == 0) {
            add(" (correct)");
        } else {
            // With its field taken out of the sum, what it should be.
            std::uint32_t right = std::uint32_t{wrong} + given;
            right = (right & 0xffff) + (right >> 16);
            put(" (incorrect -> 0x%04x)", right);
        }
    }
    if (payload > 0 || (flags & (syn | fin | reset)) || style_.verbose > 1) {
        put(", seq %u", sequence);
        if (payload > 0) put(":%u", sequence + payload);
    }
    if (flags & acknowledges) put(", ack %u", acknowledged);
    put(", win %u", data.u16(14));
    if (flags & urgent) put(", urg %u", data.u16(18));
    if (size > smallest) tcp_options(data.front(size).from(smallest), base);
    put(", length %u", payload);
    if (payload > 0) application(data.from(size), source, destination);
}

void PacketPrinter::tcp_options(Bytes8 options, std::uint32_t base) {
    add(", options [");
    bool first = true;
    for (std::size_t at = 0; at < options.size();) {
        const auto kind = options.u8(at);
        if (!first) add(",");
        first = false;
        if (kind < 2) {
            add(kind == 0 ? "eol" : "nop");
            if (kind == 0) break;
            ++at;
            continue;
        }
        const std::size_t size = options.u8(at + 1);
        if (size < 2 || size > options.size() - at) {
            add("[bad opt]");
            break;
        }
        const auto value = options.front(at + size).from(at + 2);
        if (kind == 2 && value.size() == 2) {
            put("mss %u", value.u16(0));
        } else if (kind == 3 && value.size() == 1) {
            put("wscale %u", value.u8(0));
        } else if (kind == 4) {
            add("sackOK");
        } else if (kind == 5) {
            const auto blocks = value.size() / 8;
            put("sack %zu ", blocks);
            for (std::size_t i = 0; i < blocks; ++i) {
                put("{%u:%u}", value.u32(i * 8) - base, value.u32(i * 8 + 4) - base);
            }
        } else if (kind == 8 && value.size() == 8) {
            put("TS val %u ecr %u", value.u32(0), value.u32(4));
        } else {
            put("unknown-%u", kind);
        }
        at += size;
    }
    add("]");
}

void PacketPrinter::udp(int family, Bytes8 header, Bytes8 data, std::uint32_t length) {
    constexpr std::uint32_t size = 8;
    const auto source = data.u16(0), destination = data.u16(2);
    ends(family, header, source, destination);
    if (!data.has(size)) {
        add("[|udp]");
        return;
    }
    if (data.u16(4) < size) {
        put("truncated-udplength %u", data.u16(4));
        return;
    }
    const auto left = std::min<std::uint32_t>(data.u16(4), length) - size;
    if (style_.quiet) {
        put("UDP, length %u", left);
        return;
    }
    const int enough = family == AF_INET6 ? 1 : 2;
    if (style_.verbose >= enough && data.size() == length) {
        const auto given = data.u16(6);
        const std::uint16_t wrong =
            given == 0 ? std::uint16_t{0} : checksum(family, protocol_udp, header, data);
        if (given == 0) {
            add("[no cksum] ");
        } else if (wrong == 0) {
            add("[udp sum ok] ");
        } else {
            std::uint32_t right = std::uint32_t{wrong} + given;
            right = (right & 0xffff) + (right >> 16);
            put("[bad udp cksum 0x%04x -> 0x%04x!] ", given, right);
        }
    }
    constexpr std::uint16_t domain = 53, multicast_domain = 5353;
    for (const auto port : {source, destination}) {
        if (port != domain && port != multicast_domain) continue;
        dns(data.from(size).front(left), left);
        return;
    }
    put("UDP, length %u", left);
}

void PacketPrinter::icmp(Bytes8 data, std::uint32_t length) {
    add("ICMP ");
    const auto type = data.u8(0), code = data.u8(1);
    const auto inner = data.from(8);
    const auto address = [&](std::size_t at) {
        put("%u.%u.%u.%u", inner.u8(at), inner.u8(at + 1), inner.u8(at + 2), inner.u8(at + 3));
    };
    switch (type) {
        case 0:
        case 8:
            put("echo %s, id %u, seq %u", type == 8 ? "request" : "reply", data.u16(4),
                data.u16(6));
            break;
        case 3: {
            const auto body = inner.from((inner.u8(0) & 15U) * std::size_t{4});
            const char* protocol = inner.u8(9) == protocol_tcp ? "tcp" : "udp";
            if (code == 1) add("host ");
            if (code == 0) add("net ");
            address(16);
            if (code == 3) {
                put(" %s port %u unreachable", protocol, body.u16(2));
            } else if (code == 2) {
                put(" protocol %u unreachable", inner.u8(9));
            } else if (code == 4) {
                put(" unreachable - need to frag (mtu %u)", data.u16(6));
            } else {
                add(code == 13 || code == 9 || code == 10 ? " unreachable - admin prohibited filter"
                                                          : " unreachable");
            }
            break;
        }
        case 5:
            add("redirect ");
            address(16);
            put(" to %s %u.%u.%u.%u", code == 1 ? "host" : "net", data.u8(4), data.u8(5),
                data.u8(6), data.u8(7));
            break;
        case 11: add(code == 1 ? "ip reassembly time exceeded" : "time exceeded in-transit"); break;
        default: put("type-#%u", type);
    }
    put(", length %u", length);
    // What it is about, as far as it came along.
    if (style_.verbose == 0 || (type != 3 && type != 5 && type != 11)) return;
    add(style_.link ? "\n\t" : "\n\tIP ");
    four(inner, inner.u16(2));
}

void PacketPrinter::icmp6(Bytes8 data, std::uint32_t length) {
    add("ICMP6, ");
    const auto type = data.u8(0), code = data.u8(1);
    // Said first when there is more of it, else last.
    const auto early = [&](const char* what) {
        add(what);
        if (style_.verbose > 0) put(", length %u", length);
    };
    const auto address = [&](Bytes8 bytes) {
        char text[INET6_ADDRSTRLEN] = "";
        if (bytes.has(16)) ::inet_ntop(AF_INET6, bytes.span().data(), text, sizeof text);
        add(text);
    };
    switch (type) {
        case 1: {
            add("destination unreachable, unreachable ");
            const auto inner = data.from(8);
            if (code == 4) {
                add(inner.u8(6) == protocol_tcp ? "port, tcp port " : "port, ");
                address(inner.from(24));
                put(" udp port %u", inner.from(40).u16(2));
            } else {
                add(code == 0 ? "route " : code == 1 ? "prohibited " : "address ");
                address(inner.from(24));
            }
            break;
        }
        case 2: put("packet too big, mtu %u", data.u32(4)); break;
        case 3: add("time exceeded in-transit"); break;
        case 128:
        case 129:
            put("echo %s, id %u, seq %u", type == 128 ? "request" : "reply", data.u16(4),
                data.u16(6));
            break;
        case 133: early("router solicitation"); break;
        case 134: early("router advertisement"); break;
        case 135:
            early("neighbor solicitation");
            add(", who has ");
            address(data.from(8));
            break;
        case 136:
            early("neighbor advertisement");
            add(", tgt is ");
            address(data.from(8));
            break;
        case 143: put("multicast listener report v2, %u group record(s)", data.u16(6)); break;
        default: put("type-#%u", type);
    }
    if (style_.verbose == 0) put(", length %u", length);
}

}  // namespace limpet::parse
