// parse/dns_text.cpp - the data of a record as a zone file has it.
#include "parse/dns_text.h"

#include "parse/calendar.h"
#include "parse/dns.h"

#include <arpa/inet.h>

#include <cstdio>
#include <cstring>

namespace limpet::parse {
namespace {

// What stands in the data of each type, one letter a field:
//   a 6   an IPv4 or IPv6 address        n   a name
//   1 2 4 a number of that many bytes    y   a type by its name        d   a time of RRSIG
//   q     a string in quotes             c   the same without          Q   all that is left as one
//   T     strings until the end          x b hexadecimal, base64 until the end
//   h 3   a length and hexadecimal (NSEC3's salt), base32
//   Z     a bitmap of types              v   the parameters of SVCB
struct Layout {
    std::uint16_t type;
    const char* fields;
};
constexpr Layout layouts[]{
    {1, "a"},          {2, "n"},       {3, "n"},     {4, "n"},       {5, "n"},     {6, "nn44444"},
    {7, "n"},          {8, "n"},       {9, "n"},     {12, "n"},      {13, "qq"},   {14, "nn"},
    {15, "2n"},        {16, "T"},      {17, "nn"},   {18, "2n"},     {21, "2n"},   {28, "6"},
    {33, "222n"},      {35, "22qqqn"}, {36, "2n"},   {39, "n"},      {43, "211x"}, {44, "11x"},
    {46, "y114dd2nb"}, {47, "nZ"},     {48, "211b"}, {50, "112h3Z"}, {51, "112h"}, {52, "111x"},
    {53, "111x"},      {59, "211x"},   {60, "211b"}, {61, "b"},      {64, "2nv"},  {65, "2nv"},
    {99, "T"},         {256, "22Q"},   {257, "1cQ"},
};

void add(std::string& text, const char* format, unsigned long value) {
    char buffer[24];
    std::snprintf(buffer, sizeof buffer, format, value);
    text += buffer;
}

void add_escaped(std::string& text, std::string_view bytes, std::string_view special) {
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        // In a name a blank would part it; in a string it may stand.
        if (byte < 0x20 || byte >= 0x7f || (byte == ' ' && special.size() > 2)) {
            add(text, "\\%03lu", byte);
            continue;
        }
        if (special.find(c) != special.npos) text += '\\';
        text += c;
    }
}

void add_string(std::string& text, std::string_view bytes, bool quoted) {
    if (quoted) text += '"';
    add_escaped(text, bytes, "\"\\");
    if (quoted) text += '"';
}

// Long keys and digests are parted every 56 characters, as everybody shows them.
void part(std::string& text, std::size_t begin) {
    for (std::size_t at = begin + 56; at < text.size(); at += 57) text.insert(at, 1, ' ');
}

void add_hexadecimal(std::string& text, std::string_view bytes) {
    for (const char c : bytes) add(text, "%02lX", static_cast<unsigned char>(c));
}

// In groups of `bits` (5 or 6), most significant first.
void add_base(std::string& text, std::string_view bytes, unsigned bits, const char* alphabet) {
    unsigned held = 0, count = 0;
    for (const char c : bytes) {
        held = (held << 8 | static_cast<unsigned char>(c)) & 0xffff;
        for (count += 8; count >= bits; count -= bits) {
            text += alphabet[held >> (count - bits) & ((1U << bits) - 1)];
        }
    }
    if (count > 0) text += alphabet[held << (bits - count) & ((1U << bits) - 1)];
    if (bits == 6) text.append((3 - bytes.size() % 3) % 3, '=');
}

void add_types(std::string& text, DnsReader& reader) {
    while (reader.left() > 0) {
        const auto window = reader.number(1);
        const auto bitmap = reader.bytes(reader.number(1));
        for (unsigned bit = 0; bit < bitmap.size() * 8; ++bit) {
            if (!(static_cast<unsigned char>(bitmap[bit / 8]) & 0x80 >> bit % 8)) continue;
            if (!text.ends_with(' ')) text += ' ';
            text += dns_type_name(static_cast<std::uint16_t>(window << 8 | bit));
        }
    }
}

void add_address(std::string& text, std::string_view bytes) {
    char buffer[INET6_ADDRSTRLEN];
    const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
    if (::inet_ntop(family, bytes.data(), buffer, sizeof buffer)) text += buffer;
}

// RFC 9460, 2.1: key=value, one behind the other.
void add_parameters(std::string& text, DnsReader& reader) {
    constexpr const char* names[]{"mandatory", "alpn", "no-default-alpn", "port",
                                  "ipv4hint",  "ech",  "ipv6hint",        "dohpath"};
    while (reader.left() > 0) {
        const auto key = reader.number(2);
        const auto size = reader.number(2);
        DnsReader value{reader.message, reader.at, reader.at + size};
        reader.bytes(size);
        if (reader.broken) return;
        text += ' ';
        if (key < 8) {
            text += names[key];
        } else {
            add(text, "key%lu", key);
        }
        if (size == 0) continue;
        text += '=';
        const bool listed = key <= 1 || key == 3 || key == 4 || key == 6;
        if (!listed) {
            if (key == 5) {
                text += '"';
                add_base(text, value.bytes(size), 6,
                         "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
                text += '"';
            } else {
                add_string(text, value.bytes(size), true);
            }
            continue;
        }
        if (key == 1) text += '"';
        for (bool first = true; value.left() > 0; first = false) {
            if (!first) text += ',';
            if (key == 0) {
                const auto one = value.number(2);
                if (one < 8) {
                    text += names[one];
                } else {
                    add(text, "key%lu", one);
                }
            } else if (key == 1) {
                add_string(text, value.bytes(value.number(1)), false);
            } else if (key == 3) {
                add(text, "%lu", value.number(2));
            } else {
                const auto address = value.bytes(key == 4 ? 4 : 16);
                if (!value.broken) add_address(text, address);
            }
        }
        if (key == 1) text += '"';
        if (value.broken) reader.broken = true;
    }
}

void add_time(std::string& text, std::uint32_t seconds) {
    text += format_time("%Y%m%d%H%M%S", moment(seconds));
}

void add_field(std::string& text, DnsReader& reader, char kind) {
    const auto begin = text.size();
    switch (kind) {
        case 'a':
        case '6': {
            const auto address = reader.bytes(kind == 'a' ? 4 : 16);
            if (!reader.broken) add_address(text, address);
            break;
        }
        case 'n': reader.name(text); break;
        case '1':
        case '2':
        case '4': add(text, "%lu", reader.number(kind - '0')); break;
        case 'y': text += dns_type_name(static_cast<std::uint16_t>(reader.number(2))); break;
        case 'd': add_time(text, reader.number(4)); break;
        case 'q':
        case 'c': add_string(text, reader.bytes(reader.number(1)), kind == 'q'); break;
        case 'Q': add_string(text, reader.bytes(reader.left()), true); break;
        case 'T':
            do {
                if (text.size() > begin) text += ' ';
                add_string(text, reader.bytes(reader.number(1)), true);
            } while (reader.left() > 0);
            break;
        case 'x':
            add_hexadecimal(text, reader.bytes(reader.left()));
            part(text, begin);
            break;
        case 'b':
            add_base(text, reader.bytes(reader.left()), 6,
                     "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
            part(text, begin);
            break;
        case 'h': {
            const auto salt = reader.bytes(reader.number(1));
            salt.empty() ? void(text += '-') : add_hexadecimal(text, salt);
            break;
        }
        case '3':
            add_base(text, reader.bytes(reader.number(1)), 5, "0123456789ABCDEFGHIJKLMNOPQRSTUV");
            break;
        case 'Z': add_types(text, reader); break;
        default: add_parameters(text, reader); break;
    }
}

}  // namespace

std::uint32_t DnsReader::number(int count) {
    std::uint32_t value = 0;
    for (const char c : bytes(static_cast<std::size_t>(count))) {
        value = value << 8 | static_cast<unsigned char>(c);
    }
    return value;
}

std::string_view DnsReader::bytes(std::size_t count) {
    if (count > left()) {
        broken = true;
        return {};
    }
    at += count;
    return message.substr(at - count, count);
}

// A pointer leads before the place where the name, or the part that it leads to, began: that ends.
void DnsReader::name(std::string& text) {
    const auto begin = text.size();
    auto here = at;
    auto before = at;
    std::size_t size = 1;
    bool jumped = false;
    for (;;) {
        const auto bound = jumped ? message.size() : end;
        if (here >= bound || broken) break;
        const auto length = static_cast<unsigned char>(message[here]);
        if (length == 0) {
            if (!jumped) at = here + 1;
            if (text.size() == begin) text += '.';
            return;
        }
        if (length >= 0xc0) {
            if (here + 1 >= bound) break;
            const auto target =
                (length & 0x3fU) << 8 | static_cast<unsigned char>(message[here + 1]);
            if (target >= before) break;
            if (!jumped) at = here + 2;
            jumped = true;
            here = before = target;
            continue;
        }
        size += length + 1U;
        if (length >= 0x40 || here + 1 + length > bound || size > 255) break;
        add_escaped(text, message.substr(here + 1, length), "@$\"().;\\");
        text += '.';
        here += length + 1U;
    }
    broken = true;
}

void dns_data(DnsReader& reader, std::uint16_t type, std::string& text) {
    const auto begin = reader.at;
    const auto written = text.size();
    for (const auto& layout : layouts) {
        if (layout.type != type) continue;
        for (const char* field = layout.fields; *field; ++field) {
            // A bitmap of types and parameters bring their own blanks: there may be none.
            if (field != layout.fields && *field != 'Z' && *field != 'v') text += ' ';
            add_field(text, reader, *field);
        }
        if (!reader.broken && reader.at == reader.end) return;
    }
    reader.broken = false;
    reader.at = begin;
    text.resize(written);
    add(text, "\\# %lu", reader.left());
    if (reader.left() == 0) return;
    text += ' ';
    const auto digits = text.size();
    add_hexadecimal(text, reader.bytes(reader.left()));
    part(text, digits);
}

}  // namespace limpet::parse
