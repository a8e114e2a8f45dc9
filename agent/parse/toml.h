// parse/toml.h - one setting out of a TOML file: storage.conf, containerd's config.toml.
#pragma once

#include <string>
#include <string_view>

namespace limpet::parse {

// The string `key` of [table] ("" for what stands before the first table); empty when there is
// none. Of TOML it knows what these files use: comments, tables, strings of one line.
std::string toml_string(std::string_view text, std::string_view table, std::string_view key);

}  // namespace limpet::parse
