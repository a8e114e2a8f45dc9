// parse/linker_cache.h - /etc/ld.so.cache, as ldconfig(8) writes it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace limpet::parse {

// Where the cache has a library of that name, the most general build first: entries for newer
// processors come after the one that runs everywhere. Empty for a text that is no cache.
std::vector<std::string> linker_cache(std::string_view cache, std::string_view name);

}  // namespace limpet::parse
