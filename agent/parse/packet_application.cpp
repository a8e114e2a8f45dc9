// parse/packet_application.cpp - a packet as tcpdump prints it: DNS, the first line of HTTP, and
// whom a TLS client asks for.
#include "parse/packet.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdio>

namespace limpet::parse {
namespace {

struct RecordType {
    std::uint16_t number;
    std::string_view name;
};
constexpr std::array record_types{
    RecordType{1, "A"},      RecordType{2, "NS"},     RecordType{5, "CNAME"},
    RecordType{6, "SOA"},    RecordType{12, "PTR"},   RecordType{15, "MX"},
    RecordType{16, "TXT"},   RecordType{28, "AAAA"},  RecordType{33, "SRV"},
    RecordType{35, "NAPTR"}, RecordType{41, "OPT"},   RecordType{43, "DS"},
    RecordType{46, "RRSIG"}, RecordType{47, "NSEC"},  RecordType{48, "DNSKEY"},
    RecordType{64, "SVCB"},  RecordType{65, "HTTPS"}, RecordType{252, "AXFR"},
    RecordType{255, "ANY"},  RecordType{257, "CAA"},
};

std::string type_name(std::uint16_t number) {
    for (const auto& type : record_types) {
        if (type.number == number) return std::string(type.name);
    }
    return "Type" + std::to_string(number);
}

std::string_view answer_name(unsigned code) {
    constexpr std::array<std::string_view, 11> names{
        "",          " FormErr", " ServFail", " NXDomain", " NotImp", " Refused",
        " YXDomain", " YXRRSet", " NXRRSet",  " NotAuth",  " NotZone"};
    return code < names.size() ? names[code] : " Resp?";
}

bool is_http(std::string_view text) {
    constexpr std::array<std::string_view, 10> begins{"GET ",     "POST ",  "HEAD ", "PUT ",
                                                      "DELETE ",  "PATCH ", "HTTP/", "OPTIONS ",
                                                      "CONNECT ", "TRACE "};
    return std::ranges::any_of(begins, [&](auto word) { return text.starts_with(word); });
}

}  // namespace

// A name with its pointers followed; gives where it ends, or 0 when it is broken.
std::size_t PacketPrinter::dns_name(Bytes8 message, std::size_t at) {
    std::size_t end = 0;
    constexpr int most = 128;
    if (message.u8(at) == 0 && message.has(at + 1)) {
        add(".");
        return at + 1;
    }
    for (int steps = 0; steps < most; ++steps) {
        if (!message.has(at + 1)) return 0;
        const auto length = message.u8(at);
        constexpr std::uint8_t pointer = 0xc0;
        if ((length & pointer) == pointer) {
            if (!message.has(at + 2)) return 0;
            if (end == 0) end = at + 2;
            const std::size_t target = message.u16(at) & 0x3fffU;
            // Only backwards: so it comes to an end.
            if (target >= at) return 0;
            at = target;
            continue;
        }
        if (length == 0) return end == 0 ? at + 1 : end;
        if (length > 63 || !message.has(at + 1 + length)) return 0;
        printable(message.from(at + 1).front(length).text());
        add(".");
        at += 1U + length;
    }
    return 0;
}

// " A 10.0.0.1"; gives where it ends, or 0 when it is broken.
std::size_t PacketPrinter::dns_record(Bytes8 message, std::size_t at) {
    const auto before = out_.size();
    add(" ");
    at = dns_name(message, at);
    if (style_.verbose == 0) out_.resize(before);
    if (at == 0 || !message.has(at + 10)) return 0;
    const auto type = message.u16(at);
    if (style_.verbose > 2) put(" [%us]", message.u32(at + 4));
    const std::size_t size = message.u16(at + 8);
    const auto body = at + 10;
    if (!message.has(body + size)) return 0;
    const auto data = message.from(body).front(size);
    add(" ");
    add(type_name(type));
    char text[INET6_ADDRSTRLEN] = "";
    switch (type) {
        case 1:
        case 28:
            if (data.size() == (type == 1 ? 4U : 16U)) {
                ::inet_ntop(type == 1 ? AF_INET : AF_INET6, data.span().data(), text, sizeof text);
            }
            put(" %s", text);
            break;
        case 2:
        case 5:
        case 12:
            add(" ");
            if (dns_name(message, body) == 0) return 0;
            break;
        case 6: break;
        case 15:
            add(" ");
            if (dns_name(message, body + 2) == 0) return 0;
            put(" %u", data.u16(0));
            break;
        case 33:
            add(" ");
            if (dns_name(message, body + 6) == 0) return 0;
            put(":%u %u %u", data.u16(4), data.u16(0), data.u16(2));
            break;
        case 16:
            for (std::size_t i = 0; i < data.size(); i += 1U + data.u8(i)) {
                add(" \"");
                printable(data.from(i + 1).front(data.u8(i)).text());
                add("\"");
            }
            break;
        case 41: put(" UDPsize=%u", message.u16(at + 2)); break;
        default: break;
    }
    return body + size;
}

void PacketPrinter::dns(Bytes8 data, std::uint32_t length) {
    constexpr std::size_t header = 12;
    if (!data.has(header)) {
        add("[|domain]");
        return;
    }
    const auto flags = data.u16(2);
    const bool answer = flags & 0x8000U;
    const auto questions = data.u16(4), answers = data.u16(6), authorities = data.u16(8),
               additional = data.u16(10);
    put("%u", data.u16(0));
    if (answer) {
        add(answer_name(flags & 15U));
        if (flags & 0x0400U) add("*");
        if (!(flags & 0x0080U)) add("-");
        if (flags & 0x0200U) add("|");
        if (flags & 0x0020U) add("$");
    } else {
        if (flags & 0x0100U) add("+");
        if (flags & 0x0010U) add("%");
        if (answers || authorities || additional || questions != 1) {
            const auto count = [&](std::uint16_t number, const char* letter) {
                if (number) put(" [%u%s]", number, letter);
            };
            count(answers, "a");
            if (questions != 1) count(questions, "q");
            count(authorities, "n");
            count(additional, "au");
        }
    }
    std::size_t at = header;
    for (unsigned i = 0; i < questions && at != 0; ++i) {
        const auto before = out_.size();
        at = dns_name(data, at);
        if (at == 0 || !data.has(at + 4)) {
            at = 0;
            break;
        }
        const std::string name = out_.substr(before);
        out_.resize(before);
        if (!answer || style_.verbose > 1) {
            add(answer && i > 0 ? ", " : answer ? " q: " : i > 0 ? ", " : " ");
            add(type_name(data.u16(at)));
            const auto asked = data.u16(at + 2) & 0x7fffU;
            if (asked != 1) add(asked == 255 ? " ANY" : " CLASS?");
            add("? ");
            add(name);
        }
        at += 4;
    }
    if (answer && at != 0) {
        put(" %u/%u/%u", answers, authorities, additional);
        unsigned left = answers;
        if (style_.verbose > 0) left += authorities + additional;
        for (unsigned i = 0; i < left && at != 0; ++i) {
            if (i > 0) add(i == answers ? " ns:" : i == answers + authorities ? " ar:" : ",");
            if (i == 0 && answers == 0) add(authorities > 0 ? " ns:" : " ar:");
            at = dns_record(data, at);
        }
    }
    if (at == 0) add(" [|domain]");
    put(" (%u)", length);
}

void PacketPrinter::application(Bytes8 data, std::uint16_t source, std::uint16_t destination) {
    const auto text = data.text();
    if (is_http(text)) {
        if (style_.verbose == 0) {
            add(": HTTP: ");
            printable(text.substr(0, text.find_first_of("\r\n")));
            return;
        }
        put(": HTTP, length: %zu\n", text.size());
        auto rest = text.substr(0, text.find("\r\n\r\n"));
        while (!rest.empty()) {
            const auto end = rest.find('\n');
            auto line = rest.substr(0, end);
            rest = end == rest.npos ? std::string_view{} : rest.substr(end + 1);
            if (line.ends_with('\r')) line.remove_suffix(1);
            add("\t");
            printable(line);
            add("\n");
        }
        add("\t");
        return;
    }
    const auto name = tls_server_name(data.span());
    if (!name.empty()) {
        add(": TLS: server name ");
        printable(name);
        return;
    }
    constexpr std::uint16_t http = 80, alternative = 8080, domain = 53;
    for (const auto port : {source, destination}) {
        if (port == http || port == alternative) {
            add(": HTTP");
            return;
        }
        // Its length stands before a message on TCP.
        if (port == domain && data.has(14) && data.u16(0) + 2U <= data.size()) {
            add(" ");
            dns(data.from(2).front(data.u16(0)), data.u16(0));
            return;
        }
    }
}

// RFC 8446, 4.1.2: record, handshake, version, random, session, ciphers, compressions, extensions.
std::string_view tls_server_name(std::span<const std::uint8_t> record) {
    Bytes8 data(record);
    constexpr std::uint8_t handshake = 22, client_hello = 1;
    if (data.u8(0) != handshake || data.u8(1) != 3 || data.u8(5) != client_hello) return {};
    std::size_t at = 9 + 2 + 32;
    at += 1U + data.u8(at);
    at += 2U + data.u16(at);
    at += 1U + data.u8(at);
    if (!data.has(at + 2)) return {};
    const std::size_t end = std::min<std::size_t>(at + 2U + data.u16(at), data.size());
    at += 2;
    while (at + 4 <= end) {
        const auto kind = data.u16(at);
        const std::size_t size = data.u16(at + 2);
        at += 4;
        if (size > end - at) return {};
        if (kind == 0 && size >= 5 && data.u8(at + 2) == 0) {
            const std::size_t length = data.u16(at + 3);
            if (length + 5 > size) return {};
            return data.from(at + 5).front(length).text();
        }
        at += size;
    }
    return {};
}

}  // namespace limpet::parse
