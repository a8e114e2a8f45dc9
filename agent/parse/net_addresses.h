// parse/net_addresses.h - a namespace's own addresses from /proc/PID/net/fib_trie and if_inet6.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

// The local IPv4 addresses of fib_trie, each once, in ascending order of the file; no loopback.
std::vector<std::string> local_addresses(std::string_view fib_trie);
// The IPv6 addresses of if_inet6, but for loopback: "fe80::1%eth0".
std::vector<std::string> local_addresses6(std::string_view if_inet6);

}  // namespace limpet::parse
