// parse/wildcard.h - shell patterns (XCU 2.14.1) against whole names, for find and grep.
#pragma once

#include <string_view>

namespace limpet::parse {

// Whether all of `text` matches. * ? [a-z] [!a-z] [[:alpha:]] \x; ? is one character of UTF-8 or
// one byte that is none. A slash and a leading dot are ordinary. Linear in memory, at worst the
// product of both lengths in time.
bool wildcard(std::string_view pattern, std::string_view text, bool ignore_case = false);

}  // namespace limpet::parse
