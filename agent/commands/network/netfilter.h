// network/netfilter.h - the rules of netfilter as the kernel tells them, collected and then read.
#pragma once

#include "commands/command.h"
#include "parse/ip_tables.h"
#include "parse/nf_tables.h"

#include <array>

namespace limpet::commands {

struct Netfilter {
    std::vector<std::pair<std::uint8_t, std::string>> tables;
    std::vector<parse::NfChain> chains;
    std::vector<parse::NfSet> sets;
    std::vector<parse::NfRule> rules;
};
// Of what was collected; why not, when it was not.
Result<Netfilter> read_netfilter();

// The tables that iptables has, of either making.
inline constexpr std::array<std::string_view, 5> iptables_names{"filter", "nat", "mangle", "raw",
                                                                "security"};
std::vector<parse::IpTable> iptables_of(const Netfilter& all, std::uint8_t family);

}  // namespace limpet::commands
