// parse/xt_options.h - what a match or target of x_tables was told, in the words of iptables(8).
#pragma once

#include "parse/ip_tables.h"

namespace limpet::parse {

// Of extensions whose bytes are not known the name alone is added.
void add_xt(IpRule& rule, std::string_view name, unsigned revision, Bytes info, bool target,
            std::uint8_t family);
void add_tcp_flags(IpRule& rule, unsigned mask, unsigned set, bool inverted);
std::string ip_text(Bytes bytes, std::uint8_t family);

}  // namespace limpet::parse
