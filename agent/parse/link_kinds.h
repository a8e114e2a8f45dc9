// parse/link_kinds.h - what makes a link of its kind: IFLA_INFO_DATA, in the words of ip-link(8).
#pragma once

#include "parse/netlink.h"

#include <string>
#include <utility>
#include <vector>

namespace limpet::parse {

// ("id", "10"), ("remote", "10.0.0.1"), in order; what is a word alone has no value. The links that
// "dev", "active_slave" and "primary" name are indices.
std::vector<std::pair<std::string, std::string>> link_details(std::string_view kind, Bytes data);

}  // namespace limpet::parse
