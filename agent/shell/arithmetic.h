// shell/arithmetic.h - $((...)): C's integer expressions on 64 bits, XCU 2.6.4.
#pragma once

#include "limpet/result.h"
#include "shell/variables.h"

#include <cstdint>
#include <string_view>

namespace limpet::shell {

// `nounset`: an unset variable is an error and not 0.
Result<std::int64_t> evaluate(std::string_view expression, Variables& variables, bool nounset);

// A whole integer constant as C writes it (decimal, 0octal, 0xhex, sign, blanks around it).
bool parse_constant(std::string_view text, std::int64_t& value);

}  // namespace limpet::shell
