// network/dig.h - an answer of the domain name system as dig(1) prints it, and as JSON.
#pragma once

#include "commands/command.h"
#include "commands/network/resolve.h"

namespace limpet::commands {

struct DigView {
    bool command = true, comments = true, question = true, answer = true, authority = true,
         additional = true, statistics = true, ttl = true, category = true;
    bool brief = false;  // +short
};

struct DigLookup {
    parse::DnsQuestion question{.name = "", .type = 0, .category = 1};
    bool type_said = false;
};

struct DigRequest {
    std::vector<DigLookup> lookups;
    std::vector<parse::Address> servers;
    std::string server_name;
    DigView view;
    parse::DnsQuery query{.flags = parse::dns::recursion_desired | parse::dns::authentic};
    std::uint16_t port = 53;
    std::uint16_t category = 1;
    int family = AF_UNSPEC;
    int seconds = 5, tries = 3, ndots = -1;
    bool tcp = false, ignore = false, search = false, explained = false, show_query = false,
         trace = false, help = false, edns = true;
    std::string domain;
    std::optional<parse::Address> local;
};

Result<DigRequest> dig_request(Invocation& call);

void print_answer(Invocation& call, const DigView& view, const DnsAnswer& answer,
                  std::string_view server_name);
// {"name","type","class","status",…,"answer":[…]}
void print_json(Invocation& call, const parse::DnsQuestion& asked, const DnsAnswer& answer);
// How a name is looked up, step by step, and what was found (--explain).
int explain(Invocation& call, std::string_view name, int family);

}  // namespace limpet::commands
