// netlink.cpp - fuzzes the messages of rtnetlink, sock_diag and nf_tables.
#include "parse/ip_tables.h"
#include "parse/nf_tables.h"
#include "parse/rtnetlink.h"
#include "parse/sock_diag.h"

#include <cstddef>
#include <cstdint>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace limpet::parse;
    const auto bytes = std::as_bytes(std::span(data, size));
    link(bytes);
    interface_address(bytes);
    route(bytes);
    neighbour(bytes);
    rule(bytes);
    inet_diag(Protocol::tcp, bytes);
    unix_diag(bytes);
    nf_chain(bytes);
    std::vector<NfSet> sets;
    if (auto set = nf_set(bytes)) sets.push_back(*std::move(set));
    nf_add_elements(bytes, sets);
    for (const auto& set : sets) nf_elements(set);
    if (const auto told = nf_rule(bytes, sets)) ip_rule(*told);
    return 0;
}
