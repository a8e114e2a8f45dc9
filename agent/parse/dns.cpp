// parse/dns.cpp - messages of the domain name system.
#include "parse/dns.h"

#include "parse/dns_text.h"
#include "parse/number.h"

#include <algorithm>
#include <cctype>

namespace limpet::parse {
namespace {

struct Named {
    std::uint16_t number;
    const char* name;
};
constexpr Named types[]{
    {1, "A"},      {2, "NS"},          {3, "MD"},          {4, "MF"},      {5, "CNAME"},
    {6, "SOA"},    {7, "MB"},          {8, "MG"},          {9, "MR"},      {10, "NULL"},
    {11, "WKS"},   {12, "PTR"},        {13, "HINFO"},      {14, "MINFO"},  {15, "MX"},
    {16, "TXT"},   {17, "RP"},         {18, "AFSDB"},      {21, "RT"},     {24, "SIG"},
    {25, "KEY"},   {28, "AAAA"},       {29, "LOC"},        {33, "SRV"},    {35, "NAPTR"},
    {36, "KX"},    {37, "CERT"},       {39, "DNAME"},      {41, "OPT"},    {42, "APL"},
    {43, "DS"},    {44, "SSHFP"},      {46, "RRSIG"},      {47, "NSEC"},   {48, "DNSKEY"},
    {50, "NSEC3"}, {51, "NSEC3PARAM"}, {52, "TLSA"},       {53, "SMIMEA"}, {55, "HIP"},
    {59, "CDS"},   {60, "CDNSKEY"},    {61, "OPENPGPKEY"}, {62, "CSYNC"},  {63, "ZONEMD"},
    {64, "SVCB"},  {65, "HTTPS"},      {99, "SPF"},        {249, "TKEY"},  {250, "TSIG"},
    {251, "IXFR"}, {252, "AXFR"},      {255, "ANY"},       {256, "URI"},   {257, "CAA"},
};
constexpr Named classes[]{{1, "IN"}, {3, "CH"}, {4, "HS"}, {254, "NONE"}, {255, "ANY"}};
constexpr const char* codes[]{"NOERROR",  "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP", "REFUSED",
                              "YXDOMAIN", "YXRRSET", "NXRRSET",  "NOTAUTH",  "NOTZONE"};

template <std::size_t count>
std::string name_of(const Named (&table)[count], std::uint16_t number, const char* otherwise) {
    for (const auto& one : table) {
        if (one.number == number) return one.name;
    }
    return otherwise + std::to_string(number);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, {}, lower, lower);
}

template <std::size_t count>
std::optional<std::uint16_t> number_of(const Named (&table)[count], std::string_view name,
                                       std::string_view otherwise) {
    for (const auto& one : table) {
        if (same_word(one.name, name)) return one.number;
    }
    if (!same_word(name.substr(0, otherwise.size()), otherwise)) return std::nullopt;
    return number<std::uint16_t>(name.substr(otherwise.size()));
}

void put(std::string& bytes, unsigned value, int count) {
    while (count-- > 0) bytes += static_cast<char>(value >> (8 * count) & 0xff);
}

// Text to labels: "\." is a dot in a label, "\032" a byte.
Result<> put_name(std::string& bytes, std::string_view name) {
    const auto begin = bytes.size();
    const auto bad = [&](std::string_view why) { return refused(name.substr(0, 300), why); };
    if (name == ".") name = {};
    while (!name.empty()) {
        const auto length_at = bytes.size();
        bytes += '\0';
        while (!name.empty() && name.front() != '.') {
            char c = name.front();
            name.remove_prefix(1);
            if (c == '\\' && !name.empty()) {
                const auto code =
                    name.size() >= 3 ? number<std::uint8_t>(name.substr(0, 3)) : std::nullopt;
                c = code ? static_cast<char>(*code) : name.front();
                name.remove_prefix(code ? 3 : 1);
            }
            bytes += c;
        }
        if (!name.empty()) name.remove_prefix(1);
        const auto length = bytes.size() - length_at - 1;
        if (length == 0) return bad("is not a legal name (empty label)");
        if (length > 63) return bad("is not a legal name (label too long)");
        bytes[length_at] = static_cast<char>(length);
    }
    bytes += '\0';
    if (bytes.size() - begin > 255) return bad("is not a legal name (ran out of space)");
    return {};
}

Result<> read_records(DnsReader& reader, std::uint32_t count, std::vector<DnsRecord>& records,
                      DnsMessage& message) {
    for (; count > 0; --count) {
        DnsRecord record;
        reader.name(record.name);
        record.type = static_cast<std::uint16_t>(reader.number(2));
        record.category = static_cast<std::uint16_t>(reader.number(2));
        record.ttl = reader.number(4);
        const auto size = reader.number(2);
        DnsReader data{reader.message, reader.at, reader.at + size};
        record.raw = reader.bytes(size);
        if (reader.broken) return refused("dns", "the message ends early or has a bad name");
        if (record.type == dns::opt) {
            message.code = static_cast<std::uint16_t>(message.code | record.ttl >> 24 << 4);
            message.edns = DnsMessage::Edns{.size = record.category,
                                            .version = static_cast<std::uint8_t>(record.ttl >> 16),
                                            .dnssec = (record.ttl & 0x8000) != 0,
                                            .options = std::move(record.raw)};
            continue;
        }
        dns_data(data, record.type, record.text);
        records.push_back(std::move(record));
    }
    return {};
}

}  // namespace

Result<std::string> dns_query(const DnsQuestion& question, const DnsQuery& query) {
    std::string bytes;
    put(bytes, query.id, 2);
    put(bytes, query.flags, 2);
    put(bytes, 1, 2);
    put(bytes, 0, 2);
    put(bytes, 0, 2);
    put(bytes, query.size ? 1 : 0, 2);
    TRY(put_name(bytes, question.name));
    put(bytes, question.type, 2);
    put(bytes, question.category, 2);
    if (query.size == 0) return bytes;
    put(bytes, 0, 1);
    put(bytes, dns::opt, 2);
    put(bytes, query.size, 2);
    put(bytes, query.dnssec ? 0x8000 : 0, 4);
    put(bytes, query.server_name ? 4 : 0, 2);
    if (query.server_name) put(bytes, 3 << 16, 4);
    return bytes;
}

Result<DnsMessage> dns_message(std::string_view bytes) {
    if (bytes.size() < 12) return refused("dns", "the message is shorter than its header");
    DnsReader reader{bytes, 0, bytes.size()};
    DnsMessage message;
    message.id = static_cast<std::uint16_t>(reader.number(2));
    message.flags = static_cast<std::uint16_t>(reader.number(2));
    message.code = message.flags & 15;
    std::uint32_t counts[4];
    for (auto& count : counts) count = reader.number(2);
    for (; counts[0] > 0; --counts[0]) {
        DnsQuestion question;
        reader.name(question.name);
        question.type = static_cast<std::uint16_t>(reader.number(2));
        question.category = static_cast<std::uint16_t>(reader.number(2));
        if (reader.broken) return refused("dns", "the message ends early or has a bad name");
        message.questions.push_back(std::move(question));
    }
    TRY(read_records(reader, counts[1], message.answer, message));
    TRY(read_records(reader, counts[2], message.authority, message));
    TRY(read_records(reader, counts[3], message.additional, message));
    return message;
}

bool same_dns_name(std::string_view a, std::string_view b) {
    if (a.ends_with('.')) a.remove_suffix(1);
    if (b.ends_with('.')) b.remove_suffix(1);
    return same_word(a, b);
}

std::string dns_type_name(std::uint16_t type) { return name_of(types, type, "TYPE"); }
std::optional<std::uint16_t> dns_type(std::string_view name) {
    return number_of(types, name, "TYPE");
}
std::string dns_class_name(std::uint16_t category) { return name_of(classes, category, "CLASS"); }
std::optional<std::uint16_t> dns_class(std::string_view name) {
    return number_of(classes, name, "CLASS");
}

std::string dns_code_name(std::uint16_t code) {
    if (code < std::size(codes)) return codes[code];
    if (code == 16) return "BADVERS";
    return "RESERVED" + std::to_string(code);
}

std::string dns_flag_names(std::uint16_t flags) {
    constexpr Named names[]{
        {dns::response, "qr"},          {dns::authoritative, "aa"},       {dns::truncated, "tc"},
        {dns::recursion_desired, "rd"}, {dns::recursion_available, "ra"}, {dns::authentic, "ad"},
        {dns::checking_disabled, "cd"}};
    std::string text;
    for (const auto& one : names) {
        if (!(flags & one.number)) continue;
        if (!text.empty()) text += ' ';
        text += one.name;
    }
    return text;
}

}  // namespace limpet::parse
