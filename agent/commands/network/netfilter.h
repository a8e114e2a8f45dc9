// network/netfilter.h - the rules of netfilter as the kernel tells them, collected and then read.
#pragma once

#include "commands/command.h"
#include "parse/ip_tables.h"
#include "parse/nf_tables.h"

namespace limpet::commands {

// Asks for all of nf_tables, and of the older ip_tables, and keeps it unread for read_netfilter():
// only who has CAP_NET_ADMIN may ask, and that is given up before anything of the answers is looked
// into (target::confine).
void collect_netfilter(const target::Target& target, std::span<const std::string> arguments);

struct Netfilter {
    std::vector<std::pair<std::uint8_t, std::string>> tables;
    std::vector<parse::NfChain> chains;
    std::vector<parse::NfSet> sets;
    std::vector<parse::NfRule> rules;
};
// Of what was collected; why not, when it was not.
Result<Netfilter> read_netfilter();
std::vector<parse::IpTable> read_older_tables();

}  // namespace limpet::commands
