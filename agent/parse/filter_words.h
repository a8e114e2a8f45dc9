// parse/filter_words.h - the words of pcap-filter(7), and the text of a filter cut into them.
#pragma once

#include "limpet/result.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace limpet::parse::filter {

struct Protocol {
    std::string_view name;
    std::uint16_t ether = 0;  // an EtherType
    std::uint8_t ip = 0;      // an IP protocol
    bool four = false, six = false;
};
// tcp, arp, icmp6, …; null for another word.
const Protocol* protocol(std::string_view name);

// tcp-syn, icmptype, …
std::optional<std::uint32_t> constant(std::string_view name);

// Words, numbers, addresses, operators of one or two characters; in square brackets a colon is an
// operator, elsewhere a part of addresses.
std::vector<std::string_view> tokens(std::string_view text);

// 80, 0x50, 0120.
std::optional<std::uint32_t> integer(std::string_view word);

}  // namespace limpet::parse::filter
