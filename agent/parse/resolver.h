// parse/resolver.h - what tells a libc how names are resolved: resolv.conf(5), hosts(5) and
// nsswitch.conf(5).
#pragma once

#include "parse/socket.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

struct ResolverSettings {
    std::vector<Address> servers;     // MAXNS of resolv.h: the first three
    std::vector<std::string> search;  // of the last search or domain line; at most 32
    int ndots = 1;                    // at most 15
    int timeout = 5;                  // seconds, at most 30
    int attempts = 2;                 // at most 5
    bool rotate = false, tcp = false, edns = false, no_aaaa = false;
    std::vector<std::string> unknown;  // lines and options that mean nothing to anybody
};
ResolverSettings resolver_settings(std::string_view resolv_conf);

// The addresses that hosts(5) gives for a name, and the first name that it gives for an address.
std::vector<Address> hosts_addresses(std::string_view hosts, std::string_view name);
std::optional<std::string> hosts_name(std::string_view hosts, const Address& address);

// The "hosts:" line of nsswitch.conf: each service, and whether a "no" of it ends the search
// ("[NOTFOUND=return]"). Without such a line: files, dns.
struct NameService {
    std::string name;
    bool ends = false;
};
std::vector<NameService> name_services(std::string_view nsswitch_conf);

// "10.0.0.1", "::1", "[::1]"; with `legacy` what inet_aton(3) takes too: "127.1", "0x7f000001".
std::optional<Address> address(std::string_view text, bool legacy = false);

}  // namespace limpet::parse
